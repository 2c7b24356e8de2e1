"""LeNet for handwritten digits: two convolutions and two fully connected layers.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE, 1998. As in most later programs there are more channels
than in the paper, ReLU, max pooling and dropout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["lenet", "lenet_arg_scope"]


def lenet_arg_scope(weight_decay: float = 0.0) -> Mapping:
    """The scope that LeNet is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.

    Returns:
      An arg_scope.
    """
    with slim.arg_scope(
        [slim.conv2d, slim.fully_connected],
        weights_regularizer=slim.l2_regularizer(weight_decay),
        weights_initializer=tf.compat.v1.truncated_normal_initializer(stddev=0.1),
        activation_fn=tf.nn.relu,
    ) as scope:
        return scope


@register(
    arg_scope=lenet_arg_scope,
    image_size=28,
    channels=1,
    preprocessing="lenet",
    logits_scopes=["LeNet/fc4"],
    paper="LeCun et al., Gradient-based learning applied to document recognition, 1998",
)
def lenet(
    images: TensorLike,
    num_classes: int | None = 10,
    is_training: bool | tf.Tensor = False,
    dropout_keep_prob: float = 0.5,
    prediction_fn: Callable[..., tf.Tensor] = softmax,
    scope: Scope = "LeNet",
    reuse: bool | None = None,
) -> NetOutput:
    """LeNet.

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
      Without classes, the features `[batch, 1024]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or too small.
      TypeError: they are not of floating point.

    Examples:
      >>> model = slim.Model(slim.nets.lenet.lenet, arg_scope=slim.nets.lenet.lenet_arg_scope())
      >>> logits, end_points = model(tf.ones([2, 28, 28, 1]))
      >>> logits.shape, list(end_points)[:5]
      (TensorShape([2, 10]), ['conv1', 'pool1', 'conv2', 'pool2', 'Flatten'])
    """
    end_points = {}
    with slim.scope(scope, "LeNet", [images], reuse=reuse):
        net = check_images(images, min_size=4)
        net = end_points["conv1"] = slim.conv2d(net, 32, [5, 5], scope="conv1")
        net = end_points["pool1"] = slim.max_pool2d(net, [2, 2], 2, scope="pool1")
        net = end_points["conv2"] = slim.conv2d(net, 64, [5, 5], scope="conv2")
        net = end_points["pool2"] = slim.max_pool2d(net, [2, 2], 2, scope="pool2")
        net = end_points["Flatten"] = slim.flatten(net)
        net = end_points["fc3"] = slim.fully_connected(net, 1024, scope="fc3")
        if not num_classes:
            return net, end_points
        net = end_points["dropout3"] = slim.dropout(
            net, dropout_keep_prob, is_training=is_training, scope="dropout3"
        )
        logits = end_points["Logits"] = slim.fully_connected(
            net, num_classes, activation_fn=None, scope="fc4"
        )
    # Outside the scope of the net: frozen graphs know the operation `Predictions/Reshape_1`.
    end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points
