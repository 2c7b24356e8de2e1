"""I3D: Inception v1 for videos, whose filters also see time.

J. Carreira, A. Zisserman, "Quo vadis, action recognition? A new model and the Kinetics dataset",
arXiv:1705.07750, 2017, figure 3. Variables are in a scope called InceptionV1, as in the image net.
"""

from __future__ import annotations

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
from tf_slim.nets.inception_utils import trunc_normal
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["conv3d_spatiotemporal", "i3d", "i3d_arg_scope", "i3d_base", "trunc_normal"]


def i3d_arg_scope(
    weight_decay: float = 1e-7,
    batch_norm_decay: float = 0.999,
    batch_norm_epsilon: float = 0.001,
    use_renorm: bool = False,
    separable_conv3d: bool = False,
) -> Mapping:
    """The scope that I3D is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      use_renorm: whether to do batch renormalization.
      separable_conv3d: whether convolutions over time and space are taken apart.

    Returns:
      An arg_scope.
    """
    return video_arg_scope(
        weight_decay, batch_norm_decay, batch_norm_epsilon, separable_conv3d, renorm=use_renorm
    )


def i3d_base(
    inputs: TensorLike, final_endpoint: str = "Mixed_5c", scope: Scope = "InceptionV1"
) -> NetOutput:
    """I3D up to one of its end points.

    Args:
      inputs: videos `[batch, frames, height, width, channels]`.
      final_endpoint: `Conv2d_1a_7x7`, `MaxPool_2a_3x3`, `Conv2d_2b_1x1`, `Conv2d_2c_3x3`,
        `MaxPool_3a_3x3`, `Mixed_3b`, `Mixed_3c`, `MaxPool_4a_3x3`, `Mixed_4b` to `Mixed_4f`,
        `MaxPool_5a_2x2`, `Mixed_5b` or `Mixed_5c`.
      scope: the name of the variable scope.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, or `inputs` is of another rank.
      TypeError: `inputs` is not of floating point.
    """

    def pool(kernel, stride):
        return row(slim.max_pool3d, kernel, stride=stride)

    def module(*depths):
        return row(inception_block_v1_3d, *depths)

    layers = {
        "Conv2d_1a_7x7": row(conv3d_spatiotemporal, 64, [7, 7, 7], stride=2, separable=False),
        "MaxPool_2a_3x3": pool([1, 3, 3], [1, 2, 2]),
        "Conv2d_2b_1x1": row(slim.conv3d, 64, [1, 1, 1]),
        "Conv2d_2c_3x3": row(conv3d_spatiotemporal, 192, [3, 3, 3]),
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
            [slim.conv3d, slim.max_pool3d, conv3d_spatiotemporal], stride=1, padding="SAME"
        ),
    ):
        return trunk(check_images(inputs, data_format="NDHWC"), layers, final_endpoint)


@register(
    arg_scope=i3d_arg_scope,
    image_size=224,
    frames=64,
    preprocessing="inception",
    logits_scopes=["InceptionV1/Logits"],
    paper="Carreira and Zisserman, Quo vadis, action recognition?, 2017",
)
def i3d(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    dropout_keep_prob: float = 0.8,
    is_training: bool | tf.Tensor = True,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = "InceptionV1",
) -> NetOutput:
    """I3D.

    Args:
      inputs: videos `[batch, frames, height, width, channels]`, of up to 224x224 pixels, or larger
        with `spatial_squeeze=False`. 64 frames are usual; any number will do.
      num_classes: the number of classes; 0 or None for features instead of logits.
      dropout_keep_prob: the share of features that dropout keeps.
      is_training: whether batch norm and dropout work as in training.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.

    Returns:
      (logits, end_points): `[batch, num_classes]`, or `[batch, height, width, num_classes]` without
      squeezing; and all intermediate outputs by name, in order. Without classes, the features
      `[batch, frames, height, width, 1024]` take the place of the logits.

    Raises:
      ValueError: the videos are of another rank, or too large to be squeezed.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    with (
        slim.scope(scope, "InceptionV1", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        net, end_points = i3d_base(inputs, scope=sc)
        logits = video_logits(
            net,
            end_points,
            num_classes,
            dropout_keep_prob=dropout_keep_prob,
            prediction_fn=prediction_fn,
            spatial_squeeze=spatial_squeeze,
        )
        return logits, end_points
