"""The preprocessings that have a name: `@register`, `get_preprocessing`, `names`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tf_slim.data.augment.pixel_values import PixelRange
from tf_slim.data.named import Named
from tf_slim.data.spec import as_image_size

_factories = Named("preprocessing", "tf_slim.data.preprocessing")
_ranges: dict[str, PixelRange | Callable[[int], PixelRange]] = {}


def register(
    name: str, *, pixel_range: PixelRange | Callable[[int], PixelRange] = None
) -> Callable:
    """Decorates the function that makes a preprocessing.

    Args:
        name: Name of the preprocessing.
        pixel_range: What black and white become, such as `(-1.0, 1.0)`, for the augmentation that
            comes after it; of values that differ by channel a function of the number of channels.
            None where it is not fixed.

    Returns:
        A decorator for `fn(image_size) -> preprocess`, where `image_size` is `(height, width)` or
        None. It returns the function unchanged.

    Raises:
        ValueError: If the name is taken by another function.

    Examples:
        >>> @slim.data.preprocessing.register("unit")
        ... def unit(image_size=None):
        ...     def preprocess(image, *, is_training, seed):
        ...         return tf.cast(image, tf.float32) / 255
        ...     return preprocess
        >>> preprocess = slim.data.preprocessing.get_preprocessing("unit")
        >>> print(preprocess(tf.constant([[[51]]]), is_training=False, seed=[0, 0]).numpy())
        [[[0.2]]]
    """

    def decorate(factory: Callable) -> Callable:
        _factories.add(name, factory)
        _ranges[name] = pixel_range
        return factory

    return decorate


def get_preprocessing(name: str, image_size: int | Sequence[int] | None = None) -> Callable:
    """Returns a preprocessing by its name.

    Args:
        name: One of `names()`.
        image_size: Size of the result in pixels: one integer or `(height, width)`. None leaves it
            to the preprocessing: the size of its nets, or that of the image.

    Returns:
        `preprocess(image, *, is_training, seed)`. It takes one image, uint8
        `[height, width, channels]`, whether it is for training, and a seed, int32 `[2]`, from which
        alone all that is random about it must come (`tf.random.stateless_*`). It returns the image
        as float32 `[height, width, channels]`.

    Raises:
        ValueError: If the name is unknown or the size is none.

    Examples:
        >>> preprocess = slim.data.preprocessing.get_preprocessing("inception", image_size=224)
        >>> picture = tf.zeros([300, 400, 3], tf.uint8)
        >>> image = preprocess(picture, is_training=False, seed=[0, 0])
        >>> image.shape, float(image[0, 0, 0])
        (TensorShape([224, 224, 3]), -1.0)
    """
    return _factories.get(name)(as_image_size(image_size))


def get_pixel_range(name: str, channels: int) -> PixelRange:
    """Returns what black and white become in a preprocessing.

    Args:
        name: One of `names()`.
        channels: Number of channels of the image.

    Returns:
        `(black, white)`, each a number or one a channel; None where they are not fixed.

    Raises:
        ValueError: If the name is unknown.

    Examples:
        >>> slim.data.preprocessing.get_pixel_range("inception", 3)
        (-1.0, 1.0)
    """
    _factories.get(name)
    pixel_range = _ranges[name]
    return pixel_range(channels) if callable(pixel_range) else pixel_range


def names() -> list[str]:
    """Names of all registered preprocessings, sorted.

    Examples:
      >>> "inception" in slim.data.preprocessing.names()
      True
    """
    return _factories.names()
