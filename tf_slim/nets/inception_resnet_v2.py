"""Inception-ResNet v2: Inception modules, of which many add to their input what they compute.

C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the impact of
residual connections on learning", arXiv:1602.07261, 2016, figures 15 to 19.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import (
    NetOutput,
    avg_pool,
    branched,
    check_images,
    conv,
    max_pool,
    mixed,
    trunk,
)
from tf_slim.nets.inception_utils import dense_auxiliary_logits, pool_all, smallest_image
from tf_slim.ops.types import Activation, Collections, Scope, TensorLike

__all__ = [
    "block8",
    "block17",
    "block35",
    "inception_resnet_v2",
    "inception_resnet_v2_arg_scope",
    "inception_resnet_v2_base",
]


def block35(
    net: tf.Tensor,
    scale: float = 1.0,
    activation_fn: Activation | None = tf.nn.relu,
    scope: Scope = None,
    reuse: bool | None = None,
) -> tf.Tensor:
    """The residual module of the 35x35 grid.

    Args:
      net: `[batch, height, width, channels]`.
      scale: multiplies what is added to `net`.
      activation_fn: of the sum, or None.
      scope: name of the scope; by default `Block35`, made unique.
      reuse: whether the variables exist already.

    Returns:
      A tensor of the shape of `net`.
    """
    return _residual(
        net,
        scale,
        activation_fn,
        scope,
        "Block35",
        reuse,
        {"Conv2d_1x1": conv(32, 1)},
        {"Conv2d_0a_1x1": conv(32, 1), "Conv2d_0b_3x3": conv(32, 3)},
        {"Conv2d_0a_1x1": conv(32, 1), "Conv2d_0b_3x3": conv(48, 3), "Conv2d_0c_3x3": conv(64, 3)},
    )


def block17(
    net: tf.Tensor,
    scale: float = 1.0,
    activation_fn: Activation | None = tf.nn.relu,
    scope: Scope = None,
    reuse: bool | None = None,
) -> tf.Tensor:
    """The residual module of the 17x17 grid. For the arguments see `block35`."""
    return _residual(
        net,
        scale,
        activation_fn,
        scope,
        "Block17",
        reuse,
        {"Conv2d_1x1": conv(192, 1)},
        {
            "Conv2d_0a_1x1": conv(128, 1),
            "Conv2d_0b_1x7": conv(160, [1, 7]),
            "Conv2d_0c_7x1": conv(192, [7, 1]),
        },
    )


def block8(
    net: tf.Tensor,
    scale: float = 1.0,
    activation_fn: Activation | None = tf.nn.relu,
    scope: Scope = None,
    reuse: bool | None = None,
) -> tf.Tensor:
    """The residual module of the 8x8 grid. For the arguments see `block35`."""
    return _residual(
        net,
        scale,
        activation_fn,
        scope,
        "Block8",
        reuse,
        {"Conv2d_1x1": conv(192, 1)},
        {
            "Conv2d_0a_1x1": conv(192, 1),
            "Conv2d_0b_1x3": conv(224, [1, 3]),
            "Conv2d_0c_3x1": conv(256, [3, 1]),
        },
    )


def _residual(net, scale, activation_fn, scope, default_scope, reuse, *branches):
    def made(net):
        residual = branched(net, *branches)
        residual = slim.conv2d(
            residual,
            slim.utils.last_dimension(net.shape, min_rank=4),
            1,
            normalizer_fn=None,
            activation_fn=None,
            scope="Conv2d_1x1",
        )
        residual *= scale
        if activation_fn is tf.nn.relu6:
            residual = tf.clip_by_value(residual, -6.0, 6.0)
        net += residual
        return activation_fn(net) if activation_fn else net

    with slim.scope(scope, default_scope, [net], reuse=reuse):
        return slim.block(made, net)


def inception_resnet_v2_base(
    inputs: TensorLike,
    final_endpoint: str = "Conv2d_7b_1x1",
    output_stride: int = 16,
    align_feature_maps: bool = False,
    scope: Scope = None,
    activation_fn: Activation | None = tf.nn.relu,
) -> NetOutput:
    """Inception-ResNet v2 up to one of its end points.

    Args:
      inputs: images `[batch, height, width, channels]`, of 75x75 pixels and more; fewer up to
        earlier end points, and of any size with `align_feature_maps`.
      final_endpoint: `Conv2d_1a_3x3`, `Conv2d_2a_3x3`, `Conv2d_2b_3x3`, `MaxPool_3a_3x3`,
        `Conv2d_3b_1x1`, `Conv2d_4a_3x3`, `MaxPool_5a_3x3`, `Mixed_5b`, `Mixed_6a`, `PreAuxLogits`,
        `Mixed_7a` or `Conv2d_7b_1x1`.
      output_stride: 16, or 8 up to `PreAuxLogits`: by how much its map is smaller than the images.
      align_feature_maps: whether all padding is "SAME", so that places in the maps correspond.
      scope: the name of the variable scope; by default `InceptionResnetV2`.
      activation_fn: of the residual modules.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, `output_stride` is another or cannot be had there, or
        the images are of another rank or too small.
      TypeError: they are not of floating point.
    """
    if output_stride not in (8, 16):
        raise ValueError(
            f"output_stride must be 8 or 16 for inception_resnet_v2_base; got {output_stride!r}."
        )
    dilated = output_stride == 8
    if dilated and final_endpoint in ("Mixed_7a", "Conv2d_7b_1x1"):
        raise ValueError(
            "output_stride==8 is only supported up to the end point PreAuxLogits of "
            f"inception_resnet_v2_base; got final_endpoint={final_endpoint!r}."
        )
    padding = "SAME" if align_feature_maps else "VALID"

    def down(depth, stride=2):
        return conv(depth, 3, stride=stride, padding=padding)

    def mixed_6a(net, scope):
        net = slim.repeat(net, 10, block35, scale=0.17, activation_fn=activation_fn)
        stride = 1 if dilated else 2
        return mixed(
            {"Conv2d_1a_3x3": down(384, stride)},
            {
                "Conv2d_0a_1x1": conv(256, 1),
                "Conv2d_0b_3x3": conv(256, 3),
                "Conv2d_1a_3x3": down(384, stride),
            },
            {"MaxPool_1a_3x3": max_pool(3, stride=stride, padding=padding)},
        )(net, scope)

    def pre_aux_logits(net, scope):
        del scope  # the name of an end point only
        with slim.arg_scope([slim.conv2d], rate=2 if dilated else 1):
            return slim.repeat(net, 20, block17, scale=0.10, activation_fn=activation_fn)

    def conv2d_7b_1x1(net, scope):
        net = slim.repeat(net, 9, block8, scale=0.20, activation_fn=activation_fn)
        net = block8(net, activation_fn=None)
        return slim.conv2d(net, 1536, 1, scope=scope)

    layers = {
        "Conv2d_1a_3x3": down(32),
        "Conv2d_2a_3x3": conv(32, 3, padding=padding),
        "Conv2d_2b_3x3": conv(64, 3),
        "MaxPool_3a_3x3": max_pool(3, stride=2, padding=padding),
        "Conv2d_3b_1x1": conv(80, 1, padding=padding),
        "Conv2d_4a_3x3": conv(192, 3, padding=padding),
        "MaxPool_5a_3x3": max_pool(3, stride=2, padding=padding),
        "Mixed_5b": mixed(
            {"Conv2d_1x1": conv(96, 1)},
            {"Conv2d_0a_1x1": conv(48, 1), "Conv2d_0b_5x5": conv(64, 5)},
            {
                "Conv2d_0a_1x1": conv(64, 1),
                "Conv2d_0b_3x3": conv(96, 3),
                "Conv2d_0c_3x3": conv(96, 3),
            },
            {"AvgPool_0a_3x3": avg_pool(3), "Conv2d_0b_1x1": conv(64, 1)},
        ),
        "Mixed_6a": mixed_6a,
        "PreAuxLogits": pre_aux_logits,
        "Mixed_7a": mixed(
            {"Conv2d_0a_1x1": conv(256, 1), "Conv2d_1a_3x3": down(384)},
            {"Conv2d_0a_1x1": conv(256, 1), "Conv2d_1a_3x3": down(288)},
            {
                "Conv2d_0a_1x1": conv(256, 1),
                "Conv2d_0b_3x3": conv(288, 3),
                "Conv2d_1a_3x3": down(320),
            },
            {"MaxPool_1a_3x3": max_pool(3, stride=2, padding=padding)},
        ),
        "Conv2d_7b_1x1": conv2d_7b_1x1,
    }
    with (
        slim.scope(scope, "InceptionResnetV2", [inputs]),
        slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="SAME"),
    ):
        net = check_images(
            inputs,
            1 if align_feature_maps else smallest_image(final_endpoint),
            "pass align_feature_maps=True to the base for images of any size",
        )
        return trunk(net, layers, final_endpoint)


def inception_resnet_v2_arg_scope(
    weight_decay: float = 0.00004,
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    activation_fn: Activation | None = tf.nn.relu,
    batch_norm_updates_collections: Collections = tf.compat.v1.GraphKeys.UPDATE_OPS,
    batch_norm_scale: bool = False,
) -> Mapping:
    """The scope that Inception-ResNet v2 is trained in. Biases are regularized too.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      activation_fn: of the convolutions.
      batch_norm_updates_collections: in a v1 graph, where the updates of the moving averages go.
      batch_norm_scale: whether batch norm has a `gamma`.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            weights_regularizer=slim.l2_regularizer(weight_decay),
            biases_regularizer=slim.l2_regularizer(weight_decay),
        ),
        slim.arg_scope(
            [slim.conv2d],
            activation_fn=activation_fn,
            normalizer_fn=slim.batch_norm,
            normalizer_params={
                "decay": batch_norm_decay,
                "epsilon": batch_norm_epsilon,
                "updates_collections": batch_norm_updates_collections,
                "scale": batch_norm_scale,
            },
        ) as scope,
    ):
        return scope


