"""Layers in `slim.quantize`: rounded weights, batch normalization folded into them, rounded output.

How the two meet, for a convolution with batch normalization (Jacob et al., 2018, section 3.2, and
Krishnamoorthi, 2018, section 3.2.2): weights are multiplied by `gamma / sqrt(moving_variance +
epsilon)`, which is what an inference engine will do, and rounded then. While the net is trained the
product is divided by the same factor again, and batch normalization does with it what it always
does, by the moments of the batch. Both papers take these moments from a second convolution, with
exact weights; here they are those of the rounded one, which is what the moving averages are used
for in the end, and half the work.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops.quantization import Quantizer
from tf_slim.ops.setting import Setting


class Product:
    """A convolution or product of rounded weights, which batch normalization may ask to redo.

    Args:
      op: a function from weights to the outputs of the layer, before normalizer and biases.
      kernel: the weights.
      channels: the sizes of the last axes of the weights, which together tell the output channels
        apart; None for a transposed convolution, whose output channels are the last axis but one.
      quantizer: what rounds them.
      name: what the weights are called.
      normalized: whether a normalizer comes next.
    """

    def __init__(
        self,
        op: Callable[[tf.Tensor], tf.Tensor],
        kernel: Any,
        channels: Sequence[int] | None,
        quantizer: Quantizer,
        name: str,
        normalized: bool,
    ):
        self._op = op
        self._kernel = kernel
        self._channels = channels
        self._quantizer = quantizer
        self._name = name
        self.outputs = op(quantizer.kernel(name, kernel, channels, normalized))

    def folded(self, factor: tf.Tensor, offset: tf.Tensor, channels_first: bool) -> tf.Tensor:
        """The outputs with batch normalization in the weights.

        Args:
          factor: what it multiplies each channel by.
          offset: what it adds to each channel then.
          channels_first: whether they are axis 1 and not the last one.
        """
        kernel = tf.convert_to_tensor(self._kernel)
        scaled = kernel * tf.cast(self._per_weight(factor), kernel.dtype)
        outputs = self._op(self._quantizer.kernel(self._name, scaled, self._channels))
        offset = tf.cast(offset, outputs.dtype)
        return tf.nn.bias_add(outputs, offset, "NCHW" if channels_first else None)

    def unfolded(self, factor: tf.Tensor) -> tf.Tensor:
        """The outputs that batch normalization is to normalize, for which `factor` is divided out.

        Args:
          factor: what `folded` would multiply each channel by.
        """
        factor = self._per_weight(factor)
        rounded = self._quantizer.scaled_kernel(self._name, self._kernel, self._channels, factor)
        return self.outputs if rounded is None else self._op(rounded)

    def _per_weight(self, factor: tf.Tensor) -> tf.Tensor:
        return tf.reshape(factor, [-1, 1] if self._channels is None else self._channels)


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
