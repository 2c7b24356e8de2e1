"""What the arguments of a `Pipeline` may be."""

from __future__ import annotations

import inspect
import os
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.augment import Augment
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import LARGEST, describe, integer


def check(
    spec: Any,
    *,
    batch_size: Any,
    cycle_length: Any,
    num_epochs: Any,
    shuffle_buffer: Any,
    seed: Any,
    augment: Any,
    service: Any,
    shard_files: Any,
) -> None:
    """Sees whether they are what they may be.

    Raises:
        TypeError: If one is of another kind.
        ValueError: If one is out of its range.
    """
    if not isinstance(spec, DatasetSpec):
        raise TypeError(
            f"spec must be a slim.data.DatasetSpec, received {describe(spec)}. "
            f"{_how_to_describe(spec)}"
        )
    for name, value in (
        ("batch_size", batch_size),
        ("cycle_length", cycle_length),
        ("num_epochs", 1 if num_epochs is None else num_epochs),
    ):
        if (count := integer(value)) is None or not 1 <= count < LARGEST:
            bound = "an integer" if count is None else "at least 1"
            if count is not None and count > 0:
                bound = f"below {LARGEST}"
            raise ValueError(f"{name} must be {bound}, received {describe(value)}.")
    # A larger buffer than there are records is none too large; TensorFlow counts in int64.
    if integer(shuffle_buffer) is None or not -LARGEST < shuffle_buffer < 2**62:
        raise ValueError(f"shuffle_buffer must be an integer, received {describe(shuffle_buffer)}.")
    if (number := integer(seed)) is None or number < 0:
        raise ValueError(f"seed must be an integer from 0, received {describe(seed)}.")
    if augment is not None and not isinstance(augment, Augment):
        raise TypeError(
            f"augment must be a slim.data.Augment, or None, received {describe(augment)}. "
            "Write for instance slim.data.Augment(mixup=0.2)."
        )
    if service is not None and shard_files:
        raise ValueError(
            "shard_files has no meaning with a service, whose workers read the files: give one of "
            "the two."
        )


def _how_to_describe(data: Any) -> str:
    """What to write instead, for what people try first."""
    if isinstance(data, (str, os.PathLike)):
        return f"Write slim.data.from_source({os.fspath(data)!r}, 'train')."
    if isinstance(data, tf.data.Dataset):
        return "slim.learning.fit and slim.evaluation.evaluate take a tf.data.Dataset as it is."
    if inspect.isgenerator(data) or inspect.isgeneratorfunction(data):
        return "Write slim.data.from_generator(FUNCTION, num_classes)."
    if isinstance(data, (np.ndarray, tf.Tensor, tuple, list)):
        return "Write slim.data.from_arrays(images, labels)."
    return "Write for instance slim.data.from_tfrecords('data/train-*', num_classes)."
