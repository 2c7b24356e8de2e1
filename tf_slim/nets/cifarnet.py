"""CifarNet for small photographs: two normalized convolutions and three fully connected layers.

After A. Krizhevsky's cuda-convnet (2012), as in TensorFlow's first tutorial on CIFAR-10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images, trunc_normal
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["cifarnet", "cifarnet_arg_scope", "trunc_normal"]


def cifarnet_arg_scope(weight_decay: float = 0.004) -> Mapping:
    """The scope that CifarNet is trained in.

    Args:
      weight_decay: the factor of the L2 regularization, of the fully connected layers only.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.conv2d], weights_initializer=trunc_normal(0.05), activation_fn=tf.nn.relu
        ),
        slim.arg_scope(
            [slim.fully_connected],
            biases_initializer=tf.compat.v1.constant_initializer(0.1),
            weights_initializer=trunc_normal(0.04),
            weights_regularizer=slim.l2_regularizer(weight_decay),
            activation_fn=tf.nn.relu,
        ) as scope,
    ):
        return scope


@register(
    arg_scope=cifarnet_arg_scope,
    image_size=32,
    preprocessing="cifarnet",
    logits_scopes=["CifarNet/logits"],
    paper="Krizhevsky, cuda-convnet, 2012",
)
def cifarnet(
    images: TensorLike,
    num_classes: int | None = 10,
    is_training: bool | tf.Tensor = False,
    dropout_keep_prob: float = 0.5,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    scope: Scope = "CifarNet",
    reuse: bool | None = None,
) -> NetOutput:
    """CifarNet.

    Args:
      images: `[batch, height, width, channels]`, of 4x4 pixels and more.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether to drop features.
      dropout_keep_prob: the share of features that dropout keeps.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      scope: the name of the variable scope.
      reuse: whether the variables exist already.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 192]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or too small.
      TypeError: they are not of floating point.

    Examples:
      >>> arg_scope = slim.nets.cifarnet.cifarnet_arg_scope()
      >>> model = slim.Model(slim.nets.cifarnet.cifarnet, arg_scope=arg_scope)
      >>> logits, end_points = model(tf.ones([2, 32, 32, 3]))
      >>> logits.shape, list(end_points)[:5]
      (TensorShape([2, 10]), ['conv1', 'pool1', 'conv2', 'pool2', 'Flatten'])
    """
    end_points = {}
    with slim.scope(scope, "CifarNet", [images], reuse=reuse):
        net = check_images(images, min_size=4)
        net = end_points["conv1"] = slim.conv2d(net, 64, [5, 5], scope="conv1")
        net = end_points["pool1"] = slim.max_pool2d(net, [2, 2], 2, scope="pool1")
        net = _normalize(net, "norm1")
        net = end_points["conv2"] = slim.conv2d(net, 64, [5, 5], scope="conv2")
        net = _normalize(net, "norm2")
        net = end_points["pool2"] = slim.max_pool2d(net, [2, 2], 2, scope="pool2")
        net = end_points["Flatten"] = slim.flatten(net)
        net = end_points["fc3"] = slim.fully_connected(net, 384, scope="fc3")
        net = slim.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout3")
        net = end_points["fc4"] = slim.fully_connected(net, 192, scope="fc4")
        if not num_classes:
            return net, end_points
        logits = end_points["Logits"] = slim.fully_connected(
            net,
            num_classes,
            activation_fn=None,
            biases_initializer=tf.compat.v1.zeros_initializer(),
            weights_initializer=trunc_normal(1 / 192.0),
            weights_regularizer=None,
            scope="logits",
        )
        end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


def _normalize(net, name):
    return tf.nn.local_response_normalization(
        net, depth_radius=4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name=name
    )
