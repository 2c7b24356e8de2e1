"""Inception v4: more and more uniform Inception modules, and an auxiliary head.

C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the impact of
residual connections on learning", arXiv:1602.07261, 2016, figures 3 to 9.
"""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import (
    NetOutput,
    avg_pool,
    branched,
    check_images,
    conv,
    fork,
    max_pool,
    mixed,
    row,
    trunk,
)
from tf_slim.nets.inception_utils import (
    dense_auxiliary_logits,
    inception_arg_scope,
    pool_all,
    smallest_image,
)
from tf_slim.ops.types import Scope, TensorLike

__all__ = [
    "block_inception_a",
    "block_inception_b",
    "block_inception_c",
    "block_reduction_a",
    "block_reduction_b",
    "inception_v4",
    "inception_v4_arg_scope",
    "inception_v4_base",
]

inception_v4_arg_scope = inception_arg_scope


def block_inception_a(
    inputs: tf.Tensor, scope: Scope = None, reuse: bool | None = None
) -> tf.Tensor:
    """The module of the 35x35 grid.

    Args:
      inputs: `[batch, height, width, channels]`.
      scope: name of the scope; by default `BlockInceptionA`, made unique.
      reuse: whether the variables exist already.

    Returns:
      `[batch, height, width, 384]`.
    """
    return _block(
        inputs,
        scope,
        "BlockInceptionA",
        reuse,
        {"Conv2d_0a_1x1": conv(96, [1, 1])},
        {"Conv2d_0a_1x1": conv(64, [1, 1]), "Conv2d_0b_3x3": conv(96, [3, 3])},
        {
            "Conv2d_0a_1x1": conv(64, [1, 1]),
            "Conv2d_0b_3x3": conv(96, [3, 3]),
            "Conv2d_0c_3x3": conv(96, [3, 3]),
        },
        {"AvgPool_0a_3x3": avg_pool([3, 3]), "Conv2d_0b_1x1": conv(96, [1, 1])},
    )


def block_reduction_a(
    inputs: tf.Tensor, scope: Scope = None, reuse: bool | None = None
) -> tf.Tensor:
    """The module from the 35x35 to the 17x17 grid.

    Args and return value: see `block_inception_a`; the scope is `BlockReductionA`, and 640 channels
    are added to those of `inputs`.
    """
    return _block(
        inputs,
        scope,
        "BlockReductionA",
        reuse,
        {"Conv2d_1a_3x3": conv(384, [3, 3], stride=2, padding="VALID")},
        {
            "Conv2d_0a_1x1": conv(192, [1, 1]),
            "Conv2d_0b_3x3": conv(224, [3, 3]),
            "Conv2d_1a_3x3": conv(256, [3, 3], stride=2, padding="VALID"),
        },
        {"MaxPool_1a_3x3": max_pool([3, 3], stride=2, padding="VALID")},
    )


def block_inception_b(
    inputs: tf.Tensor, scope: Scope = None, reuse: bool | None = None
) -> tf.Tensor:
    """The module of the 17x17 grid.

    Args and return value: see `block_inception_a`; the scope is `BlockInceptionB`, and there are
    1024 channels.
    """
    return _block(
        inputs,
        scope,
        "BlockInceptionB",
        reuse,
        {"Conv2d_0a_1x1": conv(384, [1, 1])},
        {
            "Conv2d_0a_1x1": conv(192, [1, 1]),
            "Conv2d_0b_1x7": conv(224, [1, 7]),
            "Conv2d_0c_7x1": conv(256, [7, 1]),
        },
        {
            "Conv2d_0a_1x1": conv(192, [1, 1]),
            "Conv2d_0b_7x1": conv(192, [7, 1]),
            "Conv2d_0c_1x7": conv(224, [1, 7]),
            "Conv2d_0d_7x1": conv(224, [7, 1]),
            "Conv2d_0e_1x7": conv(256, [1, 7]),
        },
        {"AvgPool_0a_3x3": avg_pool([3, 3]), "Conv2d_0b_1x1": conv(128, [1, 1])},
    )


