"""Arrays and generators, handed over where a data set is asked for."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import tensorflow as tf

_BATCH = 64


def batched(data: Any) -> Any:
    """A pair of arrays `(inputs, labels)` as a Dataset of batches; anything else as it is.

    Raises:
      ValueError: there are not as many labels as inputs.
    """
    if not _is_pair(data):
        return data
    inputs, labels = (item if tf.is_tensor(item) else np.asarray(item) for item in data)
    counts = [item.shape[0] if len(item.shape) else 0 for item in (inputs, labels)]
    if counts[0] != counts[1]:
        raise ValueError(f"dataset: there are {counts[0]} inputs and {counts[1]} labels.")
    if inputs.dtype == np.float64:  # as NumPy makes them unasked
        inputs = tf.cast(inputs, tf.float32)
    return tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(_BATCH)


def _is_pair(data: Any) -> bool:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        return False
    inputs, labels = data
    arrays = (np.ndarray, tf.Tensor)
    return isinstance(inputs, arrays) and isinstance(labels, (*arrays, list, tuple))


def how_to_hand_over(data: Any) -> str:
    """What to write for it, to train on it."""
    if isinstance(data, types.GeneratorType) or callable(data):
        return (
            "Of a generator function of (image, label) make a Pipeline: `slim.data.Pipeline("
            "slim.data.from_generator(function, ...), 32, is_training=True)`."
        )
    return (
        "Of arrays of pictures make a Pipeline: `slim.data.Pipeline(slim.data.from_arrays(images, "
        "labels), 32, is_training=True)`; of other arrays a Dataset: `tf.data.Dataset."
        "from_tensor_slices((inputs, labels)).shuffle(10_000, seed=0).repeat().batch(32)`."
    )
