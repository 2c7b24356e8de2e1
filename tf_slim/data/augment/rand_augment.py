"""RandAugment: a few of 14 changes to an image, taken at random, all of one strength."""

from __future__ import annotations

import functools

import tensorflow as tf

from tf_slim.data.augment.operations import OPERATIONS
from tf_slim.data.augment.pixel_values import PixelRange, on_pixels
from tf_slim.ops import shapes
from tf_slim.ops.types import Tensor

STRONGEST = 10.0
"""The magnitude at which a change has all of its range."""


def rand_augment(
    image: Tensor,
    seed: Tensor,
    *,
    num_ops: int = 2,
    magnitude: float = 9.0,
    pixel_range: PixelRange = (0.0, 255.0),
) -> Tensor:
    """Changes an image by operations taken at random, one after the other.

    E. D. Cubuk et al., "RandAugment: Practical Automated Data Augmentation with a Reduced Search
    Space", NeurIPS 2020, arXiv:1909.13719: nothing, autocontrast, equalize, rotate, solarize,
    colour, posterize, contrast, brightness, sharpness, shear x and y, translate x and y. Those that
    have two directions take either.

    Args:
        image: float32 `[height, width, channels]`, of 1 or 3 channels.
        seed: int32 `[2]`, which all that is random is computed from.
        num_ops: How many operations: N of the paper, 2 for ImageNet.
        magnitude: How strong they are, from 0 to 10: M of the paper, 9 for ResNet-50. At 10 each
            has the whole range of AutoAugment. (Where others count up to 30, a third of that.)
        pixel_range: What black and white are in the image; None for the least and the greatest
            value of the image itself.

    Returns:
        The image, of the same shape.

    Raises:
        ValueError: If an argument is out of its range, or the image has other channels.

    Examples:
        >>> image = tf.fill([32, 32, 3], 100.0)
        >>> slim.data.augment.rand_augment(image, seed=[1, 2], num_ops=2, magnitude=9.0).shape
        TensorShape([32, 32, 3])
    """
    if num_ops < 1:
        raise ValueError(f"rand_augment: num_ops must be at least 1; got {num_ops}.")
    if not 0 <= magnitude <= STRONGEST:
        raise ValueError(f"rand_augment: magnitude must be from 0 to 10; got {magnitude}.")
    image = tf.convert_to_tensor(image)
    channels = shapes.size(image, 2)
    if channels not in (1, 3):
        raise ValueError(
            f"rand_augment: expected an image of 1 (grey) or 3 (RGB) channels; got {image.shape}."
        )
    strength = magnitude / STRONGEST

    def one_change(pixels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        which, direction = tf.unstack(tf.random.split(seed, 2))
        index = tf.random.stateless_uniform([], which, 0, len(OPERATIONS), tf.int32)
        sign = tf.where(tf.random.stateless_uniform([], direction) < 0.5, -1.0, 1.0)
        branches = [functools.partial(_applied, f, pixels, strength, sign) for f in OPERATIONS]
        return tf.switch_case(index, branches)

    def change(pixels: tf.Tensor) -> tf.Tensor:
        # A loop of the graph: the operations are traced once, however many are applied.
        return tf.foldl(one_change, tf.random.split(seed, num_ops), pixels, parallel_iterations=1)

    result = on_pixels(change, image, pixel_range)
    result.set_shape(image.shape)
    return result


def _applied(operation, pixels: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    changed = operation(pixels, strength, sign)
    changed.set_shape(pixels.shape)
    return changed
