"""Summaries of tensors by their kind: scalars, histograms, how much of an activation is zero.

In a v1 graph they join `GraphKeys.SUMMARIES`. Elsewhere they go to the default writer of
`tf.summary`, if there is one, at the step that `tf.summary.experimental.set_step` has told.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from tf_slim.layers import utils
from tf_slim.ops import modes, places, summary_ops
from tf_slim.ops.types import Tensor

__all__ = [
    "summarize_activation",
    "summarize_activations",
    "summarize_biases",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
    "summarize_variables",
    "summarize_weights",
]

GraphKeys = tf.compat.v1.GraphKeys


def summarize_tensor(tensor: Tensor | tf.Variable, tag: str | None = None) -> Any:
    """A scalar summary of a scalar, a histogram of any other tensor.

    Args:
      tensor: a tensor or variable.
      tag: name of the summary; by default that of the tensor, then `_summary`.

    Returns:
      The summary; None for tensors of strings or truth values.

    Raises:
      ValueError: `tag` is None and the tensor has no name, as in eager mode.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.summarize_tensor(tf.constant(0.5, name="loss")).op.name
      'loss_summary'
    """
    if tensor.dtype.base_dtype in (tf.string, tf.bool):
        return None
    tag = tag or f"{_name_of(tensor)}_summary"
    summarize = summary_ops.scalar if tensor.shape.rank == 0 else summary_ops.histogram
    return summarize(tag, tensor)


def summarize_activation(op: Tensor) -> Any:
    """A histogram of a layer's output, and for rectifiers how much of it was cut off.

    Args:
      op: a tensor. Behind a `relu`, `relu6` or `softplus` also the fraction of negative inputs is
        summarized, as `<name>/zeros`; behind a `relu6` that above 6, as `<name>/sixes`. An eager
        tensor does not know where it comes from: of it there is the histogram only.

    Returns:
      The histogram, named `<name>/activation`.

    Raises:
      ValueError: the tensor has no name, as in eager mode outside a Model.

    Examples:
      >>> with tf.Graph().as_default():
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 4, 3, scope="conv1")
      ...     slim.summarize_activation(net).op.name
      ...     [one.op.name for one in tf.compat.v1.get_collection("summaries")]
      'conv1/Relu/activation'
      ['conv1/Relu/zeros', 'conv1/Relu/activation']
    """
    name = _name_of(op)
    if modes.is_symbolic(op):
        before = op.op.inputs[0] if op.op.inputs else op
        if op.op.type in ("Relu", "Relu6", "Softplus"):
            summary_ops.scalar(f"{name}/zeros", _fraction(before < 0))
        if op.op.type == "Relu6":
            summary_ops.scalar(f"{name}/sixes", _fraction(before > 6))
    return summary_ops.histogram(f"{name}/activation", op)


def summarize_tensors(tensors: Iterable, summarizer: Callable = summarize_tensor) -> list:
    """Calls `summarizer` with each tensor; returns what it returns.

    Examples:
      >>> with tf.Graph().as_default():
      ...     losses = [tf.constant(0.5, name="one"), tf.constant(2.0, name="two")]
      ...     [one.op.name for one in slim.summarize_tensors(losses)]
      ['one_summary', 'two_summary']
    """
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: str, name_filter: str | None = None, summarizer: Callable = summarize_tensor
) -> list:
    """Summarizes the members of a collection.

    Args:
      collection: its name. Outside v1 graphs these are the variables that joined it, then the
        outputs of layers that were told to by `outputs_collections`.
      name_filter: a regular expression that names must begin with, or None.
      summarizer: a function from a tensor to its summary.

    Returns:
      A list of what `summarizer` returned.

    Examples:
      >>> with tf.Graph().as_default():
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 4, 3, scope="conv1")
      ...     [one.op.name for one in slim.summarize_collection("model_variables", ".*weights")]
      ['conv1/weights_summary']
    """
    members = places.current().members(collection)
    if name_filter is not None:
        members = [member for member in members if re.match(name_filter, _name_of(member))]
    return summarize_tensors(members, summarizer)


summarize_variables = functools.partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES)
summarize_weights = functools.partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = functools.partial(summarize_collection, GraphKeys.BIASES)


def summarize_activations(
    name_filter: str | None = None, summarizer: Callable = summarize_activation
) -> list:
    """Summarizes the collection `GraphKeys.ACTIVATIONS`: see `summarize_collection`.

    Examples:
      >>> with tf.Graph().as_default():
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 4, 3, outputs_collections="activations")
      ...     [one.op.name for one in slim.summarize_activations()]
      ['Conv/Relu/activation']
    """
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)


def _fraction(found: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(found, tf.float32))


def _name_of(tensor) -> str:
    if isinstance(tensor, tf.Variable):
        return tensor.name.removesuffix(":0")
    if modes.is_symbolic(tensor):
        return tensor.op.name
    names = utils.get_tensor_aliases(tensor)
    if not names:
        raise ValueError(
            "An eager tensor has no name to call its summary by. Pass one: "
            "summarize_tensor(tensor, tag='...')."
        )
    return names[0]
