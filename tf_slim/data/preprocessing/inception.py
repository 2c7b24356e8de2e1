"""`inception`: pixels in [-1, 1]; in training a random part of the image, in other colours.

C. Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 6. Nearly all published
checkpoints but those of VGG and ResNet v1 were trained so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tf_slim.data.preprocessing.colour import (
    ORDERINGS,
    amounts,
    changed,
    distort_colour,
    draws,
    one_of,
)
from tf_slim.data.preprocessing.cropping import Cropping
from tf_slim.data.preprocessing.geometry import resize
from tf_slim.data.preprocessing.registry import register
from tf_slim.ops import shapes
from tf_slim.ops.randomness import split, uniform

SIZE = (299, 299)
"""`(height, width)` of the images, unless it is said."""
CENTRAL_FRACTION = 0.875
"""The share of each side that evaluation looks at, unless it is said."""
_METHODS = ("bilinear", "nearest", "bicubic", "area")


@register("inception", pixel_range=(-1.0, 1.0))
def inception(
    image_size: tuple[int, int] | None = None,
    *,
    fast: bool = True,
    central_fraction: float | None = CENTRAL_FRACTION,
) -> Callable:
    """A random part in training, the middle in evaluation, both in [-1, 1].

    In training a part of 5 to 100 % of the area, of a ratio of sides from 3/4 to 4/3, is resized
    without regard to its ratio, flipped every second time, and changes its colours. In evaluation
    the middle of the image is resized likewise.

    Args:
        image_size: `(height, width)` of the result; None for 299x299.
        fast: Whether to resize by bilinear interpolation alone, and to change brightness and
            saturation but not hue and contrast.
        central_fraction: The share of each side that evaluation looks at; None for all of it.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.inception.inception(image_size=(224, 224))
        >>> image = preprocess(tf.zeros([300, 400, 3], tf.uint8), is_training=False, seed=[0, 0])
        >>> image.shape, float(image[0, 0, 0])
        (TensorShape([224, 224, 3]), -1.0)
    """
    size = SIZE if image_size is None else image_size

    def window(height: tf.Tensor, width: tf.Tensor, *, is_training: bool, seed: tf.Tensor):
        if is_training:
            begin, sides, _ = _distorted_box([height, width, 1], _seeds(seed)[0], Part())
            return tf.concat([begin[:2], sides[:2]], 0)
        return _middle(height, width, central_fraction)

    def finish(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        if not (is_training and fast):
            image = tf.image.convert_image_dtype(image, tf.float32)
        if not is_training:
            return to_signed(resize(image, size))
        _, by, flip, colours = _seeds(seed)
        if not fast:
            image = resize_by_any(image, size, by, fast=False)
            image = tf.image.stateless_random_flip_left_right(image, flip)
            return to_signed(distort_by_any(image, colours, fast=False))
        unit = 1 / image.dtype.max if image.dtype.is_integer else 1.0
        drawn = draws(split(colours, 2)[1])
        image = resize(tf.cast(image, tf.float32), size)
        return _finished(image, unit, uniform(flip), drawn["brightness"], drawn["saturation"])

    return Cropping(window, finish)


# One pass over the pixels, where operation after operation would be a dozen.
@tf.function(jit_compile=True, autograph=False)
def _finished(image, unit: float, flip: tf.Tensor, brightness: tf.Tensor, saturation: tf.Tensor):
    """An image that has its size, scaled to [0, 1], flipped, in other colours, in [-1, 1]."""

    def recoloured(image: tf.Tensor) -> tf.Tensor:
        return to_signed(changed(image * unit, drawn))

    drawn = amounts({"brightness": brightness, "saturation": saturation})
    return tf.cond(flip < 0.5, lambda: recoloured(image[:, ::-1]), lambda: recoloured(image))


def _seeds(seed: tf.Tensor) -> list[tf.Tensor]:
    """For the part, its resizing, its flip and its colours."""
    return split(seed, 4)


def _middle(height: tf.Tensor, width: tf.Tensor, fraction: float | None) -> tf.Tensor:
    """The `[top, left, height, width]` that `tf.image.central_crop` takes of a picture."""
    sides = tf.stack([height, width])
    if not fraction:
        return tf.concat([tf.zeros_like(sides), sides], 0)
    precise = tf.cast(sides, tf.float64)
    begin = tf.cast((precise - precise * fraction) / 2, tf.int32)
    return tf.concat([begin, sides - 2 * begin], 0)


def central(
    image: tf.Tensor, size: tuple[int, int] | None, central_fraction: float | None
) -> tf.Tensor:
    """The middle of an image, resized.

    Args:
        image: float32 `[height, width, channels]`.
        size: `(height, width)` of the result, or None for that of the middle.
        central_fraction: The share of each side to keep, or None for all.
    """
    if central_fraction:
        image = tf.image.central_crop(image, central_fraction)
    return image if size is None else resize(image, size)


class Part(NamedTuple):
    """What a random part of an image is like.

    Attributes:
        min_object_covered: The share of an object that it must hold.
        aspect_ratio_range: Of its width to its height.
        area_range: Of its area to that of the image.
        max_attempts: After how many the whole image is taken.
    """

    min_object_covered: float = 0.1
    aspect_ratio_range: tuple[float, float] = (0.75, 1.33)
    area_range: tuple[float, float] = (0.05, 1.0)
    max_attempts: int = 100


def random_part(
    image: tf.Tensor, seed: tf.Tensor, part: Part, bbox: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts out a random part that shows enough of an object.

    Args:
        image: `[height, width, channels]`.
        seed: int32 `[2]`.
        part: What it shall be like.
        bbox: float32 `[1, objects, 4]`, each `[y_min, x_min, y_max, x_max]` in parts of the sides;
            None where there is one object, the image.

    Returns:
        The part, and where it lies: float32 `[1, 1, 4]`.
    """
    begin, size, box = _distorted_box(tf.shape(image), seed, part, bbox)
    cut = tf.slice(image, begin, size)
    cut.set_shape([None, None, shapes.size(image, 2)])
    return cut, box


