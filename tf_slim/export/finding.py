"""What is exported, of a run or of a model made in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data import preprocessing
from tf_slim.data.spec import as_image_size
from tf_slim.evaluation.loading import LoadedRun, labels_of
from tf_slim.export.source import Source
from tf_slim.ops import shapes
from tf_slim.ops.model import Model


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
