"""One row a layer: what `test_modes` runs in every mode. A new layer needs a row here."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim

IMAGES = [4, 7, 6, 3]
VECTORS = [4, 5]
CHANNELS_FIRST = {"channels_axis": -3, "reduction_axes": (-2, -1)}


class Row(NamedTuple):
    """A layer, with the shape of its inputs.

    `per_batch` tells that an example's output depends on the other examples, `channel_axis` where
    the channels are.
    """

    layer: Callable
    args: tuple = ()
    kwargs: dict[str, Any] = {}
    shape: list[int] = IMAGES
    per_batch: bool = False
    channel_axis: int = -1

    def net(self, inputs):
        return self.layer(inputs, *self.args, **self.kwargs)


def two_convolutions(inputs, **kwargs):
    """The same layer twice, the second time with the variables of the first."""
    net = slim.conv2d(inputs, 3, 3, scope="shared", **kwargs)
    return slim.conv2d(net, 3, 3, scope="shared", reuse=True, **kwargs)


def scaled(inputs, scope=None):
    """A normalizer of a user, which makes its variable in the scope of the layer."""
    with tf.compat.v1.variable_scope(scope, "Scaled"):
        factor = tf.compat.v1.get_variable("factor", [inputs.shape[-1]], inputs.dtype.base_dtype)
        return inputs * factor


BN = slim.batch_norm

ROWS = {
    "conv1d": Row(slim.conv1d, (4, 3), {}, [4, 9, 3]),
    "conv1d_strided": Row(slim.conv1d, (4, [3]), {"stride": 2, "padding": "valid"}, [4, 9, 3]),
    "conv2d": Row(slim.conv2d, (5, 3)),
    "conv2d_strided": Row(slim.conv2d, (5, [3, 2], [2, 1], "VALID")),
    "conv2d_dilated": Row(slim.conv2d, (5, 3), {"rate": [2, 1], "activation_fn": tf.nn.tanh}),
    "conv2d_without_bias": Row(slim.conv2d, (5, 1), {"biases_initializer": None}),
    "conv2d_bn": Row(
        slim.conv2d,
        (5, 3),
        {"normalizer_fn": BN, "normalizer_params": {"scale": True}},
        per_batch=True,
    ),
    "conv2d_own_normalizer": Row(slim.conv2d, (5, 3), {"normalizer_fn": scaled}),
    "conv2d_shared": Row(two_convolutions),
    "conv3d": Row(slim.conv3d, (3, [2, 3, 3]), {}, [4, 4, 5, 4, 2]),
    "convolution": Row(slim.convolution, (3, 2), {"activation_fn": None}, [4, 4, 5, 4, 2]),
    "fully_connected": Row(slim.fully_connected, (3,), {}, VECTORS),
    "fully_connected_rank4": Row(slim.fully_connected, (3,), {"activation_fn": tf.nn.elu}),
    "fully_connected_bn": Row(
        slim.fully_connected, (3,), {"normalizer_fn": BN}, VECTORS, per_batch=True
    ),
    "linear": Row(slim.linear, (3,), {}, VECTORS),
    "relu6": Row(slim.relu6, (3,), {}, VECTORS),
    "bias_add": Row(slim.bias_add, (tf.nn.relu,)),
    "bn": Row(BN, (), {"scale": True}, per_batch=True),
    "bn_inference": Row(BN, (), {"is_training": False}),
    "bn_rank2": Row(BN, (), {}, VECTORS, per_batch=True),
    "bn_rank3": Row(BN, (), {"scale": True}, [4, 6, 3], per_batch=True),
    "bn_channels_first": Row(
        BN, (), {"data_format": "NCHW", "fused": False}, per_batch=True, channel_axis=1
    ),
    "bn_in_steps": Row(BN, (), {"fused": False}, per_batch=True),
    "bn_in_steps_inference": Row(BN, (), {"fused": False, "is_training": False}),
    "bn_zero_debias": Row(BN, (), {"zero_debias_moving_mean": True}, per_batch=True),
    "bn_renorm": Row(BN, (), {"renorm": True, "renorm_clipping": {"rmax": 2.0}}, per_batch=True),
    "conv2d_transpose": Row(slim.conv2d_transpose, (5, [3, 4], [2, 3])),
    "conv2d_transpose_valid": Row(slim.conv2d_transpose, (5, 4, 2, "valid")),
    "conv2d_transpose_gap": Row(slim.conv2d_transpose, (5, 2, [4, 3], "VALID")),
    "conv3d_transpose": Row(slim.conv3d_transpose, (3, [2, 3, 3], 2), {}, [4, 3, 3, 2, 2]),
    "separable_conv2d": Row(slim.separable_conv2d, (5, 3, 2), {"stride": 2}),
    "separable_conv2d_dilated": Row(slim.separable_conv2d, (5, 3), {"rate": 2}),
    "separable_conv2d_depthwise": Row(slim.separable_conv2d, (None, [3, 2], 2)),
    "conv2d_in_plane": Row(slim.conv2d_in_plane, ([3, 2], 2, "valid")),
    "layer_norm": Row(slim.layer_norm),
    "layer_norm_of_channels": Row(slim.layer_norm, (), {"begin_norm_axis": -1}),
    "instance_norm": Row(slim.instance_norm),
    "instance_norm_channels_first": Row(
        slim.instance_norm, (), {"data_format": "NCHW"}, channel_axis=1
    ),
    "group_norm": Row(slim.group_norm, (2,), {}, [4, 7, 6, 4]),
    "group_norm_channels_first": Row(
        slim.group_norm,
        (2,),
        {**CHANNELS_FIRST, "mean_close_to_zero": True},
        [4, 4, 7, 6],
        channel_axis=1,
    ),
    "unit_norm": Row(slim.unit_norm, (3,)),
    "maxout": Row(slim.maxout, (2,), {}, [4, 7, 6, 4]),
    "max_pool3d": Row(slim.max_pool3d, ([2, 3, 3],), {}, [4, 4, 5, 6, 2]),
    "avg_pool3d": Row(slim.avg_pool3d, (2, 1, "same"), {}, [4, 4, 5, 6, 2]),
    "pool_dilated": Row(slim.pool, (2, "MAX"), {"dilation_rate": [2, 1]}),
    "pool_average": Row(slim.pool, (2, "avg", "same"), {}, [4, 9, 3]),
    "max_pool2d": Row(slim.max_pool2d, (2,)),
    "max_pool2d_same": Row(slim.max_pool2d, ([3, 2], 1, "SAME")),
    "avg_pool2d": Row(slim.avg_pool2d, (3, [2, 1], "same")),
    "dropout_inference": Row(slim.dropout, (), {"is_training": False}),
    "dropout_nothing": Row(slim.dropout, (1.0,)),
    "flatten": Row(slim.flatten),
    "softmax": Row(slim.softmax),
    "repeat": Row(slim.repeat, (2, slim.conv2d, 3, 3)),
    "repeat_partial": Row(
        slim.repeat, (2, functools.partial(slim.conv2d, num_outputs=3, kernel_size=3))
    ),
    "stack": Row(slim.stack, (slim.fully_connected, [4, 3]), {"scope": "fc"}, VECTORS),
}