def block_reduction_b(
    inputs: tf.Tensor, scope: Scope = None, reuse: bool | None = None
) -> tf.Tensor:
    """The module from the 17x17 to the 8x8 grid.

    Args and return value: see `block_inception_a`; the scope is `BlockReductionB`, and 512 channels
    are added to those of `inputs`.
    """
    return _block(
        inputs,
        scope,
        "BlockReductionB",
        reuse,
        {
            "Conv2d_0a_1x1": conv(192, [1, 1]),
            "Conv2d_1a_3x3": conv(192, [3, 3], stride=2, padding="VALID"),
        },
        {
            "Conv2d_0a_1x1": conv(256, [1, 1]),
            "Conv2d_0b_1x7": conv(256, [1, 7]),
            "Conv2d_0c_7x1": conv(320, [7, 1]),
            "Conv2d_1a_3x3": conv(320, [3, 3], stride=2, padding="VALID"),
        },
        {"MaxPool_1a_3x3": max_pool([3, 3], stride=2, padding="VALID")},
    )


def block_inception_c(
    inputs: tf.Tensor, scope: Scope = None, reuse: bool | None = None
) -> tf.Tensor:
    """The module of the 8x8 grid.

    Args and return value: see `block_inception_a`; the scope is `BlockInceptionC`, and there are
    1536 channels.
    """
    return _block(
        inputs,
        scope,
        "BlockInceptionC",
        reuse,
        {"Conv2d_0a_1x1": conv(256, [1, 1])},
        {
            "Conv2d_0a_1x1": conv(384, [1, 1]),
            "concat": fork(
                {"Conv2d_0b_1x3": conv(256, [1, 3]), "Conv2d_0c_3x1": conv(256, [3, 1])}
            ),
        },
        {
            "Conv2d_0a_1x1": conv(384, [1, 1]),
            "Conv2d_0b_3x1": conv(448, [3, 1]),
            "Conv2d_0c_1x3": conv(512, [1, 3]),
            "concat": fork(
                {"Conv2d_0d_1x3": conv(256, [1, 3]), "Conv2d_0e_3x1": conv(256, [3, 1])}
            ),
        },
        {"AvgPool_0a_3x3": avg_pool([3, 3]), "Conv2d_0b_1x1": conv(256, [1, 1])},
    )


def _block(inputs, scope, default_scope, reuse, *branches):
    with (
        slim.arg_scope([slim.conv2d, slim.avg_pool2d, slim.max_pool2d], stride=1, padding="SAME"),
        slim.scope(scope, default_scope, [inputs], reuse=reuse),
    ):
        return branched(inputs, *branches)


