"""Summaries of tensors for TensorBoard: scalars, histograms, images and sparsity.

In a `tf.compat.v1` graph a summary is a string tensor that joins the collection SUMMARIES, from
where `slim.learning.train` and the evaluation loops write it. Elsewhere it is written at once to
the default writer of `tf.summary`, if there is one:

    with tf.summary.create_file_writer(logdir).as_default(step=step):
        slim.summaries.add_scalar_summary(loss, "loss")
"""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from tf_slim.ops import summary_ops
from tf_slim.ops.types import TensorLike

__all__ = [
    "add_histogram_summaries",
    "add_histogram_summary",
    "add_image_summaries",
    "add_image_summary",
    "add_scalar_summaries",
    "add_scalar_summary",
    "add_zero_fraction_summaries",
    "add_zero_fraction_summary",
]


def add_histogram_summary(
    tensor: TensorLike, name: str | None = None, prefix: str | None = None
) -> tf.Tensor | bool:
    """Adds a histogram of the values of a tensor.

    Args:
      tensor: of any shape.
      name: of the summary; by default that of the tensor, which an eager tensor does not have.
      prefix: put before the name, as in `prefix/name`.

    Returns:
      In a v1 graph the summary, a string tensor. Elsewhere whether it was written.

    Raises:
      ValueError: an eager tensor is given without a name.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.summaries.add_histogram_summary(tf.ones([8]), "net").op.name
      'net'
    """
    title = _title(tensor, name, prefix)
    return summary_ops.histogram(title, tensor)


def add_image_summary(
    tensor: TensorLike,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> tf.Tensor | bool:
    """Adds a summary of images.

    Args:
      tensor: images `[batch, height, width, channels]`, with 1, 3 or 4 channels.
      name: see `add_histogram_summary`.
      prefix: likewise.
      print_summary: whether to print the tensor, instead of collecting the summary silently.

    Returns:
      As `add_histogram_summary`.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.summaries.add_image_summary(tf.zeros([1, 8, 8, 3]), "images").op.name
      'images'
    """
    title = _title(tensor, name, prefix)
    return summary_ops.image(title, tensor, print_summary)


def add_scalar_summary(
    tensor: TensorLike,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> tf.Tensor | bool:
    """Adds a summary of a number.

    Args:
      tensor: a scalar.
      name: see `add_histogram_summary`.
      prefix: likewise.
      print_summary: whether to print the value to standard error each time it is computed.

    Returns:
      As `add_histogram_summary`.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.summaries.add_scalar_summary(tf.constant(0.5), "loss").op.name
      'loss'
    """
    title = _title(tensor, name, prefix)
    return summary_ops.scalar(title, tensor, print_summary)


def add_zero_fraction_summary(
    tensor: TensorLike,
    name: str | None = None,
    prefix: str | None = None,
    print_summary: bool = False,
) -> tf.Tensor | bool:
    """Adds a summary of the share of zeros in a tensor, called `<name>/Fraction_of_Zero_Values`.

    Args:
      tensor: of any shape.
      name: see `add_histogram_summary`.
      prefix: likewise.
      print_summary: as in `add_scalar_summary`.

    Returns:
      As `add_histogram_summary`.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.summaries.add_zero_fraction_summary(tf.zeros([8]), "net").op.name
      'net/Fraction_of_Zero_Values'
    """
    title = _title(tensor, name, prefix) + "/Fraction_of_Zero_Values"
    share = tf.math.zero_fraction(tensor)
    return add_scalar_summary(share, title, print_summary=print_summary)


def add_histogram_summaries(tensors: Iterable, prefix: str | None = None) -> list[tf.Tensor | bool]:
    """Adds a histogram of each tensor; see `add_histogram_summary`.

    Examples:
      >>> with tf.Graph().as_default():
      ...     tensors = [tf.ones([8], name="a"), tf.ones([8], name="b")]
      ...     [one.op.name for one in slim.summaries.add_histogram_summaries(tensors, prefix="net")]
      ['net/a', 'net/b']
    """
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors: Iterable, prefix: str | None = None) -> list[tf.Tensor | bool]:
    """Adds a summary of images for each tensor; see `add_image_summary`.

    Examples: see `slim.summaries.add_image_summary`.
    """
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(
    tensors: Iterable, prefix: str | None = None, print_summary: bool = False
) -> list[tf.Tensor | bool]:
    """Adds a summary of each number; see `add_scalar_summary`.

    Examples: see `slim.summaries.add_scalar_summary`.
    """
    return [add_scalar_summary(tensor, None, prefix, print_summary) for tensor in tensors]


def add_zero_fraction_summaries(
    tensors: Iterable, prefix: str | None = None
) -> list[tf.Tensor | bool]:
    """Adds the share of zeros in each tensor; see `add_zero_fraction_summary`.

    Examples: see `slim.summaries.add_zero_fraction_summary`.
    """
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]


def _title(tensor, name: str | None, prefix: str | None) -> str:
    if not name:
        name = getattr(getattr(tensor, "op", None), "name", None)
    if not name:
        raise ValueError(
            "A summary of a tensor without a name needs one, such as name='loss': eager tensors "
            f"have none. Received {tensor!r}."
        )
    return f"{prefix}/{name}" if prefix else name
