"""The arithmetic of batch normalization, without variables or collections."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import utils
from tf_slim.ops import bfloat16, counting

FUSED_DTYPES = (tf.float16, tf.bfloat16, tf.float32)


def fused(inputs, gamma, beta, moving_mean, moving_variance, epsilon, channels_first, is_training):
    """Batch normalization as one operation: rank 2 or 4, one of `FUSED_DTYPES`.

    Returns:
      The normalized tensor, and mean and (unbiased) variance of the batch.
    """
    depth = inputs.shape.as_list()[1 if channels_first else -1]
    shape = None
    data_format = "NCHW" if channels_first else "NHWC"
    if inputs.shape.rank == 2:
        shape, data_format = tf.shape(inputs), "NHWC"
        inputs = tf.reshape(inputs, [-1, 1, 1, depth])
    gamma = tf.ones([depth]) if gamma is None else gamma
    beta = tf.zeros([depth]) if beta is None else beta
    more = 0 if channels_first else bfloat16.missing_channels(inputs.dtype, depth)
    if more:
        inputs = tf.pad(inputs, [[0, 0], [0, 0], [0, 0], [0, more]])
        gamma, beta, moving_mean, moving_variance = (
            tf.pad(value, [[0, more]]) for value in (gamma, beta, moving_mean, moving_variance)
        )

    def train():
        return tuple(
            tf.compat.v1.nn.fused_batch_norm(
                inputs, gamma, beta, epsilon=epsilon, data_format=data_format
            )
        )

    def infer():
        return tuple(
            tf.compat.v1.nn.fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=moving_mean,
                variance=moving_variance,
                epsilon=epsilon,
                data_format=data_format,
                is_training=False,
            )
        )

    outputs, mean, variance = utils.smart_cond(is_training, train, infer)
    if more:
        outputs = tf.slice(outputs, [0, 0, 0, 0], [-1, -1, -1, depth])
        mean, variance = mean[:depth], variance[:depth]
    if shape is not None:
        outputs = tf.reshape(outputs, shape)
    return outputs, mean, variance


def moments(inputs, axes, batch_weights):
    """Mean and (biased) variance over `axes`, where each example may have a weight of its own."""
    if batch_weights is None:
        return tf.nn.moments(inputs, axes)
    return tf.nn.weighted_moments(inputs, axes, tf.cast(batch_weights, inputs.dtype))


def moments_across_replicas(inputs, axes, batch_weights):
    """Like `moments`, of the inputs of all replicas; correct for gradients too.

    The variance is taken around the common mean, in a second pass: a difference of two large sums
    would lose what is small.
    """
    weights = tf.ones([], inputs.dtype) if batch_weights is None else batch_weights
    weights = counting.counted(tf.cast(weights, inputs.dtype))
    weights = tf.broadcast_to(weights, tf.shape(inputs))
    count, total = _sum_of_replicas(
        [tf.reduce_sum(weights, axes), tf.reduce_sum(inputs * weights, axes)]
    )
    mean = tf.math.divide_no_nan(total, count)
    shape = [1 if axis in axes else -1 for axis in range(inputs.shape.rank)]
    deviations = tf.square(inputs - tf.reshape(mean, shape)) * weights
    (squares,) = _sum_of_replicas([tf.reduce_sum(deviations, axes)])
    return mean, tf.math.divide_no_nan(squares, count)


def _sum_of_replicas(values: list) -> list:
    context = tf.distribute.get_replica_context()
    try:
        return context.all_reduce(tf.distribute.ReduceOp.SUM, values)
    except RuntimeError as error:
        if counting.NOT_IN_FUNCTIONS not in str(error):
            raise
        scope = tf.compat.v1.get_variable_scope().name
        raise ValueError(
            f"Batch norm in scope {scope!r} has synchronized=True, and is called within a "
            "tf.function or a loop inside strategy.run, where replicas cannot ask each other for "
            "their moments. Such are the parts of a step with accumulate above 1, and a step with "
            "jit_compile=True. Leave these out, or take synchronized=False."
        ) from error


def unbiased(variance, inputs, across: bool = False):
    """Bessel's correction: the estimate of the variance where `inputs` is a sample.

    Args:
      variance: of the batch.
      inputs: of the layer.
      across: whether the batch is that of all replicas.
    """
    count = tf.cast(tf.size(inputs) // tf.size(variance), variance.dtype)
    if across:
        (count,) = _sum_of_replicas([counting.counted(count)])
    return variance * (count / tf.maximum(count - 1.0, 1.0))


def per_channel(value, rank: int, channel_axis: int):
    """Gives a vector over the channels the shape in which it can be broadcast to the inputs."""
    if value is None or channel_axis == rank - 1:
        return value
    shape = [1] * rank
    shape[channel_axis] = -1
    return tf.reshape(value, shape)


def compose(scale, offset, then_scale, then_offset):
    """The transform that applies (scale, offset), then another; None stands for no change."""
    if then_scale is not None:
        scale = then_scale if scale is None else scale * then_scale
        offset = None if offset is None else offset * then_scale
    if then_offset is not None:
        offset = then_offset if offset is None else offset + then_offset
    return scale, offset
