"""Inception v3: convolutions taken apart into 1x7 and 7x1, and an auxiliary head.

C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for
computer vision", arXiv:1512.00567, 2015, table 1.

`inception_v3` and its arg_scope keep the conventions of contrib.slim, where what the head pools is
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
    fork,
    logits_of,
    max_pool,
    mixed,
    reduced_kernel,
    squeeze,
    trunk,
)
from tf_slim.nets.dialects import in_contrib
from tf_slim.nets.inception_utils import (
    depth_function,
    inception_arg_scope,
    inception_logits,
    smallest_image,
    trunc_normal,
)
from tf_slim.ops.types import Collections, Scope, TensorLike

__all__ = ["inception_v3", "inception_v3_arg_scope", "inception_v3_base", "trunc_normal"]


def inception_v3_arg_scope(
    weight_decay: float = 0.00004,
    batch_norm_var_collection: str | None = "moving_vars",
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    updates_collections: Collections = tf.compat.v1.GraphKeys.UPDATE_OPS,
    use_fused_batchnorm: bool | None = True,
) -> Mapping:
    """The scope that Inception v3 is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_var_collection: name of a further collection for the moving averages.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      updates_collections: in a v1 graph, where the updates of the moving averages go.
      use_fused_batchnorm: see `fused` of `slim.batch_norm`.

    Returns:
      An arg_scope.
    """
    return inception_arg_scope(
        weight_decay,
        batch_norm_decay=batch_norm_decay,
        batch_norm_epsilon=batch_norm_epsilon,
        batch_norm_updates_collections=updates_collections,
        batch_norm_var_collection=batch_norm_var_collection,
        use_fused_batchnorm=use_fused_batchnorm,
    )


def inception_v3_base(
    inputs: TensorLike,
    final_endpoint: str = "Mixed_7c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    scope: Scope = None,
) -> NetOutput:
    """Inception v3 up to one of its end points.

    Args:
      inputs: images `[batch, height, width, channels]`, of 75x75 pixels and more; fewer up to
        earlier end points.
      final_endpoint: `Conv2d_1a_3x3`, `Conv2d_2a_3x3`, `Conv2d_2b_3x3`, `MaxPool_3a_3x3`,
        `Conv2d_3b_1x1`, `Conv2d_4a_3x3`, `MaxPool_5a_3x3`, `Mixed_5b` to `Mixed_5d`, `Mixed_6a` to
        `Mixed_6e`, or `Mixed_7a` to `Mixed_7c`.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      scope: the name of the variable scope; by default `InceptionV3`.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, the images are of another rank or too small, or
        `depth_multiplier` is not positive.
      TypeError: they are not of floating point.
    """
    depth = depth_function(depth_multiplier, min_depth)

    def same(channels, kernel, **kwargs):
        return conv(depth(channels), kernel, **{"padding": "SAME", **kwargs})

    def valid(channels, kernel, **kwargs):
        return conv(depth(channels), kernel, padding="VALID", **kwargs)

    pool = avg_pool([3, 3], padding="SAME")

    # The names of the published checkpoints are not all regular.
    def module_5(b3, b1_names=("Conv2d_0a_1x1", "Conv2d_0b_5x5")):
        return mixed(
            {"Conv2d_0a_1x1": same(64, [1, 1])},
            {b1_names[0]: same(48, [1, 1]), b1_names[1]: same(64, [5, 5])},
            {
                "Conv2d_0a_1x1": same(64, [1, 1]),
                "Conv2d_0b_3x3": same(96, [3, 3]),
                "Conv2d_0c_3x3": same(96, [3, 3]),
            },
            {"AvgPool_0a_3x3": pool, "Conv2d_0b_1x1": same(b3, [1, 1])},
        )

    def module_6(inner):
        return mixed(
            {"Conv2d_0a_1x1": same(192, [1, 1])},
            {
                "Conv2d_0a_1x1": same(inner, [1, 1]),
                "Conv2d_0b_1x7": same(inner, [1, 7]),
                "Conv2d_0c_7x1": same(192, [7, 1]),
            },
            {
                "Conv2d_0a_1x1": same(inner, [1, 1]),
                "Conv2d_0b_7x1": same(inner, [7, 1]),
                "Conv2d_0c_1x7": same(inner, [1, 7]),
                "Conv2d_0d_7x1": same(inner, [7, 1]),
                "Conv2d_0e_1x7": same(192, [1, 7]),
            },
            {"AvgPool_0a_3x3": pool, "Conv2d_0b_1x1": same(192, [1, 1])},
        )

    def module_7(b1_name):
        return mixed(
            {"Conv2d_0a_1x1": same(320, [1, 1])},
            {
                "Conv2d_0a_1x1": same(384, [1, 1]),
                "concat": fork({"Conv2d_0b_1x3": same(384, [1, 3]), b1_name: same(384, [3, 1])}),
            },
            {
                "Conv2d_0a_1x1": same(448, [1, 1]),
                "Conv2d_0b_3x3": same(384, [3, 3]),
                "concat": fork(
                    {"Conv2d_0c_1x3": same(384, [1, 3]), "Conv2d_0d_3x1": same(384, [3, 1])}
                ),
            },
            {"AvgPool_0a_3x3": pool, "Conv2d_0b_1x1": same(192, [1, 1])},
        )

    layers = {
        "Conv2d_1a_3x3": valid(32, [3, 3], stride=2),
        "Conv2d_2a_3x3": valid(32, [3, 3]),
        "Conv2d_2b_3x3": same(64, [3, 3]),
        "MaxPool_3a_3x3": max_pool([3, 3], stride=2),
        "Conv2d_3b_1x1": valid(80, [1, 1]),
        "Conv2d_4a_3x3": valid(192, [3, 3]),
        "MaxPool_5a_3x3": max_pool([3, 3], stride=2),
        "Mixed_5b": module_5(32),
        "Mixed_5c": module_5(64, b1_names=("Conv2d_0b_1x1", "Conv_1_0c_5x5")),
        "Mixed_5d": module_5(64),
        "Mixed_6a": mixed(
            {"Conv2d_1a_1x1": valid(384, [3, 3], stride=2)},
            {
                "Conv2d_0a_1x1": same(64, [1, 1]),
                "Conv2d_0b_3x3": same(96, [3, 3]),
                "Conv2d_1a_1x1": valid(96, [3, 3], stride=2),
            },
            {"MaxPool_1a_3x3": max_pool([3, 3], stride=2)},
        ),
        "Mixed_6b": module_6(128),
        "Mixed_6c": module_6(160),
        "Mixed_6d": module_6(160),
        "Mixed_6e": module_6(192),
        "Mixed_7a": mixed(
            {
                "Conv2d_0a_1x1": same(192, [1, 1]),
                "Conv2d_1a_3x3": valid(320, [3, 3], stride=2),
            },
            {
                "Conv2d_0a_1x1": same(192, [1, 1]),
                "Conv2d_0b_1x7": same(192, [1, 7]),
                "Conv2d_0c_7x1": same(192, [7, 1]),
                "Conv2d_1a_3x3": valid(192, [3, 3], stride=2),
            },
            {"MaxPool_1a_3x3": max_pool([3, 3], stride=2)},
        ),
        "Mixed_7b": module_7("Conv2d_0b_3x1"),
        "Mixed_7c": module_7("Conv2d_0c_3x1"),
    }
    with (
        slim.scope(scope, "InceptionV3", [inputs]),
        slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="VALID"),
    ):
        return trunk(check_images(inputs, smallest_image(final_endpoint)), layers, final_endpoint)


@in_contrib
@register(
    arg_scope=inception_v3_arg_scope,
    image_size=299,
    preprocessing="inception",
    logits_scopes=["InceptionV3/Logits"],
    auxiliary_scopes=["InceptionV3/AuxLogits"],
    paper="Szegedy et al., Rethinking the Inception architecture for computer vision, 2015",
)
def inception_v3(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    create_aux_logits: bool = True,
    scope: Scope = "InceptionV3",
    global_pool: bool = False,
) -> NetOutput:
    """Inception v3.

    Args:
      inputs: images `[batch, height, width, channels]`, of 107x107 pixels and more, or 75x75
        without the auxiliary head; from 331 on with `spatial_squeeze=False` or `global_pool=True`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm and dropout work as in training.
      dropout_keep_prob: the share of features that dropout keeps.
      min_depth: the least number of channels of a layer.
      depth_multiplier: multiplies the numbers of channels.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      create_aux_logits: whether there is the end point `AuxLogits`, a second head on `Mixed_6e`.
        Its loss, with a weight of 0.4, helps training.
      scope: the name of the variable scope.
      global_pool: whether to average over the whole height and width before the logits.

    Returns:
      (logits, end_points): `[batch, num_classes]`, or `[batch, height, width, num_classes]` without
      squeezing; and all intermediate outputs by name, in order. Without classes, the features
      `[batch, height, width, 2048]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, too small, or too large to be squeezed, or
        `depth_multiplier` is not positive.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    depth = depth_function(depth_multiplier, min_depth)
    create_aux_logits = create_aux_logits and bool(num_classes)
    with (
        slim.scope(scope, "InceptionV3", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        if create_aux_logits:
            check_images(inputs, 107, "pass create_aux_logits=False for 75x75 and more")
        net, end_points = inception_v3_base(
            inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=sc
        )
        if create_aux_logits:
            end_points["AuxLogits"] = _auxiliary_logits(
                end_points["Mixed_6e"], num_classes, depth, spatial_squeeze
            )
        logits = inception_logits(
            net,
            end_points,
            num_classes,
            kernel=reduced_kernel(net, [8, 8]),
            pool_stride=2,
            end_point="AvgPool_1a",
            features_end_point="PreLogits",
            dropout_keep_prob=dropout_keep_prob,
            prediction_fn=prediction_fn,
            spatial_squeeze=spatial_squeeze,
            global_pool=global_pool,
        )
        return logits, end_points


def _auxiliary_logits(net, num_classes, depth, spatial_squeeze):
    with slim.scope("AuxLogits"):
        net = slim.avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
        net = slim.conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
        kernel = reduced_kernel(net, [5, 5])
        net = slim.conv2d(
            net,
            depth(768),
            kernel,
            padding="VALID",
            weights_initializer=trunc_normal(0.01),
            scope=f"Conv2d_2a_{kernel[0]}x{kernel[1]}",
        )
        net = logits_of(net, num_classes, "Conv2d_2b_1x1", weights_initializer=trunc_normal(0.001))
        if spatial_squeeze:
            net = squeeze(net, "SpatialSqueeze", remedy="Pass create_aux_logits=False")
        return net
