"""Fully connected layers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import precision
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Normalizer,
    Regularizer,
    Reuse,
    Scope,
    Tensor,
    TensorLike,
)

__all__ = ["elu", "fully_connected", "linear", "relu", "relu6"]


@add_arg_scope
def fully_connected(
    inputs: TensorLike,
    num_outputs: int,
    activation_fn: Activation | None = tf.nn.relu,
    normalizer_fn: Normalizer | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Initializer = xavier_initializer(),
    weights_regularizer: Regularizer | None = None,
    biases_initializer: Initializer | None = tf.zeros_initializer(),
    biases_regularizer: Regularizer | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    scope: Scope = None,
) -> Tensor:
    """Multiplies the last axis with a weight matrix.

    Makes `weights`, shape `[channels, num_outputs]`, and `biases`, shape `[num_outputs]`, unless
    there is a normalizer. `inputs` of rank above 2 are not flattened (for that see
    `slim.flatten`): the layer is applied at each position.

    Args:
      inputs: `[batch, ..., channels]`. The channels must be known when the layer is built.
      num_outputs: number of output channels, an integer.
      activation_fn: a function from tensor to tensor, or None.
      normalizer_fn: a function such as `slim.batch_norm` that is applied in place of biases.
      normalizer_params: a dict of its keyword arguments.
      weights_initializer: of `weights`.
      weights_regularizer: a function from the variable to its loss, or None.
      biases_initializer: of `biases`; None for no biases.
      biases_regularizer: as `weights_regularizer`.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      scope: name of the scope; by default `fully_connected`, made unique.

    Returns:
      `[batch, ..., num_outputs]`, of the dtype of `inputs`.

    Raises:
      ValueError: `num_outputs` is no positive integer, the rank is below 2, or the channels are
        unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> net = slim.fully_connected(tf.ones([8, 20]), 10, scope="fc1")
      >>> net.shape
      TensorShape([8, 10])
      >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
      [('fc1/weights:0', [20, 10]), ('fc1/biases:0', [10])]
    """
    layer = parts.Layer(
        "fully_connected",
        scope,
        "fully_connected",
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        biases_initializer=biases_initializer,
        biases_regularizer=biases_regularizer,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
        renamed=parts.KERNEL,
        loss_names=parts.LOSSES_OF_KERNEL,
    )
    if isinstance(num_outputs, (float, np.floating)):
        # Refused here since ever; convolutions take integral floats.
        raise layer.error(
            "num_outputs to be an integer",
            f"num_outputs={num_outputs!r}",
            "Divide with // or round it yourself: num_outputs=int(...).",
        )
    depth = checks.depth(num_outputs, "num_outputs", layer)
    inputs = precision.operand(inputs)
    rank = checks.rank(inputs, "[batch, ..., channels]", layer, at_least=2)
    channels = checks.channels(inputs, rank - 1, layer)
    layer.dtype = checks.floating(inputs, layer)
    with layer.variable_scope(inputs):
        shape = (channels, depth)
        weights = layer.parameter("weights", shape, weights_initializer, weights_regularizer)
        if rank == 2:
            product = functools.partial(tf.matmul, inputs)
        else:
            product = functools.partial(tf.tensordot, inputs, axes=1)
        outputs = layer.apply(product, weights, [depth])
        return layer.finish(outputs, depth)


# An arg_scope over `fully_connected` reaches these; their activation is fixed.
relu = functools.partial(fully_connected, activation_fn=tf.nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=tf.nn.relu6)
elu = functools.partial(fully_connected, activation_fn=tf.nn.elu)
linear = functools.partial(fully_connected, activation_fn=None)
