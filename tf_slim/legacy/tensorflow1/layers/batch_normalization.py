"""`tf.layers.batch_normalization`."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import batch_norm as slim_batch_norm
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
        super().__init__(
            None,
            {"beta": beta_constraint, "gamma": gamma_constraint},
            trainable=trainable,
            name=name,
            **kwargs,
        )
        if virtual_batch_size is not None:
            raise ValueError(
                "batch_normalization: virtual_batch_size is not provided. Split the batch with "
                "tf.split and normalize each part."
            )
        self.axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
        regularizers = {"beta": beta_regularizer, "gamma": gamma_regularizer}
        self._arguments = {
            "decay": momentum,
            "epsilon": epsilon,
            "center": center,
            "scale": scale,
            "param_initializers": {
                "beta": beta_initializer,
                "gamma": gamma_initializer,
                "moving_mean": moving_mean_initializer,
                "moving_variance": moving_variance_initializer,
            },
            "param_regularizers": {k: v for k, v in regularizers.items() if v is not None},
            "renorm": renorm,
            "renorm_clipping": renorm_clipping,
            "renorm_decay": renorm_momentum,
            "fused": fused,
            "adjustment": adjustment,
        }

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        inputs = tf.convert_to_tensor(inputs)
        axis = self.axis + inputs.shape.rank if self.axis < 0 else self.axis
        if axis not in (1, inputs.shape.rank - 1):
            raise ValueError(
                f"batch_normalization: axis is that of the channels, the last one or 1; got {axis} "
                f"for inputs of shape {inputs.shape}. Transpose them first."
            )
        if inputs.shape.rank == 2:
            # For vectors Slim has a fused path of its own, with other numbers; this never had one.
            self._arguments["fused"] = False
        self._arguments["data_format"] = "NHWC" if axis == inputs.shape.rank - 1 else "NCHW"
        return super()._compute(name, reuse, inputs, *args, **kwargs)

    def _call_arguments(self, training=False):
        return {"is_training": training}


BatchNorm = BatchNormalization
batch_normalization = batch_norm = as_function(
    BatchNormalization, "batch_normalization", "training"
)
