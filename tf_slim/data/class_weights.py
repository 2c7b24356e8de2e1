"""How much the pictures of each class count in training: as given, or so that all count alike."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.sources.protocol import as_nest
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import describe
from tf_slim.ops.wording import did_you_mean

BALANCED = "balanced"

# Records at a time when labels are counted.
_CHUNK = 4096


def class_weights(
    spec: DatasetSpec, weights: str | Mapping[Any, float] | Sequence[float]
) -> np.ndarray:
    """Works out the weight of each class.

    "balanced" gives a class of n pictures, of N in k classes, the weight N / (k n): the mean weight
    of a picture is 1, so that the learning rate keeps its meaning (G. King, L. Zeng, "Logistic
    Regression in Rare Events Data", 2001). For that the labels are counted: a folder or a table
    knows them, and records are read once.

    Where pictures have several labels, the weight of a class is that of its presence in a picture,
    its absence counting 1. "balanced" then gives a class of n pictures, of N, the weight
    (N - n) / n: its presence counts as much as its absence.

    Args:
        spec: The data that are trained on.
        weights: "balanced", weights by name or label of a class, or one for each class.

    Returns:
        float32 `[num_classes]`.

    Raises:
        ValueError: If there is no such class, a weight is negative or not finite, or all are 0.
        TypeError: If it is something else.
        DataError: If labels are to be counted, and a file ends within a record.

    Examples:
        >>> spec = slim.data.from_folder("pets", "all")
        >>> print(slim.data.class_weights(spec, "balanced"))
        [1. 1. 1.]
        >>> print(slim.data.class_weights(spec, {"cat": 3.0}))
        [3. 1. 1.]
    """
    if isinstance(weights, str):
        if weights != BALANCED:
            raise ValueError(
                f"class_weights must be {BALANCED!r}, or weights by class, such as "
                f"{{'cat': 2.0}}; received {weights!r}."
            )
        counts, pictures = count_labels(spec)
        return balanced(counts, pictures if spec.multi_label else None)
    if isinstance(weights, Mapping):
        found = np.ones([spec.num_classes], np.float32)
        for key, value in weights.items():
            found[_label(spec, key)] = _checked(value, repr(key))
    elif isinstance(weights, (Sequence, np.ndarray)):
        if len(weights) != spec.num_classes:
            raise ValueError(
                f"class_weights must be one for each of the {spec.num_classes} classes of "
                f"{spec.name!r}, received {len(weights)}."
            )
        found = np.array([_checked(value, str(i)) for i, value in enumerate(weights)], np.float32)
    else:
        raise TypeError(
            f"class_weights must be {BALANCED!r}, a dictionary or a list of numbers, received "
            f"{describe(weights)}."
        )
    if not found.any():
        raise ValueError("class_weights are all 0: there would be nothing to learn.")
    return found


def balanced(counts: np.ndarray, pictures: int | None = None) -> np.ndarray:
    """The weights with which each class counts alike; 1 for a class without pictures.

    Args:
        counts: Number of pictures of each class, `[num_classes]`.
        pictures: Number of all pictures, where these have several labels: weights are then such
            that presence and absence of a class count alike, and 1 for one that all have.
    """
    weights = np.ones(len(counts), np.float32)
    if pictures is None:
        there = counts > 0
        weights[there] = counts.sum() / (there.sum() * counts[there])
    else:
        there = (counts > 0) & (counts < pictures)
        weights[there] = (pictures - counts[there]) / counts[there]
    return weights


def of_targets(weights: np.ndarray, targets: tf.Tensor) -> tf.Tensor:
    """How much the targets of a batch count, by the weights of their classes.

    Args:
        weights: `[num_classes]`.
        targets: int64 `[batch]`, or of several labels a picture float32 `[batch, num_classes]`.

    Returns:
        float32, of the shape of the targets.
    """
    if targets.dtype.is_integer:
        return tf.gather(tf.constant(weights), targets)
    return tf.where(targets > 0, tf.constant(weights), 1.0)


def count_labels(spec: DatasetSpec) -> tuple[np.ndarray, int]:
    """Number of pictures of each class, int64 `[num_classes]`, and of all pictures.

    Labels out of range are left out.

    Args:
        spec: The data.

    Raises:
        DataError: If they are in files, and one ends within a record.
    """
    source = spec.records()
    counts, pictures = np.zeros([spec.num_classes], np.int64), 0
    if source.listing is not None:
        chunks = [source.listing.labels]
        if spec.multi_label:  # a tuple of them for each picture
            pictures = len(chunks[0])
            chunks = [[label for labels in chunks[0] for label in set(labels)]]
    else:
        source.count()  # shows a file that ends too early
        chunks = (
            source.read_all()
            .batch(_CHUNK)
            .map(
                lambda *records: source.load(as_nest(records)).labels,
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            .as_numpy_iterator()
        )
    for labels in chunks:
        labels = np.asarray(labels)
        if labels.dtype.kind == "f":  # rows of 0 and 1
            pictures += len(labels)
            labels = labels.nonzero()[1]
        labels = labels[(labels >= 0) & (labels < spec.num_classes)]
        counts += np.bincount(labels.astype(np.int64), minlength=spec.num_classes)
    return counts, pictures or int(counts.sum())


def _label(spec: DatasetSpec, key: int | str) -> int:
    names = {name: label for label, name in (spec.labels_to_names or {}).items()}
    if isinstance(key, str) and key in names:
        return names[key]
    try:
        label = int(key)  # keys of a TOML file are texts
    except (TypeError, ValueError):
        label = -1
    if not 0 <= label < spec.num_classes or isinstance(key, bool):
        raise ValueError(
            f"class_weights: {spec.name!r} has no class {key!r}."
            f"{did_you_mean(str(key), names)} Its labels are 0 to {spec.num_classes - 1}."
        )
    return label


def _checked(value: Any, key: str) -> float:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"class_weights: that of {key} must be a number, received {value!r}.")
    if not 0 <= float(value) < math.inf:
        raise ValueError(
            f"class_weights: that of {key} must be at least 0 and finite, received {value}."
        )
    return float(value)
