"""Nets by name, with a checkpoint that was published or is one's own, as if they were runs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_slim import checkpoints, nets
from tf_slim.learning.description import Description
from tf_slim.ops import patterns, shapes

_IMAGENET = 1000


def is_net(name: str) -> bool:
    """Whether this is the name of a net, or of a published checkpoint."""
    if name in nets.names():
        return True
    try:
        nets.checkpoint(name)
    except ValueError:
        return False
    return True


def describe(name: str, checkpoint: str | os.PathLike | None) -> tuple[Description, str]:
    """What a net is, and the path of its checkpoint.

    Args:
      name: of the net, or of a published checkpoint.
      checkpoint: the path of one, or the name of a published one; None for the published one.

    Raises:
      ValueError: none was published.
      OSError: the published one cannot be fetched.
    """
    if checkpoint is None or (isinstance(checkpoint, str) and checkpoint in _published_of(name)):
        known = nets.checkpoint(name if checkpoint is None else os.fsdecode(checkpoint))
        found = Description(
            net=known.net,
            num_classes=known.num_classes,
            kwargs=dict(known.keywords),
            data="ImageNet",
            labels=imagenet_names(known.num_classes),
            preprocessing=known.preprocessing,
            image_size=(known.image_size, known.image_size),
            channels=nets.spec(known.net).channels,
        )
        return found, nets.fetch(known.name)
    known = None if name in nets.names() else nets.checkpoint(name)
    spec = nets.spec(name if known is None else known.net)
    path = checkpoints.resolve(checkpoint)
    size = spec.image_size if known is None else known.image_size
    return (
        Description(
            net=spec.name,
            num_classes=classes_in(path, spec.logits_scopes) or spec.num_classes,
            kwargs={} if known is None else dict(known.keywords),
            preprocessing=spec.preprocessing if known is None else known.preprocessing,
            image_size=(size, size),
            channels=spec.channels,
        ),
        path,
    )


def _published_of(name: str) -> list[str]:
    return [one.name for one in nets.spec(name).checkpoints] if name in nets.names() else [name]


def classes_in(path: str, logits_scopes: Sequence[str]) -> int | None:
    """For how many classes the logits in a checkpoint are; None if it has none that are known.

    Args:
      path: of the checkpoint.
      logits_scopes: of the layers that make them (see `NetSpec`).
    """
    reader = checkpoints.Reader(path)
    for scope in logits_scopes:
        for name in reader.names:
            if patterns.matches(name, f"{scope}/*") and name.endswith(("/biases", "/weights")):
                return shapes.of(reader.shape(name))[-1]
    return None


def imagenet_names(classes: int) -> tuple[str, ...] | None:
    """The names of the classes of ImageNet, which Keras fetches once; None where it cannot.

    Args:
      classes: 1000, or 1001 where class 0 stands for none of them.
    """
    if classes not in (_IMAGENET, _IMAGENET + 1):
        return None
    try:
        rows = tf.keras.applications.imagenet_utils.decode_predictions(
            np.eye(_IMAGENET, dtype=np.float32), top=1
        )
    except Exception as error:  # whatever a network may do
        warnings.warn(
            f"The names of ImageNet's classes cannot be fetched ({error}): classes are shown by "
            "their numbers. Give labels=, a file of lines id:name, to name them.",
            stacklevel=2,
        )
        return None
    names = [row[0][1].replace("_", " ") for row in rows]
    return tuple(names) if classes == _IMAGENET else ("background", *names)
