"""DCGAN: a generator of images from noise, and a discriminator.

A. Radford, L. Metz, S. Chintala, "Unsupervised representation learning with deep convolutional
generative adversarial networks", arXiv:1511.06434, 2015.
"""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["discriminator", "generator"]


def discriminator(
    inputs: TensorLike,
    depth: int = 64,
    is_training: bool | tf.Tensor = True,
    reuse: bool | None = None,
    scope: Scope = "Discriminator",
    fused_batch_norm: bool = False,
) -> NetOutput:
    """Tells real images from made ones: 4x4 convolutions with stride 2, down to one place.

    Args:
      inputs: images `[batch, size, size, channels]`; the size is a power of 2.
      depth: the number of channels of the first layer; each further one has twice as many.
      is_training: whether batch norm works as in training.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      fused_batch_norm: whether batch norm is computed by one operation. It is faster; the moving
        variance then follows the unbiased variance of the batch.

    Returns:
      (logits, end_points): `[batch, 1]`, and all outputs by name: `conv1`, ..., `logits`.

    Raises:
      ValueError: the images are of another rank, not square, of unknown size, or no power of 2.
      TypeError: they are not of floating point.

    Examples:
      >>> logits, end_points = slim.nets.dcgan.discriminator(tf.zeros([2, 32, 32, 3]), depth=8)
      >>> logits.shape, list(end_points)
      (TensorShape([2, 1]), ['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'logits'])
    """
    end_points = {}
    with slim.scope(scope, values=[inputs], reuse=reuse):
        net = check_images(inputs)
        size = _square(net)
        with (
            slim.arg_scope([slim.batch_norm], **_batch_norm(is_training, fused_batch_norm)),
            slim.arg_scope([slim.conv2d], stride=2, activation_fn=tf.nn.leaky_relu),
        ):
            for layer in range(size.bit_length() - 1):
                name = f"conv{layer + 1}"
                net = end_points[name] = slim.conv2d(
                    net,
                    depth * 2**layer,
                    4,
                    normalizer_fn=None if layer == 0 else slim.batch_norm,
                    scope=name,
                )
            logits = slim.conv2d(
                net,
                1,
                1,
                stride=1,
                padding="VALID",
                normalizer_fn=None,
                activation_fn=None,
            )
            logits = end_points["logits"] = tf.reshape(logits, [-1, 1])
    return logits, end_points


def generator(
    inputs: tf.Tensor,
    depth: int = 64,
    final_size: int = 32,
    num_outputs: int = 3,
    is_training: bool | tf.Tensor = True,
    reuse: bool | None = None,
    scope: Scope = "Generator",
    fused_batch_norm: bool = False,
) -> NetOutput:
    """Makes images of noise: 4x4 transposed convolutions with stride 2.

    Args:
      inputs: noise `[batch, z]`.
      depth: the number of channels of the last layer but one; each before has twice as many.
      final_size: height and width of the images, in pixels: a power of 2, 8 or more.
      num_outputs: the number of channels of the images.
      is_training: whether batch norm works as in training.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      fused_batch_norm: see `discriminator`.

    Returns:
      (logits, end_points): `[batch, final_size, final_size, num_outputs]`, not bounded by any
      activation; and all outputs by name: `deconv1`, ..., `logits`.

    Raises:
      ValueError: the noise is of another rank, or `final_size` is no such power of 2.

    Examples:
      >>> noise = tf.random.normal([2, 64])
      >>> images, end_points = slim.nets.dcgan.generator(noise, depth=8, final_size=32)
      >>> images.shape, list(end_points)
      (TensorShape([2, 32, 32, 3]), ['deconv1', 'deconv2', 'deconv3', 'deconv4', 'logits'])
    """
    inputs = tf.convert_to_tensor(inputs)
    if inputs.shape.rank not in (None, 2):
        raise ValueError(
            f"{scope} takes noise [batch, z]; got shape {inputs.shape}. Reshape it with "
            "tf.reshape(noise, [batch, -1])."
        )
    if final_size < 8 or not _is_power_of_2(final_size):
        raise ValueError(f"{scope}: final_size is a power of 2, 8 or more; got {final_size!r}.")
    end_points = {}
    layers = final_size.bit_length() - 2
    with (
        slim.scope(scope, values=[inputs], reuse=reuse),
        slim.arg_scope([slim.batch_norm], **_batch_norm(is_training, fused_batch_norm)),
        slim.arg_scope([slim.conv2d_transpose], normalizer_fn=slim.batch_norm, stride=2),
    ):
        net = inputs[:, tf.newaxis, tf.newaxis, :]
        net = end_points["deconv1"] = slim.conv2d_transpose(
            net, depth * 2 ** (layers - 1), 4, stride=1, padding="VALID", scope="deconv1"
        )
        for layer in range(2, layers):
            name = f"deconv{layer}"
            net = end_points[name] = slim.conv2d_transpose(
                net, depth * 2 ** (layers - layer), 4, scope=name
            )
        name = f"deconv{layers}"
        net = end_points[name] = slim.conv2d_transpose(
            net, depth, 4, normalizer_fn=None, activation_fn=None, scope=name
        )
        logits = end_points["logits"] = slim.conv2d(
            net,
            num_outputs,
            1,
            stride=1,
            padding="VALID",
            normalizer_fn=None,
            activation_fn=None,
            scope="logits",
        )
    return logits, end_points


def _batch_norm(is_training, fused) -> dict:
    return {"is_training": is_training, "zero_debias_moving_mean": True, "fused": fused}


def _square(images: tf.Tensor) -> int:
    """The height and width of images."""
    size = None if images.shape.rank is None else images.shape.as_list()[1:3]
    if size is None or None in size or size[0] != size[1] or not _is_power_of_2(size[0]):
        raise ValueError(
            f"{tf.compat.v1.get_variable_scope().name} takes square images whose size, which must "
            f"be known, is a power of 2, such as 32x32 and 64x64; got shape {images.shape}. Crop "
            "or resize them."
        )
    return size[0]


def _is_power_of_2(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