def inception_v4_base(
    inputs: TensorLike, final_endpoint: str = "Mixed_7d", scope: Scope = None
) -> NetOutput:
    """Inception v4 up to one of its end points.

    Args:
      inputs: images `[batch, height, width, channels]`, of 75x75 pixels and more; fewer up to
        earlier end points.
      final_endpoint: `Conv2d_1a_3x3`, `Conv2d_2a_3x3`, `Conv2d_2b_3x3`, `Mixed_3a`, `Mixed_4a`,
        `Mixed_5a` to `Mixed_5e`, `Mixed_6a` to `Mixed_6h`, or `Mixed_7a` to `Mixed_7d`.
      scope: the name of the variable scope; by default `InceptionV4`.

    Returns:
      (net, end_points): the output of the final end point, and all outputs by name, in order.

    Raises:
      ValueError: there is no such end point, or the images are of another rank or too small.
      TypeError: they are not of floating point.
    """
    layers = {
        "Conv2d_1a_3x3": conv(32, [3, 3], stride=2, padding="VALID"),
        "Conv2d_2a_3x3": conv(32, [3, 3], padding="VALID"),
        "Conv2d_2b_3x3": conv(64, [3, 3]),
        "Mixed_3a": mixed(
            {"MaxPool_0a_3x3": max_pool([3, 3], stride=2, padding="VALID")},
            {"Conv2d_0a_3x3": conv(96, [3, 3], stride=2, padding="VALID")},
        ),
        "Mixed_4a": mixed(
            {
                "Conv2d_0a_1x1": conv(64, [1, 1]),
                "Conv2d_1a_3x3": conv(96, [3, 3], padding="VALID"),
            },
            {
                "Conv2d_0a_1x1": conv(64, [1, 1]),
                "Conv2d_0b_1x7": conv(64, [1, 7]),
                "Conv2d_0c_7x1": conv(64, [7, 1]),
                "Conv2d_1a_3x3": conv(96, [3, 3], padding="VALID"),
            },
        ),
        "Mixed_5a": mixed(
            {"Conv2d_1a_3x3": conv(192, [3, 3], stride=2, padding="VALID")},
            {"MaxPool_1a_3x3": max_pool([3, 3], stride=2, padding="VALID")},
        ),
        **{f"Mixed_5{letter}": row(block_inception_a) for letter in "bcde"},
        "Mixed_6a": row(block_reduction_a),
        **{f"Mixed_6{letter}": row(block_inception_b) for letter in "bcdefgh"},
        "Mixed_7a": row(block_reduction_b),
        **{f"Mixed_7{letter}": row(block_inception_c) for letter in "bcd"},
    }
    with (
        slim.scope(scope, "InceptionV4", [inputs]),
        slim.arg_scope([slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="SAME"),
    ):
        return trunk(check_images(inputs, smallest_image(final_endpoint)), layers, final_endpoint)


@register(
    arg_scope=inception_v4_arg_scope,
    image_size=299,
    preprocessing="inception",
    logits_scopes=["InceptionV4/Logits"],
    auxiliary_scopes=["InceptionV4/AuxLogits"],
    paper="Szegedy et al., Inception-v4, Inception-ResNet, 2016",
)
def inception_v4(
    inputs: TensorLike,
    num_classes: int | None = 1001,
    is_training: bool | tf.Tensor = True,
    dropout_keep_prob: float = 0.8,
    reuse: bool | None = None,
    scope: Scope = "InceptionV4",
    create_aux_logits: bool = True,
) -> NetOutput:
    """Inception v4.

    Args:
      inputs: images `[batch, height, width, channels]`, of 107x107 pixels and more, or 75x75
        without the auxiliary head, whose variables depend on the size.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm and dropout work as in training.
      dropout_keep_prob: the share of features that dropout keeps.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      create_aux_logits: whether there is the end point `AuxLogits`, a second head on `Mixed_6h`.
        Its loss, with a weight of 0.4, helps training.

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
        slim.scope(scope, "InceptionV4", [inputs], reuse=reuse) as sc,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        if create_aux_logits:
            check_images(inputs, 107, "pass create_aux_logits=False for 75x75 and more")
        net, end_points = inception_v4_base(inputs, scope=sc)
        with slim.arg_scope(
            [slim.conv2d, slim.max_pool2d, slim.avg_pool2d], stride=1, padding="SAME"
        ):
            if create_aux_logits:
                with slim.scope("AuxLogits"):
                    end_points["AuxLogits"] = dense_auxiliary_logits(
                        end_points["Mixed_6h"],
                        num_classes,
                        ("AvgPool_1a_5x5", "Conv2d_1b_1x1", "Conv2d_2a", "Aux_logits"),
                    )
            with slim.scope("Logits"):
                net = end_points["global_pool"] = pool_all(net, "AvgPool_1a")
                if not num_classes:
                    return net, end_points
                net = slim.dropout(net, dropout_keep_prob, scope="Dropout_1b")
                net = slim.flatten(net, scope="PreLogitsFlatten")
                end_points["PreLogitsFlatten"] = net
                logits = slim.fully_connected(net, num_classes, activation_fn=None, scope="Logits")
                end_points["Logits"] = logits
                end_points["Predictions"] = tf.nn.softmax(logits, name="Predictions")
        return logits, end_points
