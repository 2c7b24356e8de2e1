"""Transposed convolutions: the gradient of a convolution, as a layer that makes images larger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
    Size,
    Tensor,
    TensorLike,
)

__all__ = [
    "conv2d_transpose",
    "conv3d_transpose",
    "convolution2d_transpose",
    "convolution3d_transpose",
]


def _transposed(dims: int, called: str, op: Callable):
    """Makes a transposed convolution over `dims` spatial dimensions, of TensorFlow's `op`."""

    def conv_transpose(
        inputs: TensorLike,
        num_outputs: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: str = "SAME",
        data_format: str = checks.FORMATS[dims][0],
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
        layer = parts.Layer(
            called,
            scope,
            called.capitalize(),
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
        inputs = precision.operand(inputs)
        window, _ = checks.window(
            inputs, dims, kernel_size, stride, padding, data_format, layer, enlarges=True
        )
        channels = checks.channels(inputs, window.channel_axis, layer)
        layer.dtype = checks.floating(inputs, layer)
        depth = checks.depth(num_outputs, "num_outputs", layer)
        shape = (*window.kernel, depth, channels)
        with layer.variable_scope(inputs):
            weights = layer.parameter("weights", shape, weights_initializer, weights_regularizer)
            static = _enlarged(inputs.shape.as_list(), depth, window)
            known = static if None not in static else _enlarged(parts.sizes(inputs), depth, window)

            def enlarged(weights):
                return op(
                    inputs,
                    weights,
                    known,
                    window.strides,
                    padding=window.padding,
                    data_format=window.data_format,
                )

            outputs = layer.apply(enlarged, weights, None)
            outputs.set_shape(static)
            return layer.finish(outputs, depth, window.channels_first)

    return conv_transpose


def _enlarged(sizes: list, depth: int, window: checks.Window) -> list:
    """The shape of the output for inputs of these sizes, some of which may be unknown."""
    first = 2 if window.channels_first else 1
    more = [max(k - s, 0) for k, s in zip(window.kernel, window.strides)]
    space = [
        None if size is None else size * s + (m if window.padding == "VALID" else 0)
        for size, s, m in zip(sizes[first : first + len(window.kernel)], window.strides, more)
    ]
    return [sizes[0], depth, *space] if window.channels_first else [sizes[0], *space, depth]


conv2d_transpose = convolution2d_transpose = add_arg_scope(
    parts.named(
        _transposed(2, "conv2d_transpose", tf.nn.conv2d_transpose),
        "convolution2d_transpose",
        """A transposed convolution over `[batch, height, width, channels]`.

        With padding "SAME" the output is `stride` times as large as the input, with "VALID" by
        `max(kernel_size - stride, 0)` larger than that.

        Makes `weights`, shape `[*kernel_size, num_outputs, channels]` (outputs before inputs), and
        `biases`, shape `[num_outputs]`, unless there is a normalizer.

        Args:
          inputs: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
            The channels must be known when the layer is built; batch and space need not.
          num_outputs: number of output channels.
          kernel_size: an integer or a pair.
          stride: an integer or a pair.
          padding: "SAME" or "VALID", in upper or lower case.
          data_format: "NHWC" or "NCHW".
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
          scope: name of the scope; by default `Conv2d_transpose`, made unique.

        Returns:
          The output, of the data format and dtype of `inputs`.

        Raises:
          ValueError: an argument is out of its range, or the channels are unknown.
          TypeError: `inputs` is not floating point.

        Examples:
          >>> net = tf.ones([8, 16, 16, 64])
          >>> slim.conv2d_transpose(net, 32, 4, stride=2, scope="up1").shape
          TensorShape([8, 32, 32, 32])
          >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
          [('up1/weights:0', [4, 4, 32, 64]), ('up1/biases:0', [32])]
        """,
    )
)

conv3d_transpose = convolution3d_transpose = add_arg_scope(
    parts.named(
        _transposed(3, "conv3d_transpose", tf.nn.conv3d_transpose),
        "convolution3d_transpose",
        """A transposed convolution over `[batch, depth, height, width, channels]`.

        Arguments, return value and errors: see `conv2d_transpose`, with three spatial dimensions,
        the data formats "NDHWC" and "NCDHW", and the scope `Conv3d_transpose`.

        Examples:
          >>> slim.conv3d_transpose(tf.ones([2, 4, 8, 8, 16]), 3, 4, stride=2).shape
          TensorShape([2, 8, 16, 16, 3])
        """,
    )
)
