"""`preprocessing.lenet_preprocessing` of research/slim."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.preprocessing.geometry import crop_or_pad
from tf_slim.data.preprocessing.lenet import scale
from tf_slim.legacy.research_slim.preprocessing import _common

__all__ = ["preprocess_image"]


def preprocess_image(image, output_height, output_width, is_training, use_grayscale=False):
    """Crops or pads to a size and maps the pixels to [-1, 1), alike in training and evaluation.

    As in the original, the result is `output_width` high and `output_height` wide.

    Args:
      image: `[height, width, channels]`, of 0 to 255.
      output_height: in pixels.
      output_width: in pixels.
      is_training: not looked at.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[output_width, output_height, channels]`.
    """
    del is_training
    image = _common.grey_if(use_grayscale, tf.cast(image, tf.float32))
    return scale(crop_or_pad(image, (output_width, output_height)))
