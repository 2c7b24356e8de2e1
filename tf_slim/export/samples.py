"""Pictures of a data set as a net is given them, with their labels: to compare and to calibrate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tf_slim.data import DatasetSpec, Pipeline

_BATCH = 16


class Samples(NamedTuple):
    """Preprocessed pictures.

    Attributes:
      images: float32 `[pictures, height, width, channels]`.
      labels: int64 `[pictures]`, or of several classes a picture float32 `[pictures, classes]`.
    """

    images: np.ndarray
    labels: np.ndarray


def read(
    spec: DatasetSpec,
    count: int,
    preprocess: str | Callable | None,
    image_size: tuple[int, int] | None,
) -> Samples:
    """Reads pictures that lie evenly in a split, prepared as evaluation does it.

    Args:
      spec: the split.
      count: how many to read at most.
      preprocess: see `slim.data.Pipeline`.
      image_size: in pixels.

    Raises:
      slim.data.DataError: a picture cannot be read.
    """
    pipeline = Pipeline(spec, _BATCH, preprocess=preprocess, image_size=image_size)
    total = pipeline.num_samples
    wanted = set(np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist())
    images, labels, first = [], [], 0
    with pipeline.diagnosing():
        for batch in pipeline.dataset():
            size = len(batch[1])
            chosen = [i for i in range(size) if first + i in wanted]
            images.append(batch[0].numpy()[chosen])
            labels.append(batch[1].numpy()[chosen])
            first += size
            if first > max(wanted):
                break
    return Samples(np.concatenate(images), np.concatenate(labels))
