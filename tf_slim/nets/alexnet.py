"""AlexNet v2: five convolutions and three fully connected layers, these as convolutions too.

A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
arXiv:1404.5997, 2014. Unlike the first AlexNet of 2012 it has one tower and no local response
normalization.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images, convolutional_logits, trunc_normal
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope", "trunc_normal"]


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> Mapping:
    """The scope that AlexNet is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            activation_fn=tf.nn.relu,
            biases_initializer=tf.compat.v1.constant_initializer(0.1),
            weights_regularizer=slim.l2_regularizer(weight_decay),
        ),
        slim.arg_scope([slim.conv2d], padding="SAME"),
        slim.arg_scope([slim.max_pool2d], padding="VALID") as scope,
    ):
        return scope


@register(
    arg_scope=alexnet_v2_arg_scope,
    image_size=224,
    preprocessing="vgg",
    logits_scopes=["alexnet_v2/fc8"],
    paper="Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014",
)
def alexnet_v2(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Scope = "alexnet_v2",
    global_pool: bool = False,
    reuse: bool | None = None,
) -> NetOutput:
    """AlexNet v2.

    Args:
      inputs: images `[batch, height, width, channels]`, of 195x195 pixels and more; from 227 on
        with `global_pool=True` or `spatial_squeeze=False`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether to drop features.
      dropout_keep_prob: the share of features that dropout keeps.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      scope: the name of the variable scope.
      global_pool: whether to average over height and width before the logits.
      reuse: whether the variables exist already.

    Returns:
      (logits, end_points): `[batch, num_classes]`, or `[batch, height, width, num_classes]` without
      squeezing; and all intermediate outputs by name, in order. Without classes, the features
      `[batch, height, width, 4096]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or too small, or too large to be squeezed.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    with slim.scope(scope, "alexnet_v2", [inputs], reuse=reuse) as sc:
        end_points_collection = sc.original_name_scope + "_end_points"
        with slim.arg_scope(
            [slim.conv2d, slim.fully_connected, slim.max_pool2d],
            outputs_collections=[end_points_collection],
        ):
            net = check_images(inputs, min_size=195)
            net = slim.conv2d(net, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = slim.max_pool2d(net, [3, 3], 2, scope="pool1")
            net = slim.conv2d(net, 192, [5, 5], scope="conv2")
            net = slim.max_pool2d(net, [3, 3], 2, scope="pool2")
            net = slim.conv2d(net, 384, [3, 3], scope="conv3")
            net = slim.conv2d(net, 384, [3, 3], scope="conv4")
            net = slim.conv2d(net, 256, [3, 3], scope="conv5")
            net = slim.max_pool2d(net, [3, 3], 2, scope="pool5")
            with slim.arg_scope(
                [slim.conv2d],
                weights_initializer=trunc_normal(0.005),
                biases_initializer=tf.compat.v1.constant_initializer(0.1),
            ):
                net = slim.conv2d(net, 4096, [5, 5], padding="VALID", scope="fc6")
                net = slim.dropout(
                    net, dropout_keep_prob, is_training=is_training, scope="dropout6"
                )
                net = slim.conv2d(net, 4096, [1, 1], scope="fc7")
                return convolutional_logits(
                    net,
                    num_classes,
                    end_points_collection,
                    is_training=is_training,
                    dropout_keep_prob=dropout_keep_prob,
                    spatial_squeeze=spatial_squeeze,
                    global_pool=global_pool,
                    biases_initializer=tf.compat.v1.zeros_initializer(),
                )
