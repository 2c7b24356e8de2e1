"""What is exported, of a run or of a model made in Python."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data import DatasetSpec, preprocessing
from tf_slim.data.spec import as_image_size
from tf_slim.evaluation.loading import LoadedRun, labels_of, load
from tf_slim.export import pictures
from tf_slim.export.errors import ExportError
from tf_slim.export.source import Source
from tf_slim.ops import shapes
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model


def source_of(
    model_or_run: str | os.PathLike | LoadedRun | Model | Source,
    checkpoint: str | os.PathLike | None = None,
    *,
    data: DatasetSpec | str | os.PathLike | None = None,
    split: str | None = None,
    calibration: DatasetSpec | str | os.PathLike | None = None,
    labels: str | os.PathLike | Sequence[str] | None = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
) -> Source:
    """What formats are given: a model, and all that is known of it.

    Args:
      model_or_run: see `save`, as the others; of a `Source` only the pictures can be changed.
      checkpoint: of a run.
      data: pictures to compare on.
      split: of these.
      calibration: pictures to calibrate by.
      labels: the name of each class, or a label file.
      preprocess: a name, or a function.
      image_size: in pixels.
      channels: of the images.
      multi_label: whether a picture may be of several classes.

    Returns:
      A `Source`.

    Raises:
      ExportError: what is said does not go together, or there are no such pictures.
      LoadError: the run cannot be loaded.
      ValueError: the model is not built.

    Examples:
      >>> source = slim.export.source_of("runs/digits")
      >>> source.input_names, source.output_names, source.size
      (('images',), ('probabilities', 'logits'), 1302056)
      >>> paths = [slim.export.save(source, path, verify=False).path for path in ("a.pb", "b.pb")]
      >>> paths
      ['a.pb', 'b.pb']
    """
    said: dict[str, Any] = {
        "labels": labels,
        "preprocess": preprocess,
        "image_size": image_size,
        "channels": channels,
        "multi_label": multi_label,
    }
    given: Any = model_or_run
    if isinstance(given, (str, os.PathLike)):
        given = load(given, checkpoint)
    elif checkpoint is not None:
        raise ExportError("checkpoint goes with the folder of a run, or the name of a net.")
    known = pictures.Pictures()
    if isinstance(given, Source):
        told = [key for key, value in said.items() if value is not None]
        if told:
            raise ExportError(f"{', '.join(told)}: a Source says this itself; make another one.")
        made, known = given, pictures.Pictures(given.data, given.test)
    elif isinstance(given, LoadedRun):
        made = of_run(given, **said)
        known = pictures.of_run(given, split if data is None else None)
    elif isinstance(given, Model):
        made = of_model(given, **said)
    else:
        raise TypeError(
            "save: expected the folder of a run, what slim.load returns, or a slim.Model; got "
            f"{describe(given)}."
        )
    how = made.channels, made.labels
    test = pictures.given(data, split, *how, "data") or known.test
    train = pictures.given(calibration, None, *how, "calibration") or known.train or test
    if split is not None and test is None:
        raise ExportError("split goes with data: it is not known where the pictures are.")
    return dataclasses.replace(made, data=train, test=test)


def of_run(
    run: LoadedRun,
    *,
    labels: Any = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
) -> Source:
    """What is exported of a run.

    Args:
      run: as `slim.load` returns it.
      labels: in place of the run's, as the others; see `save`.
      preprocess: a name, or a function.
      image_size: in pixels.
      channels: of the images.
      multi_label: whether a picture may be of several classes.
    """
    return _source(
        run.model,
        labels=run.labels if labels is None else labels,
        preprocess=preprocess or run.description.preprocessing or run.preprocess,
        image_size=image_size or run.image_size,
        channels=channels or run.channels,
        multi_label=run.multi_label if multi_label is None else multi_label,
        step=run.step,
        num_classes=run.description.num_classes,
    )


def of_model(
    model: Model,
    *,
    labels: Any = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
) -> Source:
    """What is exported of a model that was made in Python.

    Args:
      model: built.
      labels: see `save`, as the others.
      preprocess: a name, or a function.
      image_size: in pixels; None for what the model was built for.
      channels: of the images; None for what the model was built for.
      multi_label: whether a picture may be of several classes.

    Raises:
      ValueError: it is not built.
    """
    model.require_variables("export")
    origin = model.origin
    built_for, depth = _built_for(model)
    return _source(
        model,
        labels=labels,
        preprocess=preprocess,
        image_size=image_size or built_for,
        channels=channels or depth or 3,
        multi_label=bool(multi_label),
        num_classes=None if origin is None else origin.num_classes,
    )


def _built_for(model: Model) -> tuple[tuple[int, int] | None, int | None]:
    """The size and the channels of the images that a model was built for, as far as it is known."""
    given = model.input_specs
    if len(given) != 1 or not isinstance(given[0], tf.TensorSpec) or given[0].shape.rank != 4:
        return None, None
    height, width, channels = shapes.of(given[0])[1:]
    return (None if height is None or width is None else (height, width)), channels


def _source(
    model: Model,
    *,
    labels: Any,
    preprocess: str | Callable | None,
    image_size: int | Sequence[int] | None,
    **known: Any,
) -> Source:
    size = as_image_size(image_size)
    name = preprocess if isinstance(preprocess, str) else None
    prepare = None if isinstance(preprocess, str) else preprocess
    if name is not None and name in preprocessing.names():
        prepare = preprocessing.get_preprocessing(name, size)
    return Source(
        model=model,
        labels=None if labels is None else labels_of(labels),
        preprocessing=name,
        preprocess=prepare,
        image_size=size,
        **known,
    )
