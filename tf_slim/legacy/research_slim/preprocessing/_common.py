"""What the modules of this package share."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import modes, shapes


def new_seed() -> tf.Tensor:
    """A seed for stateless functions, int32 `[2]`: another one in each run."""
    return tf.random.uniform([2], maxval=2**31 - 1, dtype=tf.int32)


def grey_if(use_grayscale: bool, image: tf.Tensor) -> tf.Tensor:
    """The image, with one channel if asked for."""
    if not use_grayscale or shapes.size(image, -1) == 1:
        return image
    return tf.image.rgb_to_grayscale(image)


def show(wanted: bool, name: str, image: tf.Tensor) -> None:
    """Adds an image summary, in a v1 graph."""
    if wanted and modes.in_v1_graph():
        tf.compat.v1.summary.image(name, image[tf.newaxis])


def show_boxes(wanted: bool, name: str, image: tf.Tensor, boxes: tf.Tensor) -> None:
    """Adds an image summary with boxes drawn in."""
    if wanted and modes.in_v1_graph():
        show(True, name, tf.compat.v1.image.draw_bounding_boxes(image[tf.newaxis], boxes)[0])
