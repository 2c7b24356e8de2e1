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

        slim.data.class_weights(spec, "balanced")            # each class counts alike
        slim.data.class_weights(spec, {"defective": 3.0})    # the others count 1

    "balanced" gives a class of n pictures, of N in k classes, the weight N / (k n): the mean weight
    of a picture is 1, so that the learning rate keeps its meaning (G. King, L. Zeng, "Logistic
    Regression in Rare Events Data", 2001). For that the labels are counted: a folder or a table
    knows them, and records are read once.

    Args:
        spec: The data that are trained on, with one label a picture.
        weights: "balanced", weights by name or label of a class, or one for each class.

    Returns:
        float32 `[num_classes]`.

    Raises:
        ValueError: If there is no such class, a weight is negative or not finite, all are 0, or
            the data have several labels a picture.
        TypeError: If it is something else.
        DataError: If labels are to be counted, and a file ends within a record.
    """
    if spec.multi_label:
        raise ValueError(
            f"class_weights: {spec.name!r} has several labels a picture, so that a picture has no "
            "class to take its weight from. Give weights by picture, in a column of the table."
        )
    if isinstance(weights, str):
        if weights != BALANCED:
            raise ValueError(
                f"class_weights must be {BALANCED!r}, or weights by class, such as "
                f"{{'cat': 2.0}}; received {weights!r}."
            )
        return balanced(count_labels(spec))
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


def balanced(counts: np.ndarray) -> np.ndarray:
    """The weights with which each class counts alike; 1 for a class without pictures.

    Args:
        counts: Number of pictures of each class, `[num_classes]`.
    """
    there = counts > 0
    weights = np.ones(len(counts), np.float32)
    weights[there] = counts.sum() / (there.sum() * counts[there])
    return weights


def count_labels(spec: DatasetSpec) -> np.ndarray:
    """Number of pictures of each class, int64 `[num_classes]`; labels out of range are left out.

    Args:
        spec: The data, with one label a picture.

    Raises:
        DataError: If they are in files, and one ends within a record.
    """
    source = spec.records()
    if source.listing is not None:
        labels = np.asarray(source.listing.labels, np.int64)
    else:
        source.count()  # shows a file that ends too early
        chunks = (
            source.read_all()
            .batch(_CHUNK)
            .map(
                lambda *records: source.load(as_nest(records)).labels,
                num_parallel_calls=tf.data.AUTOTUNE,
            )
        )
        labels = np.concatenate([np.zeros([0], np.int64), *chunks.as_numpy_iterator()])
    labels = labels[(labels >= 0) & (labels < spec.num_classes)]
    return np.bincount(labels, minlength=spec.num_classes)


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
