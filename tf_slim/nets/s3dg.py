"""S3D-G: I3D with convolutions over space and over time apart, and with gates on features.

S. Xie, C. Sun, J. Huang, Z. Tu, K. Murphy, "Rethinking spatiotemporal feature learning:
speed-accuracy trade-offs in video classification", arXiv:1712.04851, 2017. Variables are in a scope
called InceptionV1, as in the image net.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images, row, trunk
from tf_slim.nets.i3d_utils import (
    conv3d_spatiotemporal,
    inception_block_v1_3d,
    video_arg_scope,
    video_logits,
)
from tf_slim.nets.inception_utils import depth_function, trunc_normal
from tf_slim.ops.types import Scope, TensorLike

__all__ = [
    "conv3d_spatiotemporal",
    "inception_block_v1_3d",
    "s3dg",
    "s3dg_arg_scope",
    "s3dg_base",
    "self_gating",
    "trunc_normal",
]

_STARTS = (
    "Conv2d_2c_3x3",
    *(f"Mixed_{module}" for module in ("3b", "3c", "4b", "4c", "4d", "4e", "4f", "5b", "5c")),
)


def s3dg_arg_scope(
    weight_decay: float = 1e-7, batch_norm_decay: float = 0.999, batch_norm_epsilon: float = 0.001
) -> Mapping:
    """The scope that S3D-G is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.

    Returns:
      An arg_scope.
    """
    return video_arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon, separable=True)


def self_gating(input_tensor: tf.Tensor, scope: str, data_format: str = "NDHWC") -> tf.Tensor:
    """Multiplies each channel by a gate in (0, 1), which all of them decide together.

    Args:
      input_tensor: `[batch, frames, height, width, channels]`, or `data_format` says otherwise.
      scope: the name of the scope around `self_gating`.
      data_format: "NDHWC" or "NCDHW".

    Returns:
      A tensor of the shape of `input_tensor`.
    """
    channels = data_format.index("C")
    space_and_time = [axis for axis in range(1, 5) if axis != channels]
    gates = slim.conv3d(
        tf.reduce_mean(input_tensor, space_and_time, keepdims=True),
        slim.utils.channel_dimension(input_tensor.shape, data_format, min_rank=5),
        [1, 1, 1],
        stride=1,
        activation_fn=None,
        normalizer_fn=None,
        biases_initializer=None,
        weights_initializer=trunc_normal(0.01),
        data_format=data_format,
        scope=f"{scope}/self_gating/transformer_W",
    )
    return tf.multiply(tf.sigmoid(gates), input_tensor)


def s3dg_base(
    inputs: TensorLike,
    first_temporal_kernel_size: int = 3,
    temporal_conv_startat: str | None = "Conv2d_2c_3x3",
    gating_startat: str | None = "Conv2d_2c_3x3",
    final_endpoint: str = "Mixed_5c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    data_format: str = "NDHWC",
    scope: Scope = "InceptionV1",
) -> NetOutput:
    """S3D-G up to one of its end points.

    Args:
      inputs: videos `[batch, frames, height, width, channels]`, or `data_format` says otherwise.
      first_temporal_kernel_size: how many frames the first convolution sees: 1, 3, 5 or 7.
      temporal_conv_startat: from which layer on convolutions see more than one frame:
        `Conv2d_2c_3x3` or one of the `Mixed` ones; None for none.
      gating_startat: from which layer on there are gates, as `temporal_conv_startat`.
      final_endpoint: `Conv2d_1a_7x7`, `MaxPool_2a_3x3`, `Conv2d_2b_1x1`, `Conv2d_2c_3x3`,
        `MaxPool_3a_3x3`, `Mixed_3b`, `Mixed_3c`, `MaxPool_4a_3x3`, `Mixed_4b` to `Mixed_4f`,
        `MaxPool_5a_2x2`, `Mixed_5b` or `Mixed_5c`.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      data_format: "NDHWC" or "NCDHW".
      scope: the name of the variable scope.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, `inputs` is of another rank, or an argument is out of
        its range.
      TypeError: `inputs` is not of floating point.
    """
    depth = depth_function(depth_multiplier, min_depth)
    if data_format not in ("NDHWC", "NCDHW"):
        raise ValueError(f"data_format of s3dg_base is 'NDHWC' or 'NCDHW'; got {data_format!r}.")
    if first_temporal_kernel_size not in (1, 3, 5, 7):
        raise ValueError(
            "first_temporal_kernel_size can only be 1, 3, 5 or 7 in s3dg_base; got "
            f"{first_temporal_kernel_size!r}."
        )

    def pool(kernel, stride):
        return row(slim.max_pool3d, kernel, stride=stride)

    gate = functools.partial(self_gating, data_format=data_format)

    def started(start, name):
        return start is not None and _STARTS.index(name) >= _STARTS.index(start)

    for argument, start in (
        ("temporal_conv_startat", temporal_conv_startat),
        ("gating_startat", gating_startat),
    ):
        if start is not None and start not in _STARTS:
            raise ValueError(
                f"{argument} of s3dg_base is None or one of {', '.join(_STARTS)}; got {start!r}."
            )

    def conv2d_2c(net, scope):
        frames = 3 if started(temporal_conv_startat, scope) else 1
        net = conv3d_spatiotemporal(net, depth(192), [frames, 3, 3], scope=scope)
        return gate(net, scope=scope) if started(gating_startat, scope) else net

    def module(*depths):
        def apply(net, scope):
            return inception_block_v1_3d(
                net,
                *map(depth, depths),
                temporal_kernel_size=3 if started(temporal_conv_startat, scope) else 1,
                self_gating_fn=gate if started(gating_startat, scope) else None,
                data_format=data_format,
                scope=scope,
            )

        return apply

    layers = {
        "Conv2d_1a_7x7": row(
            conv3d_spatiotemporal,
            depth(64),
            [first_temporal_kernel_size, 7, 7],
            stride=2,
            separable=False,
        ),
        "MaxPool_2a_3x3": pool([1, 3, 3], [1, 2, 2]),
        "Conv2d_2b_1x1": row(slim.conv3d, depth(64), [1, 1, 1]),
        "Conv2d_2c_3x3": conv2d_2c,
        "MaxPool_3a_3x3": pool([1, 3, 3], [1, 2, 2]),
        "Mixed_3b": module(64, 96, 128, 16, 32, 32),
        "Mixed_3c": module(128, 128, 192, 32, 96, 64),
        "MaxPool_4a_3x3": pool([3, 3, 3], [2, 2, 2]),
        "Mixed_4b": module(192, 96, 208, 16, 48, 64),
        "Mixed_4c": module(160, 112, 224, 24, 64, 64),
        "Mixed_4d": module(128, 128, 256, 24, 64, 64),
        "Mixed_4e": module(112, 144, 288, 32, 64, 64),
        "Mixed_4f": module(256, 160, 320, 32, 128, 128),
        "MaxPool_5a_2x2": pool([2, 2, 2], [2, 2, 2]),
        "Mixed_5b": module(256, 160, 320, 32, 128, 128),
        "Mixed_5c": module(384, 192, 384, 48, 128, 128),
    }
    with (
        slim.scope(scope, "InceptionV1", [inputs]),
        slim.arg_scope([slim.conv3d], weights_initializer=trunc_normal(0.01)),
        slim.arg_scope(
            [slim.conv3d, slim.max_pool3d, conv3d_spatiotemporal],
            stride=1,
            padding="SAME",
            data_format=data_format,
        ),
        slim.arg_scope([slim.batch_norm], data_format=data_format.replace("D", "")),
    ):
        return trunk(check_images(inputs, data_format=data_format), layers, final_endpoint)


@register(
    arg_scope=s3dg_arg_scope,
    image_size=224,
    frames=64,
    preprocessing="inception",
    logits_scopes=["InceptionV1/Logits"],
    paper="Xie et al., Rethinking spatiotemporal feature learning, 2017",
)
def s3dg(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    first_temporal_kernel_size: int = 3,
    temporal_conv_startat: str | None = "Conv2d_2c_3x3",
    gating_startat: str | None = "Conv2d_2c_3x3",
    final_endpoint: str = "Mixed_5c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    dropout_keep_prob: float = 0.8,
    is_training: bool | tf.Tensor = True,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    data_format: str = "NDHWC",
    scope: Scope = "InceptionV1",
) -> NetOutput:
    """S3D-G.

    Args:
      inputs: videos `[batch, frames, height, width, channels]`, or `data_format` says otherwise; of
        up to 224x224 pixels, or larger with `spatial_squeeze=False`. 64 frames are usual; any
        number will do.
      num_classes: the number of classes; 0 or None for features instead of logits.
      first_temporal_kernel_size: see `s3dg_base`, as the next five arguments.
      temporal_conv_startat: from which layer on convolutions see more than one frame.
      gating_startat: from which layer on there are gates.
      final_endpoint: the last layer before the head.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      dropout_keep_prob: the share of features that dropout keeps.
      is_training: whether batch norm and dropout work as in training.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      data_format: "NDHWC" or "NCDHW".
      scope: the name of the variable scope.

    Returns:
      (logits, end_points): `[batch, num_classes]`, or `[batch, height, width, num_classes]` without
      squeezing; and all intermediate outputs by name, in order. Without classes, the features
      `[batch, frames, height, width, 1024]` take the place of the logits.

    Raises:
      ValueError: the videos are of another rank, or too large to be squeezed, or an argument is out
        of its range.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    with (
        slim.scope(scope, "InceptionV1", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        net, end_points = s3dg_base(
            inputs,
            first_temporal_kernel_size=first_temporal_kernel_size,
            temporal_conv_startat=temporal_conv_startat,
            gating_startat=gating_startat,
            final_endpoint=final_endpoint,
            min_depth=min_depth,
            depth_multiplier=depth_multiplier,
            data_format=data_format,
            scope=sc,
        )
        if data_format == "NCDHW":
            net = tf.transpose(net, [0, 2, 3, 4, 1])
        logits = video_logits(
            net,
            end_points,
            num_classes,
            dropout_keep_prob=dropout_keep_prob,
            prediction_fn=prediction_fn,
            spatial_squeeze=spatial_squeeze,
        )
        return logits, end_points
