"""A bias per channel, as a layer of its own."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Regularizer,
    Reuse,
    Scope,
    Tensor,
    TensorLike,
)

__all__ = ["bias_add"]


@add_arg_scope
def bias_add(
    inputs: TensorLike,
    activation_fn: Activation | None = None,
    initializer: Initializer = tf.zeros_initializer(),
    regularizer: Regularizer | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Scope = None,
) -> Tensor:
    """Adds `biases`, shape `[channels]`. Can also serve as `normalizer_fn` of a layer.

    Args:
      inputs: `[batch, ..., channels]`; for "NCHW" `[batch, channels, height, width]`. The
        channels must be known when the layer is built.
      activation_fn: a function from tensor to tensor, or None.
      initializer: of `biases`.
      regularizer: a function from the variable to its loss, or None.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for the variable, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variable.
      data_format: "NHWC" or "NCHW".
      scope: name of the scope; by default `BiasAdd`, made unique.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: `data_format` is unknown or does not fit the rank, or the channels are unknown.

    Examples:
      >>> net = slim.bias_add(tf.zeros([8, 3]), initializer=tf.ones_initializer(), scope="add")
      >>> print(net[0].numpy())
      [1. 1. 1.]
      >>> slim.get_model_variables()[0].name
      'add/biases:0'
    """
    layer = parts.Layer(
        "bias_add",
        scope,
        "BiasAdd",
        activation_fn=activation_fn,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    checks.known_format(data_format, ("NHWC", "NCHW"), layer)
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ..., channels]", layer, at_least=2)
    channels_first = data_format == "NCHW"
    if channels_first:
        checks.rank(inputs, "[batch, channels, height, width] (NCHW)", layer, exactly=4)
    depth = checks.channels(inputs, 1 if channels_first else rank - 1, layer)
    layer.dtype = inputs.dtype.base_dtype
    with layer.variable_scope(inputs):
        biases = layer.parameter("biases", [depth], initializer, regularizer)
        outputs = tf.nn.bias_add(inputs, biases, data_format=data_format)
        return layer.finish(outputs)
