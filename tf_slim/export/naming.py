"""The outputs of exported files: their names, and which of them a net gives."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.evaluation.logits import has_logits, logits_of
from tf_slim.export import features as embedding
from tf_slim.export.errors import ExportError
from tf_slim.ops import shapes
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import mapped, split_outputs
from tf_slim.ops.wording import first_few

IMAGES = "images"
"""What a file takes, of a net of one input."""

PROBABILITIES = "probabilities"
LOGITS = "logits"
FEATURES = "features"


def named(
    model: Model,
    result: Any,
    *,
    labels: tuple[str, ...] | None,
    num_classes: int | None,
    multi_label: bool,
    softmax: bool,
    features: str | bool,
) -> dict[str, tf.Tensor]:
    """What a net returned, as the outputs of an exported file; see `Source.named`.

    Args:
      model: the net.
      result: what it returned, in the graph in which it was called.
      labels: the name of each class.
      num_classes: how many there are, if that was said.
      multi_label: whether a picture may be of several.
      softmax: whether to give probabilities too, and not the logits alone.
      features: the end point to give as `features`; True for the last one before the logits.

    Raises:
      ExportError: the labels are not as many as the classes, or the net returned no tensor.
    """
    outputs, end_points = split_outputs(result)
    points = model.end_points if end_points is None else end_points
    logits = None
    if _are_logits(outputs, num_classes or (None if labels is None else len(labels))):
        logits = tf.cast(logits_of(model, outputs), tf.float32)
        _check(labels, shapes.size(logits, 1), model)
        squash = tf.sigmoid if multi_label else tf.nn.softmax
        found = {PROBABILITIES: squash(logits)} if softmax else {}
        found[LOGITS] = logits
    else:
        found = _by_name(model, outputs)
    if isinstance(features, str):
        found[FEATURES] = embedding.chosen(model, points, features)
    elif features and logits is not None:
        last = embedding.last(points, outputs)
        if last is not None:
            found[FEATURES] = last
    return {name: tf.identity(value, _node(name)) for name, value in found.items()}


def _are_logits(outputs: Any, classes: int | None) -> bool:
    """Whether they tell classes apart: a vector does, and a map of as many channels as classes."""
    if not has_logits(outputs):
        return False
    return outputs.shape.rank == 2 or (classes is not None and shapes.size(outputs, -1) == classes)


def _check(labels: tuple[str, ...] | None, classes: int | None, model: Model) -> None:
    if labels is not None and classes is not None and len(labels) != classes:
        raise ExportError(
            f"There are {len(labels)} labels ({first_few(labels, 3)}), but {model.name} returns "
            f"{classes} logits. Give the labels that it was trained with, in their order."
        )


def _by_name(model: Model, outputs: Any) -> dict[str, tf.Tensor]:
    found: dict[str, tf.Tensor] = {}

    def add(name: str, value: Any) -> None:
        if tf.is_tensor(value):
            found[name] = tf.cast(value, tf.float32) if value.dtype.is_floating else value

    mapped(add, outputs)
    if not found:
        raise ExportError(
            f"{model.name} returns no tensor, so that there is nothing to export: got "
            f"{describe(outputs)}."
        )
    return found


def _node(name: str) -> str:
    """A name that an operation of TensorFlow may have."""
    allowed = "".join(c if c.isascii() and (c.isalnum() or c in "_.-/") else "_" for c in name)
    return allowed if allowed[:1].isalnum() or allowed[:1] == "." else f"output{allowed}"
