"""Summaries of tensors for TensorBoard: scalars, histograms, images and sparsity.

In a `tf.compat.v1` graph a summary is a string tensor that joins the collection SUMMARIES, from
where `slim.learning.train` and the evaluation loops write it. Elsewhere it is written at once to
the default writer of `tf.summary`, if there is one:

    with tf.summary.create_file_writer(logdir).as_default(step=step):
        slim.summaries.add_scalar_summary(loss, "loss")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import tensorflow as tf

from tf_slim.ops import modes, summary_ops
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

v1 = tf.compat.v1


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
    """
    title = _title(tensor, name, prefix)
    if modes.in_v1_graph():
        return _add(v1.summary.image, title, tensor, print_summary)
    _print_if(print_summary, title, tensor)
    return summary_ops.write(_image_summary(tf.constant(title), _as_image(tensor)))


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
    """
    title = _title(tensor, name, prefix)
    if modes.in_v1_graph():
        return _add(v1.summary.scalar, title, tensor, print_summary)
    _print_if(print_summary, title, tensor)
    return summary_ops.scalar(title, tensor)


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
    """
    title = _title(tensor, name, prefix) + "/Fraction_of_Zero_Values"
    share = tf.math.zero_fraction(tensor)
    return add_scalar_summary(share, title, print_summary=print_summary)


def add_histogram_summaries(tensors: Iterable, prefix: str | None = None) -> list[tf.Tensor | bool]:
    """Adds a histogram of each tensor; see `add_histogram_summary`."""
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors: Iterable, prefix: str | None = None) -> list[tf.Tensor | bool]:
    """Adds a summary of images for each tensor; see `add_image_summary`."""
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(
    tensors: Iterable, prefix: str | None = None, print_summary: bool = False
) -> list[tf.Tensor | bool]:
    """Adds a summary of each number; see `add_scalar_summary`."""
    return [add_scalar_summary(tensor, None, prefix, print_summary) for tensor in tensors]


def add_zero_fraction_summaries(
    tensors: Iterable, prefix: str | None = None
) -> list[tf.Tensor | bool]:
    """Adds the share of zeros in each tensor; see `add_zero_fraction_summary`."""
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


def _add(summary: Callable, title: str, tensor, print_summary: bool):
    if not print_summary:
        return summary(title, tensor)
    added = summary(title, tensor, collections=[])
    with tf.control_dependencies([_print(title, tensor)]):
        added = tf.identity(added)
    v1.add_to_collection(v1.GraphKeys.SUMMARIES, added)
    return added


def _print_if(wanted: bool, title: str, tensor) -> None:
    if wanted:
        _print(title, tensor)


def _print(title: str, tensor):
    return tf.print(title, tensor, output_stream=sys.stderr)


@tf.function(reduce_retracing=True)
def _image_summary(title, tensor):
    # In a function, since the operation has an attribute that eager execution cannot pass on.
    return tf.raw_ops.ImageSummary(tag=title, tensor=tensor)


def _as_image(tensor):
    tensor = tf.convert_to_tensor(tensor)
    known = (tf.uint8, tf.float16, tf.float32, tf.float64)
    return tensor if tensor.dtype in known else tf.cast(tensor, tf.float32)
