"""`tf.layers.batch_normalization`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.layers import batch_norm as slim_batch_norm
from tf_slim.layers import checks
from tf_slim.legacy.tensorflow1.layers.base import as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import SlimLayer

__all__ = ["BatchNorm", "BatchNormalization", "batch_norm", "batch_normalization"]

_zeros = tf.compat.v1.zeros_initializer
_ones = tf.compat.v1.ones_initializer


class BatchNormalization(SlimLayer):
    """Normalizes each channel, over the batch when `training`, by moving averages otherwise.

    The averages move when the operations in UPDATE_OPS run.
    """

    _slim = staticmethod(slim_batch_norm)
    axis: Any

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer=_zeros(),
        gamma_initializer=_ones(),
        moving_mean_initializer=_zeros(),
        moving_variance_initializer=_ones(),
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        trainable=True,
        name=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        fused=None,
        virtual_batch_size=None,
        adjustment=None,
        **kwargs,
    ):
        given = locals()
        super().__init__(trainable=trainable, name=name, **kwargs)
        if virtual_batch_size is not None:
            raise ValueError(
                "batch_normalization: virtual_batch_size is not provided. Split the batch with "
                "tf.split and normalize each part."
            )
        self._keep(given)
        self._arguments = {
            "decay": momentum,
            "epsilon": epsilon,
            "center": center,
            "scale": scale,
            "renorm": renorm,
            "renorm_clipping": renorm_clipping,
            "renorm_decay": renorm_momentum,
            "fused": fused,
            "adjustment": adjustment,
        }

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        inputs = tf.convert_to_tensor(inputs)
        rank, axis = checks.rank(inputs, "[batch, ..., channels]", self._caller(), at_least=2), None
        given = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        if len(given) == 1:
            axis = checks.integer(given[0])
        if axis is None or not -rank <= axis < rank:
            raise self._caller().error(
                f"axis to be that of the channels, from {-rank} to {rank - 1}",
                f"axis={self.axis!r} for inputs of shape {checks.shape_text(inputs)}",
                "For several axes reshape them to one first.",
            )
        axis %= rank
        if rank == 2:
            # For vectors Slim has a fused path of its own, with other numbers; this never had one.
            self._arguments["fused"] = False
        first = axis == 1 and rank > 2
        self._arguments["data_format"] = "NCHW" if first else "NHWC"
        if axis == rank - 1 or first:
            return super()._compute(name, reuse, inputs, *args, **kwargs)
        # Only with channels last or second was it fused, with its own estimate of the variance.
        self._arguments["fused"] = False
        last = [*(i for i in range(rank) if i != axis), axis]
        turned = tf.transpose(inputs, last)
        outputs = super()._compute(name, reuse, turned, *args, **kwargs)
        return tf.transpose(outputs, [last.index(i) for i in range(rank)])

    def _caller(self) -> checks.Caller:
        return checks.Caller("batch_normalization", self.name, self.name)

    def _call_arguments(self, training=False):
        return {"is_training": False if training is None else training}


BatchNorm = BatchNormalization
batch_normalization = batch_norm = as_function(
    BatchNormalization,
    "batch_normalization",
    "training",
    order="training trainable name reuse renorm renorm_clipping renorm_momentum fused "
    "virtual_batch_size adjustment",
)
