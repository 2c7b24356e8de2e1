"""Dynamic loss scaling: keeps gradients within the range of float16.

From "Mixed Precision Training", Micikevicius et al., 2018.
"""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops.gradients import scaled

_INITIAL = 2.0**15
_GROWTH_STEPS = 2000


class LossScale:
    """A factor for the loss: as large as the gradients allow, found by trying.

    Attributes:
      scale: float32 variable, a power of two.
      good_steps: int32 variable, the number of steps since the scale has changed.
    """

    def __init__(self) -> None:
        with tf.init_scope():
            self.scale = _state(_INITIAL, tf.float32, "loss_scale")
            self.good_steps = _state(0, tf.int32, "loss_scale_good_steps")

    def named_variables(self) -> dict[str, tf.Variable]:
        """The state by the name that it has in a checkpoint."""
        return {"loss_scale": self.scale, "loss_scale/good_steps": self.good_steps}

    def update(self, finite: tf.Tensor) -> None:
        """Halves the scale after a step with gradients that are not `finite`, a bool scalar.

        After 2000 steps in a row without any it is doubled.
        """
        good = tf.where(finite, self.good_steps + 1, 0)
        grows = good >= _GROWTH_STEPS
        factor = tf.where(finite, tf.where(grows, 2.0, 1.0), 0.5)
        self.scale.assign(tf.maximum(self.scale * factor, 1.0))
        self.good_steps.assign(tf.where(grows, 0, good))


def unscaled(gradients: list, scale: tf.Tensor) -> list:
    """Gradients of the loss, given those of `loss * scale`; None stays None."""
    inverse = 1.0 / scale
    return [None if g is None else scaled(g, inverse) for g in gradients]


def _state(value, dtype: tf.DType, name: str) -> tf.Variable:
    return tf.Variable(
        value,
        dtype=dtype,
        trainable=False,
        name=name,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
