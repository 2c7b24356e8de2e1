"""Convolution, as the product of matrices where it is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_slim.ops import modes, quantization


def convolve(
    inputs: tf.Tensor,
    weights: tf.Tensor,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    name: str,
) -> tf.Tensor:
    """`tf.nn.convolution`, faster where the kernel covers the whole input (the `fc6` of VGG).

    Graphs of TensorFlow 1 always get the convolution: programs that walk them look for it.

    Args:
      inputs: `[batch, *space, channels]`, or with the channels first.
      weights: `[*kernel, channels, outputs]`.
      strides: one for each spatial dimension, as `dilations`.
      padding: "SAME" or "VALID".
      data_format: such as "NHWC".
      dilations: of the kernel.
      name: of the convolution.

    Returns:
      `[batch, *space, outputs]`, or with the outputs first.
    """
    # Weights that are rounded by channel stay a convolution's: see `fake_quantization`.
    as_it_is = modes.in_v1_graph() or quantization.in_force()
    if not as_it_is and _covers(inputs, weights, padding, data_format, dilations):
        return _product(inputs, weights)
    return tf.nn.convolution(
        inputs,
        weights,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def _covers(inputs, weights, padding, data_format, dilations) -> bool:
    if data_format.startswith("NC") or max(dilations) > 1:
        return False
    space, kernel = inputs.shape[1:-1].as_list(), weights.shape[:-2].as_list()
    return space == kernel and (padding == "VALID" or max(kernel) == 1)


def _product(inputs, weights) -> tf.Tensor:
    *sizes, outputs = weights.shape.as_list()
    flat = tf.reshape(inputs, [-1, int(np.prod(sizes))])
    found = tf.matmul(flat, tf.reshape(weights, [-1, outputs]))
    found = tf.reshape(found, [-1] + [1] * (len(sizes) - 1) + [outputs])
    found.set_shape(inputs.shape[:1].concatenate(found.shape[1:]))
    return found
