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

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.layers import foldable
from tf_slim.ops.quantization import Quantizer


class Product(foldable.Product):
    """A convolution or product of rounded weights, which batch normalization may ask to redo.

    Args:
      op: see `foldable.Product`, as for `kernel` and `channels`.
      kernel: the weights.
      channels: of their last axes.
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
        super().__init__(
            op, kernel, channels, op(quantizer.kernel(name, kernel, channels, normalized))
        )
        self._quantizer = quantizer
        self._name = name

    def _stored(self, scaled: tf.Tensor) -> tf.Tensor:
        return self._quantizer.kernel(self._name, scaled, self._channels)

    def unfolded(self, factor: tf.Tensor) -> tf.Tensor:
        """The outputs that batch normalization is to normalize, for which `factor` is divided out.

        Args:
          factor: what `folded` would multiply each channel by.
        """
        factor = self._per_weight(factor)
        rounded = self._quantizer.scaled_kernel(self._name, self._kernel, self._channels, factor)
        return self.outputs if rounded is None else self._op(rounded)
