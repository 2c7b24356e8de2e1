"""Sizes as TensorFlow 1 took them: `channels / groups` is a float in Python 3, and may be whole.

Everything that takes a static shape makes `Dimension`s of it: variables, placeholders,
`set_shape`, queues, arithmetic of sizes. So what `Dimension` takes, they all take.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["install", "uninstall"]

_todays = tf.compat.v1.Dimension.__init__


@functools.wraps(_todays)
def _init(self, value: Any) -> None:
    try:
        _todays(self, value)
    except TypeError:
        # Raises the TypeError for what is no number at all.
        whole = int(value.item() if isinstance(value, np.ndarray) else value)
        if whole != value and not isinstance(value, (str, bytes)):
            raise ValueError(f"Ambiguous dimension: {value}; a size is a whole number.") from None
        _todays(self, whole)


def install() -> None:
    """Lets sizes be floats without a fraction, for the whole process."""
    tf.compat.v1.Dimension.__init__ = _init


def uninstall() -> None:
    """Takes `install` back."""
    tf.compat.v1.Dimension.__init__ = _todays
