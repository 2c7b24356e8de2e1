"""Batch normalization in the weights of the convolution or product before it, in inference."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import bfloat16, modes, precision
from tf_slim.ops.arg_scope import current_is_training
from tf_slim.ops.setting import Setting


class Product:
    """A convolution or product, which batch normalization may ask to redo with other weights.

    Args:
      op: a function from weights to the outputs of the layer, before normalizer and biases.
      kernel: the weights.
      channels: the sizes of the last axes of the weights, which together tell the output channels
        apart; None for a transposed convolution, whose output channels are the last axis but one.
      outputs: what `op` has made of the weights; in a graph nobody computes what nobody uses.
    """

    def __init__(
        self,
        op: Callable[[tf.Tensor], tf.Tensor],
        kernel: Any,
        channels: Sequence[int] | None,
        outputs: tf.Tensor,
    ):
        self._op = op
        self._kernel = kernel
        self._channels = channels
        self.outputs = outputs

    def folded(self, factor: tf.Tensor, offset: tf.Tensor, channels_first: bool) -> tf.Tensor:
        """The outputs with batch normalization in the weights.

        Args:
          factor: what it multiplies each channel by.
          offset: what it adds to each channel then.
          channels_first: whether they are axis 1 and not the last one.
        """
        kernel, factor = precision.as_stored(self._kernel), self._per_weight(factor)
        scaled = tf.cast(kernel, factor.dtype) * factor
        outputs = self._op(self._stored(tf.cast(scaled, self.outputs.dtype)))
        offset = tf.cast(offset, outputs.dtype)
        return tf.nn.bias_add(outputs, offset, "NCHW" if channels_first else None)

    def unfolded(self, factor: tf.Tensor) -> tf.Tensor:
        """The outputs that batch normalization is to normalize in training.

        Args:
          factor: what `folded` would multiply each channel by.
        """
        del factor
        return self.outputs

    def _stored(self, scaled: tf.Tensor) -> tf.Tensor:
        return scaled

    def _per_weight(self, factor: tf.Tensor) -> tf.Tensor:
        return tf.reshape(factor, [-1, 1] if self._channels is None else self._channels)


def worth_it(outputs: Any, kernel: Any) -> bool:
    """Whether a model saves time by it: called for inference, in a graph, by the table."""
    if current_is_training() is not False or not modes.is_symbolic(outputs):
        return False
    return bfloat16.worth_folding(outputs, kernel)


_PENDING: contextvars.ContextVar[Product | None] = contextvars.ContextVar("product", default=None)


def normalizing(product: Product | None) -> contextlib.AbstractContextManager:
    """Inside, batch normalization may fold itself into `product`; None for nothing."""
    if product is None:
        return contextlib.nullcontext()
    return Setting(_PENDING, product)


def product_behind(inputs: Any) -> Product | None:
    """The product whose outputs `inputs` are, and nothing has been done with yet."""
    found = _PENDING.get()
    return found if found is not None and found.outputs is inputs else None
