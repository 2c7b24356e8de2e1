"""Which pictures an export is calibrated by, and on which it is compared with its source."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from tf_slim.data import DataNotFoundError, DatasetSpec, from_source, get_dataset, sources
from tf_slim.data import names as data_names
from tf_slim.data import splits as splits_of
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.export.errors import ExportError
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


def of_run(run: LoadedRun) -> Pictures:
    """The pictures of a run, as far as its folder tells where they are.

    Args:
      run: as `slim.load` returns it.
    """
    path = os.path.join(os.path.dirname(run.checkpoint), sources.FILE_NAME)
    if os.path.isfile(path):
        splits = sources.read_rows(path)
        test = next((splits[name] for name in _TO_COMPARE if name in splits), None)
        return Pictures(splits.get(_TO_TRAIN), test)
    if run.data is None or run.data not in data_names():
        return Pictures()
    return Pictures(_named(run.data, (_TO_TRAIN,)), _named(run.data, _TO_COMPARE))


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


def given(data: Any, channels: int, classes: int | None, argument: str) -> DatasetSpec | None:
    """Pictures as they are given: a spec, or a source as `slim.data.from_source` takes it.

    Args:
      data: what is given; None for nothing.
      channels: of the images, where the source does not say it.
      classes: of the model, likewise.
      argument: what they were given as, for messages.

    Raises:
      TypeError: it is neither.
      slim.data.DataError: there are none.
    """
    if data is None or isinstance(data, DatasetSpec):
        return data
    if not isinstance(data, (str, os.PathLike)):
        raise TypeError(
            f"{argument}: expected a slim.data.DatasetSpec, or a folder, a table or a name as "
            f"slim.data.from_source takes it; got {describe(data)}."
        )
    try:
        return from_source(os.fsdecode(data), "all", num_classes=classes, image_channels=channels)
    except ValueError as error:
        raise ExportError(f"{argument}: {error}") from error
