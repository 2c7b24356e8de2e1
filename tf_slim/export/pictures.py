"""Which pictures an export is calibrated by, and on which it is compared with its source."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from tf_slim.data import DataNotFoundError, DatasetSpec, from_source, get_dataset, sources
from tf_slim.data import names as data_names
from tf_slim.data import splits as splits_of
from tf_slim.data.renumbering import of_classes
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.export.errors import ExportError
from tf_slim.ops import paths
from tf_slim.ops.arguments import describe

# The split to compare on: what nothing was chosen by, if there is such a one.
_TO_COMPARE = ("test", "validation")
_TO_TRAIN = "train"


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures of a model; None where nobody knows them.

    Attributes:
      train: what it was trained on, to calibrate by.
      test: what to compare on.
    """

    train: DatasetSpec | None = None
    test: DatasetSpec | None = None


def of_run(run: LoadedRun, split: str | None = None) -> Pictures:
    """The pictures of a run, as far as its folder tells where they are.

    Args:
      run: as `slim.load` returns it.
      split: to compare on; None for the test split, or else the validation split.

    Raises:
      ExportError: there is no such split.
    """
    wanted = _TO_COMPARE if split is None else (split,)
    path = os.path.join(os.path.dirname(run.checkpoint), sources.FILE_NAME)
    if paths.is_file(path):
        found = sources.read_rows(path)
        test = next((found[name] for name in wanted if name in found), None)
        splits: Sequence[str] = list(found)
        train = found.get(_TO_TRAIN)
    elif run.data is not None and run.data in data_names():
        splits = splits_of(run.data)
        test, train = _named(run.data, wanted), _named(run.data, (_TO_TRAIN,))
    else:
        return Pictures()
    if split is not None and split not in splits:
        raise ExportError(
            f"The data of {run.model.name} have no split {split!r}. They have: {', '.join(splits)}."
        )
    return Pictures(train, test)


def _named(name: str, wanted: Sequence[str]) -> DatasetSpec | None:
    """The first of some splits that a registered data set has, if its files are there."""
    split = next((one for one in wanted if one in splits_of(name)), None)
    if split is None:
        return None
    try:
        spec = get_dataset(name, split)
        spec.files()
    except DataNotFoundError:
        return None
    return spec


def given(
    data: Any, split: str | None, channels: int, labels: Sequence[str] | None, argument: str
) -> DatasetSpec | None:
    """Pictures as they are given: a spec, or a source as `slim.data.from_source` takes it.

    Args:
      data: what is given; None for nothing.
      split: of a source; None for all of it.
      channels: of the images, where a source does not say it.
      labels: the names of the classes of the model, whose numbers the data get; None if nobody
        knows them.
      argument: what the data were given as, for messages.

    Raises:
      TypeError: it is neither.
      ExportError: there are none, or pictures of classes that the model does not know.
    """
    if data is None:
        return None
    if not isinstance(data, (str, os.PathLike, DatasetSpec)):
        raise TypeError(
            f"{argument}: expected a slim.data.DatasetSpec, or a folder, a table or a name as "
            f"slim.data.from_source takes it; got {describe(data)}."
        )
    try:
        if not isinstance(data, DatasetSpec):
            classes = None if labels is None else len(labels)
            data = from_source(
                os.fsdecode(data), split or "all", num_classes=classes, image_channels=channels
            )
        return of_classes(data, labels)
    except ValueError as error:
        raise ExportError(f"{argument}: {error}") from error