@register(
    arg_scope=inception_resnet_v2_arg_scope,
    image_size=299,
    preprocessing="inception",
    logits_scopes=["InceptionResnetV2/Logits"],
    auxiliary_scopes=["InceptionResnetV2/AuxLogits"],
    paper="Szegedy et al., Inception-v4, Inception-ResNet, 2016",
)
def inception_resnet_v2(
    inputs: TensorLike,
    num_classes: int | None = 1001,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.8,
    reuse: bool | None = None,
    scope: Scope = "InceptionResnetV2",
    create_aux_logits: bool = True,
    activation_fn: Activation | None = tf.nn.relu,
) -> NetOutput:
    """Inception-ResNet v2.

    Args:
      inputs: images `[batch, height, width, channels]`, of 107x107 pixels and more, or 75x75
        without the auxiliary head, whose variables depend on the size.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm and dropout work as in training.
      dropout_keep_prob: the share of features that dropout keeps.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      create_aux_logits: whether there is the end point `AuxLogits`, a second head on
        `PreAuxLogits`. Its loss, with a weight of 0.4, helps training.
      activation_fn: of the residual modules.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 1, 1, 1536]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or too small.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    create_aux_logits = create_aux_logits and bool(num_classes)
    with (
        slim.scope(scope, "InceptionResnetV2", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        if create_aux_logits:
            check_images(inputs, 107, "pass create_aux_logits=False for 75x75 and more")
        net, end_points = inception_resnet_v2_base(inputs, scope=sc, activation_fn=activation_fn)
        if create_aux_logits:
            with slim.scope("AuxLogits"):
                end_points["AuxLogits"] = dense_auxiliary_logits(
                    end_points["PreAuxLogits"],
                    num_classes,
                    ("Conv2d_1a_3x3", "Conv2d_1b_1x1", "Conv2d_2a_5x5", "Logits"),
                )
        with slim.scope("Logits"):
            net = end_points["global_pool"] = pool_all(net, "AvgPool_1a_8x8")
            if not num_classes:
                return net, end_points
            net = slim.flatten(net)
            net = slim.dropout(net, dropout_keep_prob, scope="Dropout")
            end_points["PreLogitsFlatten"] = net
            logits = slim.fully_connected(net, num_classes, activation_fn=None, scope="Logits")
            end_points["Logits"] = logits
            end_points["Predictions"] = tf.nn.softmax(logits, name="Predictions")
        return logits, end_points
