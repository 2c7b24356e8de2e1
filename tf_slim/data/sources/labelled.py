"""Labels, names and weights that come as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf_slim.ops.arguments import describe


def read_labels_of_arrays(
    labels: Any, count: int, num_classes: int | None, multi_label: bool | None
) -> tuple[np.ndarray, dict[int, str] | None, bool]:
    """Reads the labels of pictures in memory.

    Args:
        labels: Integers `[pictures]` or `[pictures, 1]`, names, or rows of 0 and 1.
        count: Number of pictures.
        num_classes: Number of classes, or None.
        multi_label: Whether there are several labels a picture; None to see it by rows.

    Returns:
        int64 `[pictures]`, or float32 `[pictures, classes]` of 0 and 1; the names of the classes
        if the labels were names; whether it is multi-label.

    Raises:
        ValueError: If they are none of these, or not as many, or out of range.
    """
    found = np.asarray(labels.numpy() if hasattr(labels, "numpy") else labels)
    if found.ndim == 2 and found.shape[1] == 1 and not multi_label:
        found = found[:, 0]
    if found.ndim not in (1, 2) or (found.dtype == object and found.ndim != 1):
        raise ValueError(
            "labels must be [pictures], or rows of 0 and 1 [pictures, classes]; received "
            f"{describe(labels)}."
        )
    if len(found) != count:
        raise ValueError(f"there are {count} pictures, but {len(found)} labels.")
    names = None
    if found.ndim == 1 and found.dtype.kind in "UO":
        if not all(isinstance(one, str) for one in found.tolist()):
            raise ValueError("labels must be all names, or all integers.")
        classes = sorted(set(found.tolist()))
        names = dict(enumerate(classes))
        numbers = {name: number for number, name in names.items()}
        found = np.array([numbers[one] for one in found.tolist()], np.int64)
    if found.dtype.kind == "f" and found.ndim == 1 and (found == np.rint(found)).all():
        found = found.astype(np.int64)
    if found.ndim == 1 and found.dtype.kind not in "iub":
        raise ValueError(f"labels must be integers or names, received {found.dtype}.")
    if found.ndim == 2:
        return *_of_rows(found, num_classes, multi_label), _is_multi(found, multi_label)
    if multi_label:
        raise ValueError(
            "labels of multi-label data must be rows of 0 and 1 [pictures, classes], received "
            f"shape {list(found.shape)}."
        )
    found = found.astype(np.int64)
    bad = np.flatnonzero((found < 0) | (found >= (num_classes or np.iinfo(np.int64).max)))
    if len(bad):
        upper = "num_classes" if num_classes is None else num_classes
        raise ValueError(
            f"labels must be in [0, {upper}), received {found[bad[0]]} for picture {bad[0]}."
        )
    return found, names, False


def _is_multi(rows: np.ndarray, multi_label: bool | None) -> bool:
    return bool((rows.sum(1) != 1).any()) if multi_label is None else multi_label


def _of_rows(
    rows: np.ndarray, num_classes: int | None, multi_label: bool | None
) -> tuple[np.ndarray, None]:
    bad = np.flatnonzero(~np.isin(rows, (0, 1)).all(1))
    if len(bad):
        raise ValueError(
            f"labels must be rows of 0 and 1, but that of picture {bad[0]} is "
            f"{rows[bad[0]].tolist()}."
        )
    if num_classes is not None and rows.shape[1] != num_classes:
        raise ValueError(
            f"labels have {rows.shape[1]} values a picture, but num_classes is {num_classes}."
        )
    if _is_multi(rows, multi_label):
        return rows.astype(np.float32), None
    if (rows.sum(1) != 1).any():
        worst = int(np.flatnonzero(rows.sum(1) != 1)[0])
        raise ValueError(
            f"picture {worst} has {int(rows[worst].sum())} labels, and one is expected. Several "
            "labels a picture are multi_label=True."
        )
    return rows.argmax(1).astype(np.int64), None


def as_names(names: Mapping[int, str] | Sequence[str]) -> dict[int, str]:
    """Names of classes by their numbers, from such a mapping or from a list."""
    return dict(names) if isinstance(names, Mapping) else dict(enumerate(names))


def read_weights(weights: Any, count: int) -> np.ndarray | None:
    """Reads the weights of pictures: float32 `[pictures]`, finite and not negative.

    Raises:
        ValueError: If they are not.
    """
    if weights is None:
        return None
    found = np.asarray(weights, np.float32)
    if found.shape != (count,):
        raise ValueError(f"weights must be [{count}], one a picture; received {list(found.shape)}.")
    bad = np.flatnonzero(~np.isfinite(found) | (found < 0))
    if len(bad):
        raise ValueError(
            f"weights must be finite and not negative, received {found[bad[0]]} for picture "
            f"{bad[0]}."
        )
    return found
