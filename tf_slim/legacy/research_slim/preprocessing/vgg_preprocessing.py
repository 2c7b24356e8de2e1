"""`preprocessing.vgg_preprocessing` of research/slim."""

from __future__ import annotations

from tf_slim.data.preprocessing.geometry import central_part, resize_short_side
from tf_slim.data.preprocessing.vgg import for_training, less_means
from tf_slim.legacy.research_slim.preprocessing import _common

__all__ = ["preprocess_for_eval", "preprocess_for_train", "preprocess_image"]

_RESIZE_SIDE_MIN = 256
_RESIZE_SIDE_MAX = 512


def preprocess_for_train(
    image,
    output_height,
    output_width,
    resize_side_min=_RESIZE_SIDE_MIN,
    resize_side_max=_RESIZE_SIDE_MAX,
    use_grayscale=False,
):
    """A random crop at a random scale, flipped every second time, less the means of ImageNet.

    Args:
      image: `[height, width, channels]`, of 0 to 255.
      output_height: in pixels.
      output_width: in pixels.
      resize_side_min: the length of the short side at the smallest scale, in pixels.
      resize_side_max: the same at the largest scale.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[output_height, output_width, channels]`.
    """
    image = _common.grey_if(use_grayscale, image)
    size, seed = (output_height, output_width), _common.new_seed()
    return for_training(image, size, seed, resize_side_min, resize_side_max)


def preprocess_for_eval(image, output_height, output_width, resize_side, use_grayscale=False):
    """The middle of the image at one scale, less the means of ImageNet.

    Args:
      image: `[height, width, channels]`, of 0 to 255.
      output_height: in pixels, at most `resize_side`.
      output_width: in pixels, at most `resize_side`.
      resize_side: the length of the short side at that scale.
      use_grayscale: whether to turn three colours into one.

    Returns:
      float32 `[output_height, output_width, channels]`.
    """
    image = resize_short_side(_common.grey_if(use_grayscale, image), resize_side)
    return less_means(central_part(image, (output_height, output_width)))


def preprocess_image(
    image,
    output_height,
    output_width,
    is_training=False,
    resize_side_min=_RESIZE_SIDE_MIN,
    resize_side_max=_RESIZE_SIDE_MAX,
    use_grayscale=False,
):
    """`preprocess_for_train`, or `preprocess_for_eval` at the smallest scale."""
    if is_training:
        return preprocess_for_train(
            image, output_height, output_width, resize_side_min, resize_side_max, use_grayscale
        )
    return preprocess_for_eval(image, output_height, output_width, resize_side_min, use_grayscale)