def _distorted_box(size, seed: tf.Tensor, part: Part, bbox: tf.Tensor | None = None):
    """Where the part lies: its beginning, its size and its box."""
    return tf.image.stateless_sample_distorted_bounding_box(
        size,
        tf.constant([[[0.0, 0.0, 1.0, 1.0]]]) if bbox is None else bbox,
        seed,
        use_image_if_no_bounding_boxes=True,
        **part._asdict(),
    )


def resize_by_any(
    image: tf.Tensor, size: tuple[int, int], seed: tf.Tensor, *, fast: bool
) -> tf.Tensor:
    """Resizes `[height, width, channels]` by a method taken at random.

    `fast`: by bilinear interpolation.
    """
    methods = _METHODS[:1] if fast else _METHODS

    def by(method: str) -> Callable:
        return lambda: resize(image, size, method)

    return one_of(seed, [by(method) for method in methods])


def distort_by_any(image: tf.Tensor, seed: tf.Tensor, *, fast: bool) -> tf.Tensor:
    """Changes the colours of `[height, width, 3]` in an order taken at random.

    `fast`: in one order, and less.
    """
    which, colours = split(seed, 2)  # for the order of the changes, and for their amounts

    def by(ordering: int) -> Callable:
        return lambda: distort_colour(image, colours, ordering=ordering, fast=fast)

    return one_of(which, [by(ordering) for ordering in range(1 if fast else ORDERINGS)])


def to_signed(image: tf.Tensor) -> tf.Tensor:
    """From [0, 1] to [-1, 1].

    Examples:
      >>> print(slim.data.preprocessing.inception.to_signed(tf.constant([0.0, 0.5, 1.0])).numpy())
      [-1.  0.  1.]
    """
    return (image - 0.5) * 2.0
