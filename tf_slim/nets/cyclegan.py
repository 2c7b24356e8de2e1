"""CycleGAN: a generator that turns images of one kind into images of another.

J.-Y. Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks",
arXiv:1703.10593, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.ops.types import Size

__all__ = ["cyclegan_arg_scope", "cyclegan_generator_resnet", "cyclegan_upsample"]


def cyclegan_arg_scope(
    instance_norm_center: bool = True,
    instance_norm_scale: bool = True,
    instance_norm_epsilon: float = 0.001,
    weights_init_stddev: float = 0.02,
    weight_decay: float = 0.0,
) -> Mapping:
    """The scope of the convolutions.

    Args:
      instance_norm_center: whether instance norm adds `beta`.
      instance_norm_scale: whether it multiplies by `gamma`.
      instance_norm_epsilon: added to the variance.
      weights_init_stddev: of the initial weights.
      weight_decay: the factor of the L2 regularization; 0 for none.

    Returns:
      An arg_scope.
    """
    with slim.arg_scope(
        [slim.conv2d],
        normalizer_fn=slim.instance_norm,
        normalizer_params={
            "center": instance_norm_center,
            "scale": instance_norm_scale,
            "epsilon": instance_norm_epsilon,
        },
        weights_initializer=tf.compat.v1.random_normal_initializer(0, weights_init_stddev),
        weights_regularizer=slim.l2_regularizer(weight_decay) if weight_decay else None,
    ) as scope:
        return scope


def cyclegan_upsample(
    net: tf.Tensor,
    num_outputs: int,
    stride: Any,
    method: str = "conv2d_transpose",
    pad_mode: str = "REFLECT",
    align_corners: bool = False,
) -> tf.Tensor:
    """Makes a map larger, by a layer in the scope `upconv`.

    Args:
      net: `[batch, height, width, channels]`.
      num_outputs: the number of output channels.
      stride: how many times higher and wider, a pair.
      method: "conv2d_transpose", or a 3x3 convolution after resizing: "nn_upsample_conv" (nearest
        neighbour), "bilinear_upsample_conv".
      pad_mode: how `tf.pad` fills the margin for that convolution.
      align_corners: whether resizing keeps the corners in place.

    Returns:
      `[batch, height * stride, width * stride, num_outputs]`.

    Raises:
      ValueError: `method` is none of these.
    """
    resize = {
        "nn_upsample_conv": tf.compat.v1.image.resize_nearest_neighbor,
        "bilinear_upsample_conv": tf.compat.v1.image.resize_bilinear,
        "conv2d_transpose": None,
    }
    if method not in resize:
        raise ValueError(
            f"cyclegan_upsample: unknown method {method!r}. There are: {', '.join(resize)}."
        )
    with slim.scope("upconv"):
        if method == "conv2d_transpose":
            # "VALID", then without the first row and column: aligned with what conv2d made.
            net = slim.conv2d_transpose(net, num_outputs, [3, 3], stride=stride, padding="VALID")
            return net[:, 1:, 1:, :]
        size = _sizes(net, 1, 3)
        net = resize[method](
            net, [size[0] * stride[0], size[1] * stride[1]], align_corners=align_corners
        )
        net = tf.pad(net, [[0, 0], [1, 1], [1, 1], [0, 0]], pad_mode)
        return slim.conv2d(net, num_outputs, kernel_size=[3, 3], padding="VALID")


def cyclegan_generator_resnet(
    images: tf.Tensor,
    arg_scope_fn: Callable[[], Mapping] = cyclegan_arg_scope,
    num_resnet_blocks: int = 6,
    num_filters: int = 64,
    upsample_fn: Callable[..., tf.Tensor] = cyclegan_upsample,
    kernel_size: Size = 3,
    tanh_linear_slope: float = 0.0,
    is_training: bool | tf.Tensor = False,
) -> NetOutput:
    """The generator with residual blocks.

    Args:
      images: `[batch, height, width, channels]`; height and width are multiples of 4, 8 and more
        with 3x3 kernels.
      arg_scope_fn: a function that makes the scope of the convolutions.
      num_resnet_blocks: the number of residual blocks: 6 for 128x128 pixels, 9 for 256x256.
      num_filters: the number of channels of the first layer.
      upsample_fn: a function `(net, num_outputs=, stride=)` that makes a map larger.
      kernel_size: of the convolutions in the middle: an integer or a pair.
      tanh_linear_slope: how much of the logits is added to their tanh.
      is_training: has no effect: there is neither dropout nor batch norm.

    Returns:
      (predictions, end_points): images of the shape of `images`, in [-1, 1] without a slope; and
      all outputs by name: `encoder_0`, ..., `resnet_block_0`, ..., `decoder1`, `decoder2`,
      `logits`, `predictions`.

    Raises:
      ValueError: the images are of another rank or size.
      TypeError: they are not of floating point.

    Examples:
      >>> images, end_points = slim.nets.cyclegan.cyclegan_generator_resnet(
      ...     tf.zeros([1, 32, 32, 3]), num_resnet_blocks=1, num_filters=8)
      >>> images.shape
      TensorShape([1, 32, 32, 3])
    """
    del is_training
    end_points = {}
    kernel = list(slim.utils.two_element_tuple(kernel_size))
    images = _checked(images, kernel)
    before = [(size - 1) // 2 for size in kernel]
    margins = [(0, 0), *((b, size - 1 - b) for b, size in zip(before, kernel, strict=True)), (0, 0)]

    def padded(net):
        return tf.pad(net, margins, "REFLECT")

    def inside(stride):
        return slim.arg_scope(
            [slim.conv2d], stride=stride, activation_fn=tf.nn.relu, padding="VALID"
        )

    with slim.arg_scope(arg_scope_fn()):
        with slim.scope("input"):
            net = tf.pad(images, [(0, 0), (3, 3), (3, 3), (0, 0)], "REFLECT")
            net = slim.conv2d(net, num_filters, [7, 7], padding="VALID")
            end_points["encoder_0"] = net
        with slim.scope("encoder"), inside(stride=2):
            for number in (1, 2):
                net = slim.conv2d(padded(net), num_filters * 2**number, kernel)
                end_points[f"encoder_{number}"] = net
        with slim.scope("residual_blocks"), inside(stride=1):
            for number in range(num_resnet_blocks):
                with slim.scope(f"block_{number}"):
                    residual = slim.conv2d(padded(net), num_filters * 4, kernel)
                    residual = slim.conv2d(
                        padded(residual), num_filters * 4, kernel, activation_fn=None
                    )
                    net += residual
                end_points[f"resnet_block_{number}"] = net
        with (
            slim.scope("decoder"),
            slim.arg_scope([slim.conv2d], kernel_size=kernel, stride=1, activation_fn=tf.nn.relu),
        ):
            for number, depth in ((1, num_filters * 2), (2, num_filters)):
                with slim.scope(f"decoder{number}"):
                    net = upsample_fn(net, num_outputs=depth, stride=[2, 2])
                end_points[f"decoder{number}"] = net
        with slim.scope("output"):
            net = tf.pad(net, [(0, 0), (3, 3), (3, 3), (0, 0)], "REFLECT")
            logits = slim.conv2d(
                net,
                slim.utils.last_dimension(images.shape),
                [7, 7],
                activation_fn=None,
                normalizer_fn=None,
                padding="VALID",
            )
            logits = end_points["logits"] = tf.reshape(logits, _sizes(images, 0, 4))
            predictions = tf.tanh(logits) + logits * tanh_linear_slope
            end_points["predictions"] = predictions
    return predictions, end_points


def _checked(images, kernel: list[int]) -> tf.Tensor:
    # The map in the middle is a quarter as large, and reflection needs more than it adds.
    least = 4 * (max(kernel) // 2 + 1)
    images = check_images(images, least)
    size = [] if images.shape.rank is None else images.shape.as_list()[1:3]
    if any(n is not None and n % 4 for n in size):
        raise ValueError(
            "cyclegan_generator_resnet takes images whose height and width are multiples of 4; got "
            f"shape {images.shape}. Crop or resize them."
        )
    return images


def _sizes(net: tf.Tensor, first: int, end: int) -> list:
    """The sizes of some axes: integers where they are known."""
    known = net.shape.as_list()[first:end]
    unknown = tf.shape(net)
    return [unknown[first + i] if size is None else size for i, size in enumerate(known)]
