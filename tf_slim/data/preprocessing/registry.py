"""The preprocessings that have a name: `@register`, `get_preprocessing`, `names`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tf_slim.data.named import Named
from tf_slim.data.spec import as_image_size

_factories = Named("preprocessing", "tf_slim.data.preprocessing")


def register(name: str) -> Callable:
    """Decorates the function that makes a preprocessing.

        @slim.data.preprocessing.register("unit")
        def unit(image_size=None):
            def preprocess(image, *, is_training, seed):
                return tf.cast(image, tf.float32) / 255
            return preprocess

    Args:
        name: Name of the preprocessing.

    Returns:
        A decorator for `fn(image_size) -> preprocess`, where `image_size` is `(height, width)` or
        None. It returns the function unchanged.

    Raises:
        ValueError: If the name is taken by another function.
    """

    def decorate(factory: Callable) -> Callable:
        _factories.add(name, factory)
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
    """
    return _factories.get(name)(as_image_size(image_size))


def names() -> list[str]:
    """Names of all registered preprocessings, sorted."""
    return _factories.names()
