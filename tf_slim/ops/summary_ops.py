"""Scalars and histograms for TensorBoard, in every mode and without TensorBoard installed.

In a v1 graph they are string tensors that join `GraphKeys.SUMMARIES`. Elsewhere they are written
at once to the default writer of `tf.summary`, if there is one.
"""

from __future__ import annotations

from typing import Any

from tf_slim.ops import places
from tf_slim.ops.types import TensorLike


def scalar(tag: str, tensor: TensorLike, print_summary: bool = False) -> Any:
    """Summarizes a number."""
    return places.current().summary("scalar", tag, tensor, print_summary)


def histogram(tag: str, tensor: TensorLike) -> Any:
    """Summarizes the values of a tensor of any shape."""
    return places.current().summary("histogram", tag, tensor)


def image(tag: str, tensor: TensorLike, print_summary: bool = False) -> Any:
    """Summarizes images `[batch, height, width, channels]`."""
    return places.current().summary("image", tag, tensor, print_summary)
