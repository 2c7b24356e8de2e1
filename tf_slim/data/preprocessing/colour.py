"""Changing the colours of images at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from tf_slim.ops import shapes
from tf_slim.ops.randomness import split, uniform

ORDERINGS = 4
"""How many orders of the four changes `distort_colour` knows."""

_ORDERS = (
    ("brightness", "saturation", "hue", "contrast"),
    ("saturation", "brightness", "contrast", "hue"),
    ("contrast", "hue", "brightness", "saturation"),
    ("hue", "saturation", "contrast", "brightness"),
)
_NEED_COLOUR = ("saturation", "hue")
_RANGES = {
    "brightness": (-32.0 / 255.0, 32.0 / 255.0),
    "saturation": (0.5, 1.5),
    "hue": (-0.2, 0.2),
    "contrast": (0.5, 1.5),
}

_NO_CHROMA = 1e-30


def distort_colour(
    image: tf.Tensor, seed: tf.Tensor, *, ordering: int = 0, fast: bool = True
) -> tf.Tensor:
    """Changes brightness, saturation, hue and contrast by random amounts, one after the other.

    Args:
        image: float32 in [0, 1], `[height, width, channels]`. A grey one keeps its one channel:
            there is no saturation and no hue to change.
        seed: int32 `[2]`, which the amounts are computed from.
        ordering: Which of the orders to change them in, from 0 to 3.
        fast: Whether to leave out hue and contrast, which take most of the time.

    Returns:
        The image, clipped to [0, 1].

    Raises:
        ValueError: If there is no such ordering.
    """
    if not 0 <= ordering < ORDERINGS:
        raise ValueError(f"ordering must be from 0 to {ORDERINGS - 1}, received {ordering!r}.")
    return changed(image, amounts(draws(seed)), ordering=ordering, fast=fast)


def changed(
    image: tf.Tensor, drawn: Mapping[str, tf.Tensor], *, ordering: int = 0, fast: bool = True
) -> tf.Tensor:
    """`distort_colour` by amounts that are drawn already.

    Args:
        image: As there, with the other arguments.
        drawn: What `amounts` gives.
        ordering: Which of the orders.
        fast: Whether to leave out hue and contrast.
    """
    changes = {
        "brightness": tf.add,
        "saturation": saturated,
        "hue": tf.image.adjust_hue,
        "contrast": tf.image.adjust_contrast,
    }
    for name in _ORDERS[min(ordering, 1) if fast else ordering]:
        if fast and name in ("hue", "contrast"):
            continue
        if shapes.size(image, -1) == 1 and name in _NEED_COLOUR:
            continue
        image = changes[name](image, drawn[name])
    return tf.clip_by_value(image, 0.0, 1.0)


def draws(seed: tf.Tensor) -> dict[str, tf.Tensor]:
    """A number from 0 to 1 for each change.

    Args:
        seed: int32 `[2]`.
    """
    return dict(zip(_RANGES, map(uniform, split(seed, len(_RANGES))), strict=True))


def amounts(drawn: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """By how much each is changed: what is added to brightness and hue, the factor of the others.

    Args:
        drawn: What `draws` gives, or some of it.
    """
    return {
        name: _RANGES[name][0] + number * (_RANGES[name][1] - _RANGES[name][0])
        for name, number in drawn.items()
    }


def saturated(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Images of other saturation; hue and value (the largest of the three) stay.

    It gives what `tf.image.adjust_saturation` gives, in the closed form: that one goes by HSV, and
    takes three times as long.

    Args:
        images: float32 `[..., 3]`.
        factor: Of the saturation, from 0, of a shape that goes with `[...]`.
    """
    red, green, blue = tf.unstack(images, 3, axis=-1)
    value = tf.maximum(tf.maximum(red, green), blue)
    chroma = value - tf.minimum(tf.minimum(red, green), blue)
    # Bounded by the factor in any case: compiled, the chroma of grey is 0 here and nearly 0 there.
    ratio = tf.minimum(factor, tf.maximum(value, 0.0) / tf.maximum(chroma, _NO_CHROMA))
    value, ratio = value[..., tf.newaxis], ratio[..., tf.newaxis]
    return value - (value - images) * ratio


def one_of(seed: tf.Tensor, branches: list[Callable]) -> tf.Tensor:
    """What one of several functions returns, chosen at random.

    Args:
        seed: int32 `[2]`.
        branches: Functions without arguments, whose results are of one type and shape.
    """
    if len(branches) == 1:
        return branches[0]()
    chosen = tf.random.stateless_uniform([], seed, 0, len(branches), tf.int32)
    return tf.switch_case(chosen, branches)
