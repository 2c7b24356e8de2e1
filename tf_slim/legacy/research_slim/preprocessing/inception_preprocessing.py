"""`preprocessing.inception_preprocessing` of research/slim."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.preprocessing import colour, inception
from tf_slim.legacy.research_slim.preprocessing import _common

__all__ = [
    "apply_with_random_selector",
    "distort_color",
    "distorted_bounding_box_crop",
    "preprocess_for_eval",
    "preprocess_for_train",
    "preprocess_image",
]


def apply_with_random_selector(x, func, num_cases):
    """`func(x, case)` for a case from 0 to `num_cases - 1`, taken at random in each run."""

    def branch(case):
        return lambda: func(x, case)

    return colour.one_of(_common.new_seed(), [branch(case) for case in range(num_cases)])


def distort_color(image, color_ordering=0, fast_mode=True, scope=None):
    """Changes the colours of an image by random amounts.

    Args:
      image: float32 in [0, 1], `[height, width, channels]`.
      color_ordering: which of four orders to make the changes in; of two in `fast_mode`.
      fast_mode: whether to leave out hue and contrast.
      scope: a name for the operations.

    Returns:
      The image, clipped to [0, 1].

    Raises:
      ValueError: there is no such order.
    """
    with tf.compat.v1.name_scope(scope, "distort_color", [image]):
        return colour.distort_colour(
            image, _common.new_seed(), ordering=color_ordering, fast=fast_mode
        )


def distorted_bounding_box_crop(
    image,
    bbox,
    min_object_covered=0.1,
    aspect_ratio_range=(0.75, 1.33),
    area_range=(0.05, 1.0),
    max_attempts=100,
    scope=None,
):
    """Cuts out a random part that shows enough of an object.

    Args:
      image: `[height, width, channels]`.
      bbox: float32 `[1, objects, 4]`, each `[y_min, x_min, y_max, x_max]` in parts of the sides.
      min_object_covered: the share of an object that the part must hold.
      aspect_ratio_range: of width to height.
      area_range: of the area of the part to that of the image.
      max_attempts: after how many the whole image is taken.
      scope: a name for the operations.

    Returns:
      The part, and where it lies: float32 `[1, 1, 4]`.
    """
    with tf.compat.v1.name_scope(scope, "distorted_bounding_box_crop", [image, bbox]):
        return inception.random_part(
            image,
            _common.new_seed(),
            inception.Part(min_object_covered, aspect_ratio_range, area_range, max_attempts),
            bbox,
        )


def preprocess_for_train(
    image,
    height,
    width,
    bbox,
    fast_mode=True,
    scope=None,
    add_image_summaries=True,
    random_crop=True,
    use_grayscale=False,
):
    """A random part of the image, resized, flipped, in other colours, in [-1, 1].

    Args:
      image: `[height, width, channels]`: float32 in [0, 1], or integers.
      height: in pixels.
      width: in pixels.
      bbox: see `distorted_bounding_box_crop`; None for the whole image.
      fast_mode: whether to resize by bilinear interpolation alone, and to leave hue and contrast.
      scope: a name for the operations.
      add_image_summaries: whether to add four image summaries, in a v1 graph.
      random_crop: whether to cut out a part.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[height, width, channels]`.
    """
    with tf.compat.v1.name_scope(scope, "distort_image", [image, height, width, bbox]):
        if bbox is None:
            bbox = tf.constant([[[0.0, 0.0, 1.0, 1.0]]])
        image = tf.image.convert_image_dtype(image, tf.float32)
        _common.show_boxes(add_image_summaries, "image_with_bounding_boxes", image, bbox)
        if random_crop:
            part, box = distorted_bounding_box_crop(image, bbox)
            title = "images_with_distorted_bounding_box"
            _common.show_boxes(add_image_summaries, title, image, box)
            image = part
        seeds = tf.unstack(tf.random.split(_common.new_seed(), 3))
        image = inception.resize_by_any(image, (height, width), seeds[0], fast=fast_mode)
        _common.show(add_image_summaries, "cropped_resized_image", image)
        image = tf.image.stateless_random_flip_left_right(image, seeds[1])
        image = inception.distort_by_any(image, seeds[2], fast=fast_mode)
        image = _common.grey_if(use_grayscale, image)
        _common.show(add_image_summaries, "final_distorted_image", image)
        return inception.to_signed(image)


def preprocess_for_eval(
    image, height, width, central_fraction=0.875, scope=None, central_crop=True, use_grayscale=False
):
    """The middle of the image, resized, in [-1, 1].

    Args:
      image: `[height, width, channels]`: float32 in [0, 1], or integers.
      height: in pixels; None to leave the size of the middle.
      width: in pixels; None as well.
      central_fraction: the share of each side that the middle has.
      scope: a name for the operations.
      central_crop: whether to take the middle, and not all.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[height, width, channels]`.
    """
    with tf.compat.v1.name_scope(scope, "eval_image", [image, height, width]):
        image = tf.image.convert_image_dtype(image, tf.float32)
        image = _common.grey_if(use_grayscale, image)
        size = (height, width) if height and width else None
        fraction = central_fraction if central_crop else None
        return inception.to_signed(inception.central(image, size, fraction))


def preprocess_image(
    image,
    height,
    width,
    is_training=False,
    bbox=None,
    fast_mode=True,
    add_image_summaries=True,
    crop_image=True,
    use_grayscale=False,
):
    """`preprocess_for_train` or `preprocess_for_eval`."""
    if is_training:
        return preprocess_for_train(
            image,
            height,
            width,
            bbox,
            fast_mode,
            add_image_summaries=add_image_summaries,
            random_crop=crop_image,
            use_grayscale=use_grayscale,
        )
    return preprocess_for_eval(
        image, height, width, central_crop=crop_image, use_grayscale=use_grayscale
    )
