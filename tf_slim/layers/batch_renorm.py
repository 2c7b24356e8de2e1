"""Batch renormalization: batch normalization whose training follows the moving statistics.

From "Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models",
Ioffe, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from tf_slim.layers import checks, moving_average, utils

_LIMITS = ("rmin", "rmax", "dmax")


def check_clipping(clipping: Mapping | None, layer: checks.Caller) -> Mapping:
    """The limits of the corrections, by name.

    Raises:
      ValueError: there is one of an unknown name.
    """
    clipping = clipping or {}
    unknown = sorted(set(clipping) - set(_LIMITS))
    if unknown:
        raise layer.error(
            f"renorm_clipping to be a dict with keys among {', '.join(_LIMITS)}",
            f"the keys {unknown}",
            "Leave out the ones without limit.",
        )
    return clipping


class Renorm:
    """The additional averages, and what they do."""

    def __init__(
        self, make: Callable, initial_variance: Callable, epsilon: float, decay, clipping: Mapping
    ):
        """Makes the variables `moving_stddev`, `renorm_mean` and `renorm_stddev`.

        Args:
          make: makes an average, given its name and initializer.
          initial_variance: the initializer of the moving variance.
          epsilon: added to variances.
          decay: of `renorm_mean` and `renorm_stddev`.
          clipping: limits of the corrections.
        """

        def initial_stddev(shape, dtype=None, partition_info=None):
            return tf.sqrt(initial_variance(shape, dtype=dtype))

        self._moving_stddev = make("moving_stddev", initial_stddev)
        self._mean = make("renorm_mean", tf.zeros_initializer())
        self._stddev = make("renorm_stddev", initial_stddev)
        self._epsilon, self._decay, self._clipping = epsilon, decay, clipping

    def corrections(self, mean, variance, is_training):
        """Scale and offset that make up for the difference between batch and average.

        They are constants for the gradient, and 1 and 0 when not training.
        """
        stddev = tf.maximum(self._stddev, tf.sqrt(tf.cast(self._epsilon, mean.dtype)))
        scale = tf.sqrt(variance + self._epsilon) / stddev
        offset = (mean - self._mean) / stddev
        if "rmin" in self._clipping:
            scale = tf.maximum(scale, self._clipping["rmin"])
        if "rmax" in self._clipping:
            scale = tf.minimum(scale, self._clipping["rmax"])
        if "dmax" in self._clipping:
            limit = self._clipping["dmax"]
            offset = tf.maximum(tf.minimum(offset, limit), -limit)
        scale = utils.smart_cond(is_training, lambda: scale, lambda: tf.ones_like(scale))
        offset = utils.smart_cond(is_training, lambda: offset, lambda: tf.zeros_like(offset))
        return tf.stop_gradient(scale), tf.stop_gradient(offset)

    def update(self, after, mean, variance, moving_mean, moving_variance, rate) -> list:
        """Moves all averages, those of plain batch normalization included.

        Args:
          after: tensors that must be computed before: they use the averages as they are.
          mean: of the batch.
          variance: of the batch.
          moving_mean: the variable.
          moving_variance: the variable.
          rate: how far to move the moving averages.

        Returns:
          What depends on the two assignments to the moving averages.
        """
        stddev = tf.sqrt(variance + self._epsilon)
        with tf.control_dependencies(after):
            own = [
                moving_average.update(self._mean, mean, 1.0 - self._decay),
                moving_average.update(self._stddev, stddev, 1.0 - self._decay),
            ]
        with tf.control_dependencies(own):
            new_mean = moving_average.update(moving_mean, mean, rate)
            new_stddev = moving_average.update(self._moving_stddev, stddev, rate)
            new_variance = tf.nn.relu(tf.square(new_stddev) - self._epsilon)
            return [new_mean, tf.compat.v1.assign(moving_variance, new_variance)]
