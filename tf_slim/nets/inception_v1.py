"""Inception v1, also known as GoogLeNet, with batch norm and without its auxiliary heads.

C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke,
A. Rabinovich, "Going deeper with convolutions", arXiv:1409.4842, 2014, table 1. The convolutions
that are 5x5 there are 3x3 here.

`inception_v1` and its arg_scope keep the conventions of contrib.slim, where what the head pools is
no end point; `slim.nets.create` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images, conv, max_pool, mixed, trunk
from tf_slim.nets.dialects import in_contrib
from tf_slim.nets.inception_utils import inception_arg_scope, inception_logits, trunc_normal
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["inception_v1", "inception_v1_arg_scope", "inception_v1_base", "trunc_normal"]

_STRIDE = 32


def inception_v1_arg_scope(
    weight_decay: float = 0.00004,
    use_batch_norm: bool = True,
    batch_norm_var_collection: str | None = "moving_vars",
    *,
    batch_norm_decay: float = 0.9997,
) -> Mapping:
    """The scope that Inception v1 is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      use_batch_norm: whether convolutions have batch norm, or biases.
      batch_norm_var_collection: name of a further collection for the moving averages.
      batch_norm_decay: of the moving averages.

    Returns:
      An arg_scope.
    """
    return inception_arg_scope(
        weight_decay,
        use_batch_norm,
        batch_norm_decay,
        batch_norm_var_collection=batch_norm_var_collection,
    )


def inception_v1_base(
    inputs: TensorLike,
    final_endpoint: str = "Mixed_5c",
    include_root_block: bool = True,
    scope: Scope = "InceptionV1",
) -> NetOutput:
    """Inception v1 up to one of its end points.

    Args:
      inputs: images `[batch, height, width, channels]`; without the root block, a map of features.
      final_endpoint: `Conv2d_1a_7x7`, `MaxPool_2a_3x3`, `Conv2d_2b_1x1`, `Conv2d_2c_3x3`,
        `MaxPool_3a_3x3`, `Mixed_3b`, `Mixed_3c`, `MaxPool_4a_3x3`, `Mixed_4b` to `Mixed_4f`,
        `MaxPool_5a_2x2`, `Mixed_5b` or `Mixed_5c`.
      include_root_block: whether to begin with the layers before `Mixed_3b`.
      scope: the name of the variable scope.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, or `inputs` is of another rank.
      TypeError: `inputs` is not of floating point.
    """

    def module(b0, b1_reduce, b1, b2_reduce, b2, b3, b2_name="Conv2d_0b_3x3"):
        return mixed(
            {"Conv2d_0a_1x1": conv(b0, [1, 1])},
            {"Conv2d_0a_1x1": conv(b1_reduce, [1, 1]), "Conv2d_0b_3x3": conv(b1, [3, 3])},
            {"Conv2d_0a_1x1": conv(b2_reduce, [1, 1]), b2_name: conv(b2, [3, 3])},
            {"MaxPool_0a_3x3": max_pool([3, 3]), "Conv2d_0b_1x1": conv(b3, [1, 1])},
        )

    root = {
        "Conv2d_1a_7x7": conv(64, [7, 7], stride=2),
        "MaxPool_2a_3x3": max_pool([3, 3], stride=2),
        "Conv2d_2b_1x1": conv(64, [1, 1]),
        "Conv2d_2c_3x3": conv(192, [3, 3]),
        "MaxPool_3a_3x3": max_pool([3, 3], stride=2),
    }
    layers = {
        "Mixed_3b": module(64, 96, 128, 16, 32, 32),
        "Mixed_3c": module(128, 128, 192, 32, 96, 64),
        "MaxPool_4a_3x3": max_pool([3, 3], stride=2),
        "Mixed_4b": module(192, 96, 208, 16, 48, 64),
        "Mixed_4c": module(160, 112, 224, 24, 64, 64),
        "Mixed_4d": module(128, 128, 256, 24, 64, 64),
        "Mixed_4e": module(112, 144, 288, 32, 64, 64),
        "Mixed_4f": module(256, 160, 320, 32, 128, 128),
        "MaxPool_5a_2x2": max_pool([2, 2], stride=2),
        # The published checkpoints have the odd name of this one convolution.
        "Mixed_5b": module(256, 160, 320, 32, 128, 128, b2_name="Conv2d_0a_3x3"),
        "Mixed_5c": module(384, 192, 384, 48, 128, 128),
    }
    with (
        slim.scope(scope, "InceptionV1", [inputs]),
        slim.arg_scope([slim.conv2d, slim.fully_connected], weights_initializer=trunc_normal(0.01)),
        slim.arg_scope([slim.conv2d, slim.max_pool2d], stride=1, padding="SAME"),
    ):
        net = check_images(inputs)
        return trunk(net, {**root, **layers} if include_root_block else layers, final_endpoint)


@in_contrib
@register(
    arg_scope=inception_v1_arg_scope,
    image_size=224,
    preprocessing="inception",
    logits_scopes=["InceptionV1/Logits"],
    paper="Szegedy et al., Going deeper with convolutions, 2014",
)
def inception_v1(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.8,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = "InceptionV1",
    global_pool: bool = False,
) -> NetOutput:
    """Inception v1.

    Args:
      inputs: images `[batch, height, width, channels]`, of 193x193 to 224x224 pixels; larger with
        `spatial_squeeze=False`, and any with `global_pool=True`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm and dropout work as in training.
      dropout_keep_prob: the share of features that dropout keeps.
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
      ValueError: the images are of another rank, too small, or too large to be squeezed.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    with (
        slim.scope(scope, "InceptionV1", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        if not global_pool:
            check_images(inputs, 6 * _STRIDE + 1, "pass global_pool=True for images of any size")
        net, end_points = inception_v1_base(inputs, scope=sc)
        logits = inception_logits(
            net,
            end_points,
            num_classes,
            kernel=[7, 7],
            pool_stride=1,
            end_point="AvgPool_0a_7x7",
            layer=0,
            dropout_keep_prob=dropout_keep_prob,
            prediction_fn=prediction_fn,
            spatial_squeeze=spatial_squeeze,
            global_pool=global_pool,
            predictions_inside=True,
        )
        return logits, end_points
