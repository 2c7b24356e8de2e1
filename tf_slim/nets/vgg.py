"""VGG: blocks of 3x3 convolutions, and three fully connected layers as convolutions.

K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition",
arXiv:1409.1556, 2014. Columns A, D and E of its table 1.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images, convolutional_logits
from tf_slim.nets.dialects import Call, adapted
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope", "vgg_d", "vgg_e"]

_DEPTHS = (64, 128, 256, 512, 512)


def vgg_arg_scope(weight_decay: float = 0.0005) -> Mapping:
    """The scope that VGG is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            activation_fn=tf.nn.relu,
            weights_regularizer=slim.l2_regularizer(weight_decay),
            biases_initializer=tf.compat.v1.zeros_initializer(),
        ),
        slim.arg_scope([slim.conv2d], padding="SAME") as scope,
    ):
        return scope


def _vgg(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Scope = None,
    fc_conv_padding: str = "VALID",
    global_pool: bool = False,
    reuse: bool | None = None,
    *,
    name: str = "vgg_16",
    convolutions: Sequence[int] = (2, 2, 3, 3, 3),
) -> NetOutput:
    """Five blocks of convolutions, of which `convolutions` says how many each has.

    Args:
      inputs: images `[batch, height, width, channels]`, of 224x224 pixels and more; from 256 on
        with `global_pool=True` or `spatial_squeeze=False`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether to drop features.
      dropout_keep_prob: the share of features that dropout keeps.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      scope: the name of the variable scope.
      fc_conv_padding: the padding of the 7x7 convolution `fc6`. "SAME" keeps the size of the map,
        takes images of 32x32 pixels and more, and suits dense prediction.
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
    with slim.scope(scope, name, [inputs], reuse=reuse) as sc:
        end_points_collection = sc.original_name_scope + "_end_points"
        with slim.arg_scope(
            [slim.conv2d, slim.fully_connected, slim.max_pool2d],
            outputs_collections=[end_points_collection],
        ):
            if fc_conv_padding == "VALID":
                net = check_images(
                    inputs, min_size=224, remedy="pass fc_conv_padding='SAME' for 32x32 and more"
                )
            else:
                net = check_images(inputs, min_size=32)
            for block, (repetitions, depth) in enumerate(zip(convolutions, _DEPTHS), start=1):
                made = functools.partial(_block, repetitions=repetitions, depth=depth, number=block)
                net = slim.block(made, net, name=f"block{block}")
            net = slim.conv2d(net, 4096, [7, 7], padding=fc_conv_padding, scope="fc6")
            net = slim.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
            net = slim.conv2d(net, 4096, [1, 1], scope="fc7")
            return convolutional_logits(
                net,
                num_classes,
                end_points_collection,
                is_training=is_training,
                dropout_keep_prob=dropout_keep_prob,
                spatial_squeeze=spatial_squeeze,
                global_pool=global_pool,
            )


def _block(net, repetitions, depth, number):
    net = slim.repeat(net, repetitions, slim.conv2d, depth, [3, 3], scope=f"conv{number}")
    return slim.max_pool2d(net, [2, 2], scope=f"pool{number}")


def _named(name, summary, convolutions):
    call = Call(defaults={"scope": name}, fixed={"name": name, "convolutions": convolutions})
    net = adapted(_vgg, call, name=name, summary=summary)
    return register(
        arg_scope=vgg_arg_scope,
        image_size=224,
        preprocessing="vgg",
        logits_scopes=[f"{name}/fc8"],
        paper="Simonyan and Zisserman, Very deep convolutional networks, 2014",
    )(net)


vgg_a = _named("vgg_a", "VGG with 11 layers with weights, column A.", (1, 1, 2, 2, 2))
vgg_16 = _named("vgg_16", "VGG with 16 layers with weights, column D.", (2, 2, 3, 3, 3))
vgg_19 = _named("vgg_19", "VGG with 19 layers with weights, column E.", (2, 2, 4, 4, 4))

vgg_d = vgg_16
vgg_e = vgg_19
