"""Activations in bfloat16, in float32 where that is faster, and so more exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.ops import bfloat16


def fitted(activation: Callable, inputs: Any) -> Callable:
    """`activation`, or what computes the same faster for these inputs, by the table `bfloat16`.

    Args:
      activation: a function from tensor to tensor.
      inputs: what it is to be called with.
    """
    how = bfloat16.in_float32(activation)
    if how is None or not tf.is_tensor(inputs) or not bfloat16.differs(inputs.dtype):
        return activation
    low = inputs.dtype

    def in_full(x: tf.Tensor) -> tf.Tensor:
        return tf.cast(activation(tf.cast(x, tf.float32)), low)

    forward = in_full if how == "both" else activation
    if bfloat16.to_fold():
        return forward

    @tf.custom_gradient
    def computed(x: tf.Tensor) -> Any:
        """Keeps nothing for the gradient but its inputs."""

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = in_full(x)
            return tape.gradient(outputs, x, upstream)

        return forward(x), gradient

    return computed
