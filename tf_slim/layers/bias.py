"""A bias per channel, as a layer of its own."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import scopes
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = ["bias_add"]


@add_arg_scope
def bias_add(
    inputs,
    activation_fn=None,
    initializer=tf.zeros_initializer(),
    regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    data_format="NHWC",
    scope=None,
):
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
    """
    site = checks.Site("bias_add", scope, "BiasAdd")
    checks.data_format(data_format, ("NHWC", "NCHW"), site)
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ..., channels]", site, at_least=2)
    channels_first = data_format == "NCHW"
    if channels_first:
        checks.rank(inputs, "[batch, channels, height, width] (NCHW)", site, exactly=4)
    depth = checks.channels(inputs, 1 if channels_first else rank - 1, site)
    with scopes.scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        biases = parts.parameter(
            "biases",
            [depth],
            inputs.dtype.base_dtype,
            initializer,
            regularizer,
            variables_collections,
            trainable,
        )
        outputs = tf.nn.bias_add(inputs, biases, data_format=data_format)
        return parts.deliver(outputs, sc.name, activation_fn, outputs_collections)
