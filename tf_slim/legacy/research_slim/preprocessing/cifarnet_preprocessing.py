"""`preprocessing.cifarnet_preprocessing` of research/slim."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.preprocessing.cifarnet import move, relight
from tf_slim.data.preprocessing.geometry import crop_or_pad
from tf_slim.legacy.research_slim.preprocessing import _common

__all__ = ["preprocess_for_eval", "preprocess_for_train", "preprocess_image"]

_PADDING = 4


def preprocess_for_train(
    image,
    output_height,
    output_width,
    padding=_PADDING,
    add_image_summaries=True,
    use_grayscale=False,
):
    """A random crop of the image with a margin, flipped, in other light, standardized.

    Args:
      image: `[height, width, channels]`, of 0 to 255.
      output_height: in pixels.
      output_width: in pixels.
      padding: the width of the margin, in pixels.
      add_image_summaries: whether to add two image summaries, in a v1 graph.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[output_height, output_width, channels]` of mean 0 and deviation 1.
    """
    _common.show(add_image_summaries, "image", image)
    image = _common.grey_if(use_grayscale, tf.cast(image, tf.float32))
    place, light = tf.unstack(tf.random.split(_common.new_seed(), 2))
    image = move(image, (output_height, output_width), place, padding)
    _common.show(add_image_summaries, "distorted_image", image)
    return tf.image.per_image_standardization(relight(image, light))


def preprocess_for_eval(
    image, output_height, output_width, add_image_summaries=True, use_grayscale=False
):
    """The image cropped or padded, standardized.

    As in the original, the result is `output_width` high and `output_height` wide.

    Args:
      image: `[height, width, channels]`, of 0 to 255.
      output_height: in pixels.
      output_width: in pixels.
      add_image_summaries: whether to add two image summaries, in a v1 graph.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[output_width, output_height, channels]` of mean 0 and deviation 1.
    """
    _common.show(add_image_summaries, "image", image)
    image = _common.grey_if(use_grayscale, tf.cast(image, tf.float32))
    image = crop_or_pad(image, (output_width, output_height))
    _common.show(add_image_summaries, "resized_image", image)
    return tf.image.per_image_standardization(image)


def preprocess_image(
    image,
    output_height,
    output_width,
    is_training=False,
    add_image_summaries=True,
    use_grayscale=False,
):
    """`preprocess_for_train` or `preprocess_for_eval`."""
    preprocess = preprocess_for_train if is_training else preprocess_for_eval
    return preprocess(
        image,
        output_height,
        output_width,
        add_image_summaries=add_image_summaries,
        use_grayscale=use_grayscale,
    )
