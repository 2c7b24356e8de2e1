"""From what a user gives as `preprocess` to the function that is called."""

from __future__ import annotations

from collections.abc import Callable

from tf_slim.data.preprocessing import get_preprocessing
from tf_slim.data.preprocessing.cropping import Cropping
from tf_slim.ops.arguments import describe, takes
from tf_slim.ops.tracing import UserFunction


def chosen(preprocess: str | Callable, image_size: tuple[int, int] | None) -> Callable:
    """The preprocessing that a user has chosen: by name, or a function of his own.

    Args:
        preprocess: Name or function.
        image_size: Height and width, in pixels; None for those of the preprocessing.

    Returns:
        `fn(image, *, is_training, seed)`, to be called while a function of ours is traced.

    Raises:
        TypeError: If it is neither.
        ValueError: If there is none of the name, or the function takes other arguments.
    """
    if isinstance(preprocess, str):
        return _called(get_preprocessing(preprocess, image_size))
    if not callable(preprocess) or isinstance(preprocess, type):
        raise TypeError(
            "preprocess must be a function or the name of a preprocessing, received "
            f"{describe(preprocess)}."
        )
    missing = [name for name in ("is_training", "seed") if not takes(preprocess, name)]
    if missing:
        raise ValueError(
            f"preprocess is called as fn(image, is_training=..., seed=...), but {preprocess!r} "
            f"does not take {' and '.join(missing)}: add `*, is_training, seed` to its parameters."
        )
    return _called(preprocess)


def _called(preprocess: Callable) -> Callable:
    return preprocess if isinstance(preprocess, Cropping) else UserFunction(preprocess)
