"""The fully connected layer that Slim had before `fully_connected`, for programs that use it."""

from __future__ import annotations

import functools

import tensorflow as tf

from tf_slim.layers import checks, parts, utils
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import precision, variables
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import (
    Activation,
    Collections,
    Initializer,
    Regularizer,
    Scope,
    Tensor,
    TensorLike,
)

__all__ = ["legacy_fully_connected", "legacy_linear", "legacy_relu"]

GraphKeys = tf.compat.v1.GraphKeys


@checked
def legacy_fully_connected(
    x: TensorLike,
    num_output_units: int,
    activation_fn: Activation | None = None,
    weight_init: Initializer = xavier_initializer(),
    bias_init: Initializer | None = tf.zeros_initializer(),
    name: Scope = None,
    weight_collections: Collections = (GraphKeys.WEIGHTS,),
    bias_collections: Collections = (GraphKeys.BIASES,),
    output_collections: Collections = (GraphKeys.ACTIVATIONS,),
    trainable: bool = True,
    weight_regularizer: Regularizer | None = None,
    bias_regularizer: Regularizer | None = None,
) -> Tensor:
    """Multiplies the last axis with a weight matrix. New programs use `fully_connected`.

    Makes `weights`, shape `[channels, num_output_units]`, and `bias` (not `biases`), shape
    `[num_output_units]`. They are no model variables: `get_model_variables` does not list them.

    Args:
      x: `[batch, ..., channels]`. The channels must be known when the layer is built.
      num_output_units: number of output channels, an integer.
      activation_fn: a function from tensor to tensor, or None.
      weight_init: of `weights`.
      bias_init: of `bias`; None for no bias.
      name: name of the scope; by default `fully_connected`, made unique.
      weight_collections: names of collections for `weights`.
      bias_collections: names of collections for `bias`.
      output_collections: names of collections for the output, besides `GraphKeys.ACTIVATIONS`.
      trainable: whether optimizers change the variables.
      weight_regularizer: a function from the variable to its loss, or None.
      bias_regularizer: as `weight_regularizer`.

    Returns:
      `[batch, ..., num_output_units]`, of the dtype of `x`.

    Raises:
      ValueError: `num_output_units` is no positive integer, the rank is below 2, or the channels
        are unknown.
      TypeError: `x` is not floating point.

    Examples:
      >>> net = slim.layers.legacy_fully_connected(tf.ones([8, 20]), 10, name="fc1")
      >>> [(one.name, one.shape.as_list()) for one in slim.get_variables()]
      [('fc1/weights:0', [20, 10]), ('fc1/bias:0', [10])]
    """
    layer = parts.Layer(
        "legacy_fully_connected",
        name,
        "fully_connected",
        activation_fn=activation_fn,
        outputs_collections=_joined(output_collections, GraphKeys.ACTIVATIONS),
        renamed=None,
    )
    depth = checks.depth(num_output_units, "num_output_units", layer)
    x = precision.operand(x)
    rank = checks.rank(
        x,
        "[batch, ..., channels]",
        layer,
        at_least=2,
        remedy="The rank of x must be at least {0} not: {1}.",
    )
    channels = checks.channels(
        x, rank - 1, layer, "channels: the last dimension of x must be known but is None"
    )
    make = functools.partial(
        variables.variable, dtype=checks.floating(x, layer), trainable=trainable
    )
    with layer.variable_scope(x):
        weights = make(
            "weights",
            [channels, depth],
            initializer=weight_init,
            regularizer=weight_regularizer,
            collections=_joined(weight_collections, GraphKeys.GLOBAL_VARIABLES),
        )
        outputs = tf.matmul(x, weights) if rank == 2 else tf.tensordot(x, weights, axes=1)
        if bias_init is not None:
            bias = make(
                "bias",
                [depth],
                initializer=bias_init,
                regularizer=bias_regularizer,
                collections=_joined(bias_collections, GraphKeys.GLOBAL_VARIABLES),
            )
            outputs = tf.nn.bias_add(outputs, bias)
        return layer.finish(outputs)


def _joined(collections: Collections, always: str) -> list[str]:
    return list(dict.fromkeys([*utils.as_list(collections), always]))


legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu = functools.partial(legacy_fully_connected, activation_fn=tf.nn.relu)
