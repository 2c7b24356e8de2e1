"""Changing the colours of one image at random."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import shapes

ORDERINGS = 4
"""How many orders of the four changes `distort_colour` knows."""

_ORDERS = (
    ("brightness", "saturation", "hue", "contrast"),
    ("saturation", "brightness", "contrast", "hue"),
    ("contrast", "hue", "brightness", "saturation"),
    ("hue", "saturation", "contrast", "brightness"),
)
_NEED_COLOUR = ("saturation", "hue")


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
    seeds = dict(zip(_ORDERS[0], tf.unstack(tf.random.split(seed, 4)), strict=True))
    changes = {
        "brightness": lambda x, s: tf.image.stateless_random_brightness(x, 32.0 / 255.0, s),
        "saturation": lambda x, s: tf.image.stateless_random_saturation(x, 0.5, 1.5, s),
        "hue": lambda x, s: tf.image.stateless_random_hue(x, 0.2, s),
        "contrast": lambda x, s: tf.image.stateless_random_contrast(x, 0.5, 1.5, s),
    }
    for name in _ORDERS[min(ordering, 1) if fast else ordering]:
        if fast and name in ("hue", "contrast"):
            continue
        if shapes.size(image, -1) == 1 and name in _NEED_COLOUR:
            continue
        image = changes[name](image, seeds[name])
    return tf.clip_by_value(image, 0.0, 1.0)


def one_of(seed: tf.Tensor, branches: list) -> tf.Tensor:
    """What one of several functions returns, chosen at random.

    Args:
        seed: int32 `[2]`.
        branches: Functions without arguments, whose results are of one type and shape.
    """
    if len(branches) == 1:
        return branches[0]()
    chosen = tf.random.stateless_uniform([], seed, 0, len(branches), tf.int32)
    return tf.switch_case(chosen, branches)
