"""pix2pix: a U-shaped generator from images to images, and a discriminator of patches.

P. Isola et al., "Image-to-image translation with conditional adversarial networks",
arXiv:1611.07004, 2016.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.ops.types import Activation, TensorLike

__all__ = [
    "Block",
    "pix2pix_arg_scope",
    "pix2pix_discriminator",
    "pix2pix_generator",
    "upsample",
]


class Block(NamedTuple):
    """A level of the generator.

    Attributes:
      num_filters: the number of channels of its encoder and its decoder.
      decoder_keep_prob: the share of features that dropout keeps after its decoder, in training
        and afterwards; 0 for no dropout.
    """

    num_filters: int
    decoder_keep_prob: float


_BLOCKS = [
    Block(64, 0.5),
    Block(128, 0.5),
    Block(256, 0.5),
    Block(512, 0),
    Block(512, 0),
    Block(512, 0),
    Block(512, 0),
]


def pix2pix_arg_scope() -> Mapping:
    """The scope of the convolutions: instance norm, and the initial weights of the paper.

    Returns:
      An arg_scope.
    """
    with slim.arg_scope(
        [slim.conv2d, slim.conv2d_transpose],
        normalizer_fn=slim.instance_norm,
        normalizer_params={"center": True, "scale": True, "epsilon": 0.00001},
        weights_initializer=tf.compat.v1.random_normal_initializer(0, 0.02),
    ) as scope:
        return scope


def upsample(
    net: tf.Tensor, num_outputs: int, kernel_size: Any, method: str = "nn_upsample_conv"
) -> tf.Tensor:
    """Makes a map larger.

    Args:
      net: `[batch, height, width, channels]`.
      num_outputs: the number of output channels.
      kernel_size: how many times higher and wider, a pair.
      method: "nn_upsample_conv", a 4x4 convolution after resizing to the nearest neighbour; or
        "conv2d_transpose".

    Returns:
      `[batch, height * kernel_size, width * kernel_size, num_outputs]`.

    Raises:
      ValueError: `method` is none of these.
    """
    if method == "nn_upsample_conv":
        height, width = tf.unstack(tf.shape(net)[1:3])
        known = net.shape.as_list()
        size = [
            known[1] * kernel_size[0] if known[1] else height * kernel_size[0],
            known[2] * kernel_size[1] if known[2] else width * kernel_size[1],
        ]
        net = tf.compat.v1.image.resize_nearest_neighbor(net, size)
        return slim.conv2d(net, num_outputs, [4, 4], activation_fn=None)
    if method == "conv2d_transpose":
        return slim.conv2d_transpose(
            net, num_outputs, [4, 4], stride=kernel_size, activation_fn=None
        )
    raise ValueError(
        f"upsample: unknown method {method!r}. There are: nn_upsample_conv, conv2d_transpose."
    )


def pix2pix_generator(
    net: tf.Tensor,
    num_outputs: int,
    blocks: Sequence[Block] | None = None,
    upsample_method: str = "nn_upsample_conv",
    is_training: bool | tf.Tensor = False,
) -> NetOutput:
    """The generator: an encoder and a decoder, with connections between maps of the same size.

    Args:
      net: images `[batch, height, width, channels]`; height and width, which must be known, are
        multiples of 2 to the number of blocks (128).
      num_outputs: the number of channels of the images to make.
      blocks: a list of `Block`, from the largest map to the smallest; the seven of the paper by
        default.
      upsample_method: see `upsample`.
      is_training: has no effect: dropout is the generator's noise, in training and afterwards.

    Returns:
      (logits, end_points): `[batch, height, width, num_outputs]`, and all outputs by name:
      `encoder0`, ..., `decoder0`, ..., `logits` and their tanh, `predictions`.

    Raises:
      ValueError: the images are of another rank or size, or `upsample_method` is unknown.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.pix2pix.pix2pix_discriminator`.
    """
    del is_training
    blocks = list(blocks or _BLOCKS)
    net = _multiple_of(net, 2 ** len(blocks))
    batch, height, width, _ = net.shape.as_list()
    shape = [-1 if batch is None else batch, height, width, num_outputs]
    end_points = {}
    encoded = []
    with (
        slim.scope("encoder"),
        slim.arg_scope([slim.conv2d], stride=2, activation_fn=tf.nn.leaky_relu),
    ):
        for index, block in enumerate(blocks):
            plain: dict[str, Any] = {}
            if index == 0:
                plain = {"normalizer_fn": None}
            elif index == len(blocks) - 1:
                plain = {"normalizer_fn": None, "activation_fn": None}
            net = slim.conv2d(net, block.num_filters, [4, 4], **plain)
            end_points[f"encoder{index}"] = net
            encoded.append(net)
    with slim.scope("decoder"):
        for index, block in enumerate(reversed(blocks)):
            if index > 0:
                net = tf.concat([net, encoded[-index - 1]], axis=3)
            net = upsample(tf.nn.relu(net), block.num_filters, [2, 2], upsample_method)
            if block.decoder_keep_prob > 0:
                net = slim.dropout(net, keep_prob=block.decoder_keep_prob, is_training=True)
            end_points[f"decoder{index}"] = net
    with slim.scope("output"):
        logits = slim.conv2d(net, num_outputs, [4, 4], activation_fn=None, normalizer_fn=None)
        logits = end_points["logits"] = tf.reshape(logits, shape)
        end_points["predictions"] = tf.tanh(logits)
    return logits, end_points


def pix2pix_discriminator(
    net: TensorLike,
    num_filters: Sequence[int],
    padding: int = 2,
    pad_mode: str = "REFLECT",
    activation_fn: Activation | None = tf.nn.leaky_relu,
    is_training: bool | tf.Tensor = False,
) -> NetOutput:
    """Tells real images from made ones, patch by patch.

    Args:
      net: images `[batch, height, width, channels]`, for a conditional discriminator joined with
        what they were made of.
      num_filters: a list of the numbers of channels, two or more. All layers but the last of them
        have stride 2.
      padding: how many pixels to add on each side before each layer.
      pad_mode: how `tf.pad` fills them.
      activation_fn: of all layers but the logits.
      is_training: has no effect: there is neither dropout nor batch norm.

    Returns:
      (logits, end_points): `[batch, height, width, 1]`, one logit for each patch; and all outputs
      by name: `conv0`, ..., `logits` and their sigmoid, `predictions`.

    Raises:
      ValueError: the images are of another rank, or too small; there is no layer.
      TypeError: they are not of floating point.

    Examples:
      >>> with slim.arg_scope(slim.nets.pix2pix.pix2pix_arg_scope()):
      ...     logits, end_points = slim.nets.pix2pix.pix2pix_discriminator(
      ...         tf.zeros([1, 64, 64, 6]), num_filters=[8, 16])
      >>> logits.shape
      TensorShape([1, 35, 35, 1])
    """
    del is_training
    last = len(num_filters) - 1
    if last < 1:
        raise ValueError(
            f"pix2pix_discriminator: num_filters has two or more elements; got {num_filters!r}."
        )
    strides = [*([2] * last), 1]
    net = check_images(net, _least_size([*strides, 1], padding, pad_mode))
    end_points = {}

    def padded(net, scope):
        if not padding:
            return net
        with slim.scope(scope):
            margin = (padding, padding)
            return tf.pad(net, [(0, 0), margin, margin, (0, 0)], pad_mode)

    with slim.arg_scope([slim.conv2d], padding="VALID", activation_fn=activation_fn):
        for index, (depth, stride) in enumerate(zip(num_filters, strides, strict=True)):
            name = f"conv{index}"
            plain: dict[str, Any] = {"normalizer_fn": None} if index == 0 else {}
            net = end_points[name] = slim.conv2d(
                padded(net, name), depth, [4, 4], stride=stride, scope=name, **plain
            )
        name = f"conv{last + 1}"
        logits = end_points["logits"] = slim.conv2d(
            padded(net, name),
            1,
            [4, 4],
            stride=1,
            activation_fn=None,
            normalizer_fn=None,
            scope=name,
        )
    end_points["predictions"] = tf.sigmoid(logits)
    return logits, end_points


def _multiple_of(images, factor: int) -> tf.Tensor:
    images = check_images(images)
    size = [None] if images.shape.rank is None else images.shape.as_list()[1:3]
    if any(n is None or n % factor for n in size):
        raise ValueError(
            "pix2pix_generator takes images whose height and width, which must be known, are "
            f"multiples of {factor} (2 to the number of blocks); got shape {images.shape}. Crop or "
            "resize them, or pass fewer blocks."
        )
    return images


def _least_size(strides: list[int], padding: int, pad_mode: str) -> int:
    """The smallest images that layers of 4x4 kernels with these strides can take."""
    # Reflection needs more than it adds; a symmetric one as much.
    margin = padding + {"REFLECT": 1, "SYMMETRIC": 0}.get(pad_mode.upper(), 1 - padding)
    size = 1
    for stride in reversed(strides):
        size = max(stride * (size - 1) + 4 - 2 * padding, margin, 1)
    return size
