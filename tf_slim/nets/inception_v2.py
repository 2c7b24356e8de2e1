"""Inception v2: batch norm, and two 3x3 convolutions where v1 had one of 5x5.

S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
covariate shift", arXiv:1502.03167, 2015, figure 5.

`inception_v2` and its arg_scope keep the conventions of contrib.slim, where what the head pools is
no end point; `slim.nets.create` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import (
    NetOutput,
    avg_pool,
    check_images,
    conv,
    max_pool,
    mixed,
    reduced_kernel,
    row,
    trunk,
)
from tf_slim.nets.dialects import in_contrib
from tf_slim.nets.inception_utils import (
    depth_function,
    inception_arg_scope,
    inception_logits,
    trunc_normal,
)
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["inception_v2", "inception_v2_arg_scope", "inception_v2_base", "trunc_normal"]


def inception_v2_arg_scope(
    weight_decay: float = 0.00004,
    batch_norm_var_collection: str | None = "moving_vars",
    *,
    batch_norm_decay: float = 0.9997,
) -> Mapping:
    """The scope that Inception v2 is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_var_collection: name of a further collection for the moving averages.
      batch_norm_decay: of the moving averages.

    Returns:
      An arg_scope.
    """
    return inception_arg_scope(
        weight_decay,
        batch_norm_decay=batch_norm_decay,
        batch_norm_var_collection=batch_norm_var_collection,
    )


def inception_v2_base(
    inputs: TensorLike,
    final_endpoint: str = "Mixed_5c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    use_separable_conv: bool = True,
    data_format: str = "NHWC",
    include_root_block: bool = True,
    scope: Scope = None,
) -> NetOutput:
    """Inception v2 up to one of its end points.

    Args:
      inputs: images `[batch, height, width, channels]`, or `[batch, channels, height, width]` if
        `data_format` says so; without the root block, a map of features.
      final_endpoint: `Conv2d_1a_7x7`, `MaxPool_2a_3x3`, `Conv2d_2b_1x1`, `Conv2d_2c_3x3`,
        `MaxPool_3a_3x3`, `Mixed_3b`, `Mixed_3c`, `Mixed_4a` to `Mixed_4e`, or `Mixed_5a` to
        `Mixed_5c`.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      use_separable_conv: whether the first convolution is a separable one, as in the published
        checkpoints; it has biases then, and no batch norm.
      data_format: "NHWC" or "NCHW".
      include_root_block: whether to begin with the layers before `Mixed_3b`.
      scope: the name of the variable scope; by default `InceptionV2`.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, `inputs` is of another rank, `depth_multiplier` is not
        positive, or a separable convolution is to be "NCHW".
      TypeError: `inputs` is not of floating point.
    """
    depth = depth_function(depth_multiplier, min_depth)
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError(
            f"data_format of inception_v2_base is 'NHWC' or 'NCHW'; got {data_format!r}."
        )
    if use_separable_conv and data_format == "NCHW":
        raise ValueError(
            "The separable convolution of inception_v2_base only supports data_format='NHWC'; got "
            "'NCHW'. Pass use_separable_conv=False too, which makes other variables."
        )
    channels = data_format.index("C")
    reduce, project = trunc_normal(0.09), trunc_normal(0.1)

    def module(b0, b1_reduce, b1, b2_reduce, b2, b3, pool=avg_pool):
        pool_name = "AvgPool_0a_3x3" if pool is avg_pool else "MaxPool_0a_3x3"
        return mixed(
            {"Conv2d_0a_1x1": conv(depth(b0), [1, 1])},
            {
                "Conv2d_0a_1x1": conv(depth(b1_reduce), [1, 1], weights_initializer=reduce),
                "Conv2d_0b_3x3": conv(depth(b1), [3, 3]),
            },
            {
                "Conv2d_0a_1x1": conv(depth(b2_reduce), [1, 1], weights_initializer=reduce),
                "Conv2d_0b_3x3": conv(depth(b2), [3, 3]),
                "Conv2d_0c_3x3": conv(depth(b2), [3, 3]),
            },
            {
                pool_name: pool([3, 3]),
                "Conv2d_0b_1x1": conv(depth(b3), [1, 1], weights_initializer=project),
            },
            axis=channels,
        )

    def reduction(b0_reduce, b0, b1_reduce, b1):
        return mixed(
            {
                "Conv2d_0a_1x1": conv(depth(b0_reduce), [1, 1], weights_initializer=reduce),
                "Conv2d_1a_3x3": conv(depth(b0), [3, 3], stride=2),
            },
            {
                "Conv2d_0a_1x1": conv(depth(b1_reduce), [1, 1], weights_initializer=reduce),
                "Conv2d_0b_3x3": conv(depth(b1), [3, 3]),
                "Conv2d_1a_3x3": conv(depth(b1), [3, 3], stride=2),
            },
            {"MaxPool_1a_3x3": max_pool([3, 3], stride=2)},
            axis=channels,
        )

    first = {"stride": 2, "padding": "SAME", "weights_initializer": trunc_normal(1.0)}
    if use_separable_conv:
        multiplier = min(int(depth(64) / 3), 8)
        conv1 = row(slim.separable_conv2d, depth(64), [7, 7], depth_multiplier=multiplier, **first)
    else:
        conv1 = conv(depth(64), [7, 7], **first)
    root = {
        "Conv2d_1a_7x7": conv1,
        "MaxPool_2a_3x3": max_pool([3, 3], stride=2),
        "Conv2d_2b_1x1": conv(depth(64), [1, 1], weights_initializer=project),
        "Conv2d_2c_3x3": conv(depth(192), [3, 3]),
        "MaxPool_3a_3x3": max_pool([3, 3], stride=2),
    }
    layers = {
        "Mixed_3b": module(64, 64, 64, 64, 96, 32),
        "Mixed_3c": module(64, 64, 96, 64, 96, 64),
        "Mixed_4a": reduction(128, 160, 64, 96),
        "Mixed_4b": module(224, 64, 96, 96, 128, 128),
        "Mixed_4c": module(192, 96, 128, 96, 128, 128),
        "Mixed_4d": module(160, 128, 160, 128, 160, 96),
        "Mixed_4e": module(96, 128, 192, 160, 192, 96),
        "Mixed_5a": reduction(128, 192, 192, 256),
        "Mixed_5b": module(352, 192, 320, 160, 224, 128),
        "Mixed_5c": module(352, 192, 320, 192, 224, 128, pool=max_pool),
    }
    with (
        slim.scope(scope, "InceptionV2", [inputs]),
        slim.arg_scope(
            [slim.conv2d, slim.max_pool2d, slim.avg_pool2d],
            stride=1,
            padding="SAME",
            data_format=data_format,
        ),
        slim.arg_scope([slim.batch_norm], data_format=data_format),
    ):
        net = check_images(inputs, data_format=data_format)
        return trunk(net, {**root, **layers} if include_root_block else layers, final_endpoint)


@in_contrib
@register(
    arg_scope=inception_v2_arg_scope,
    image_size=224,
    preprocessing="inception",
    logits_scopes=["InceptionV2/Logits"],
    paper="Ioffe and Szegedy, Batch normalization, 2015",
)
def inception_v2(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = "InceptionV2",
    global_pool: bool = False,
) -> NetOutput:
    """Inception v2.

    Args:
      inputs: images `[batch, height, width, channels]`, of up to 256x256 pixels; larger with
        `spatial_squeeze=False` or `global_pool=True`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm and dropout work as in training.
      dropout_keep_prob: the share of features that dropout keeps.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      global_pool: whether to average over the whole height and width before the logits.

    Returns:
      (logits, end_points): `[batch, num_classes]`, or `[batch, height, width, num_classes]` without
      squeezing; and all intermediate outputs by name, in order. Without classes, the features
      `[batch, height, width, 1024]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or too large to be squeezed, or `depth_multiplier`
        is not positive.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    with (
        slim.scope(scope, "InceptionV2", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        net, end_points = inception_v2_base(
            inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=sc
        )
        logits = inception_logits(
            net,
            end_points,
            num_classes,
            kernel=reduced_kernel(net, [7, 7]),
            pool_stride=2,
            end_point="AvgPool_1a",
            features_end_point="PreLogits",
            dropout_keep_prob=dropout_keep_prob,
            prediction_fn=prediction_fn,
            spatial_squeeze=spatial_squeeze,
            global_pool=global_pool,
        )
        return logits, end_points
