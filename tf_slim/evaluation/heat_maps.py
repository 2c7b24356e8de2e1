"""Grad-CAM: what in an image speaks for a class.

R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", ICCV 2017, arXiv:1610.02391, section 3.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.evaluation.logits import logits_of
from tf_slim.nets._features import select
from tf_slim.ops import shapes
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.tracing import TracedFunction
from tf_slim.ops.wording import first_few


def grad_cam(
    model: Model,
    images: Any,
    classes: Any = None,
    end_point: str | None = None,
) -> tf.Tensor:
    """Maps of where an image shows what speaks for a class, by Grad-CAM.

    The channels of a feature map are summed, each weighted by the mean of the gradient of the
    class's logit by it; what speaks against the class is left out.

    Args:
      model: a built model of images whose net returns logits `[batch, classes]` and end points.
      images: what it takes, preprocessed: float32 `[batch, height, width, channels]`.
      classes: the class to explain, one integer or int `[batch]`; by default the one with the
        largest logit.
      end_point: the name of the feature map (see `features` of `slim.nets.create`); by default the
        last one before the logits that has a height and a width.

    Returns:
      float32 `[batch, height, width]` of the size of the images, from 0 to 1, which is the largest
      of each image; 0 everywhere where nothing speaks for the class.

    Raises:
      ValueError: the net has no such feature map, or the logits do not depend on it.
      tf.errors.InvalidArgumentError: there is no such class.

    Examples:
      >>> run = slim.load("runs/digits")
      >>> images = tf.random.normal([2, 8, 8, 1])
      >>> slim.evaluation.grad_cam(run.model, images).shape
      TensorShape([2, 8, 8])
      >>> slim.evaluation.grad_cam(run.model, images, classes=3).shape
      TensorShape([2, 8, 8])
    """
    model.require_variables("explain")
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4 or not images.dtype.is_floating:
        raise ValueError(
            "images: expected preprocessed ones, float32 [batch, height, width, channels]; got "
            f"{describe(images)}. For one image write images[None]."
        )
    if classes is not None:
        given, classes = classes, tf.convert_to_tensor(classes)
        if not classes.dtype.is_integer or classes.shape.rank not in (0, 1):
            raise ValueError(
                f"classes: expected one class, or an integer [batch]; got {describe(given)}."
            )
    if not tf.executing_eagerly():
        return _maps(model, end_point, images, classes)
    return _traced(model, end_point)(images, classes)


def _traced(model: Model, end_point: str | None) -> Callable:
    """The function that explains a model, traced once."""
    known = model.evaluated_by
    key = ("grad_cam", end_point, tuple(map(id, model.variables)))
    if key not in known:
        known[key] = TracedFunction(
            functools.partial(_maps, model, end_point), reduce_retracing=True
        )
    return known[key]


def _maps(
    model: Model, end_point: str | None, images: tf.Tensor, classes: tf.Tensor | None
) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(images)
        with default_is_training(False):
            outputs, end_points = split_outputs(model(images))
        logits = logits_of(model, outputs)
        score = tf.reduce_sum(_of_classes(logits, classes))
    named = model.end_points if end_points is None else end_points
    if end_point is None:
        features = _last(model, named, logits)
    else:
        features = select(model.name, named, [end_point], True)[end_point]
        if not _is_map(features):
            raise ValueError(
                f"end_point {end_point!r} of {model.name} is no feature map: expected [batch, "
                f"height, width, channels]; got {describe(features)}."
            )
    gradient = tape.gradient(score, features)
    if gradient is None:
        raise ValueError(
            f"The logits of {model.name} do not depend on the end point {end_point!r}. Name one "
            "that lies before them."
        )
    return _drawn(features, gradient, tf.shape(images)[1:3])


def _of_classes(logits: tf.Tensor, classes: tf.Tensor | None) -> tf.Tensor:
    """The logit of the class to explain, `[batch]`."""
    if classes is None:
        return tf.reduce_max(logits, axis=1)
    count = tf.cast(tf.shape(logits)[1], classes.dtype)
    is_one = tf.reduce_all((classes >= 0) & (classes < count))
    check = tf.raw_ops.Assert(
        condition=is_one,
        data=["grad_cam: classes must be in [0,", count, "), received", classes],
        summarize=8,
    )
    with tf.control_dependencies([check] if check is not None else []):
        chosen = tf.broadcast_to(classes, tf.shape(logits)[:1])
    return tf.gather(logits, chosen, axis=1, batch_dims=1)


def _last(model: Model, named: Mapping[str, Any], logits: tf.Tensor) -> tf.Tensor:
    """The feature map that the logits are nearest to: end points need not come in their order."""
    maps = {value.ref() for value in named.values() if _is_map(value)}
    seen, reached = set(), collections.deque(logits.op.inputs)
    while reached:
        value = reached.popleft()
        if value.ref() in maps:
            return value
        if value.op not in seen:
            seen.add(value.op)
            reached.extend(value.op.inputs)
    raise ValueError(
        f"{model.name} has no feature map, [batch, height, width, channels] with more than one "
        f"place in it, that its logits depend on. Its end points: {first_few(named, 8)}."
    )


def _is_map(value: Any) -> bool:
    if not isinstance(value, tf.Tensor) or value.shape.rank != 4 or not value.dtype.is_floating:
        return False
    height, width = shapes.of(value)[1:3]
    return height is None or width is None or height * width > 1


def _drawn(features: tf.Tensor, gradient: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    features, gradient = (tf.cast(value, tf.float32) for value in (features, gradient))
    weights = tf.reduce_mean(gradient, [1, 2], keepdims=True)
    maps = tf.nn.relu(tf.reduce_sum(weights * features, axis=3, keepdims=True))
    maps = tf.image.resize(maps, size)[..., 0]
    return tf.math.divide_no_nan(maps, tf.reduce_max(maps, [1, 2], keepdims=True))
