"""The layers of a net as a table: scope, shape of the output, number of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.ops import shapes

_PART = "/BatchNorm"
_NAME, _OUTPUT, _COUNT = "Layer (scope)", "Output shape", "Parameters"


def layer_of(scope: str) -> str:
    """The scope of the layer that a scope belongs to: its batch norm is a part of it."""
    return scope.removesuffix(_PART)


def sizes_by_layer(variables: Iterable[tuple[str, Any]]) -> dict[str, int]:
    """How many numbers the variables of each layer hold, by its scope.

    Args:
      variables: (name, variable), in the order of the layers.
    """
    sizes: dict[str, int] = {}
    for name, variable in variables:
        scope = layer_of(name.rpartition("/")[0])
        sizes[scope] = sizes.get(scope, 0) + (variable.shape.num_elements() or 0)
    return sizes


def merged(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Both in one order: that of `first`, and after what precedes it what is in `second` only."""
    both = list(first)
    place = 0
    for name in second:
        if name in both:
            place = both.index(name) + 1
        else:
            both.insert(place, name)
            place += 1
    return both


def written(
    title: str, named: Mapping[str, tf.Variable], outputs: Mapping[str, tf.TensorShape]
) -> str:
    """The table of a net, with what its numbers add up to.

    Args:
      title: stands above it.
      named: the variables of the net by name.
      outputs: the shape that each layer puts out, by its scope.
    """
    sizes = sizes_by_layer(named.items())
    # Of a layer and its batch norm the batch norm comes first, and has the same shape.
    shown = {layer_of(scope): shape for scope, shape in outputs.items()}
    rows = [
        (scope or "-", _shown(shown.get(scope)), f"{sizes[scope]:,}" if scope in sizes else "0")
        for scope in merged(sizes, shown)
    ]
    heads = (_NAME, _OUTPUT, _COUNT)
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(3)]
    rule = "-" * (sum(widths) + 4)
    total = sum(sizes.values())
    trained = sum(v.shape.num_elements() or 0 for v in named.values() if v.trainable)
    lines = [
        title,
        _line(heads, widths),
        rule,
        *(_line(row, widths) for row in rows),
        rule,
        f"Total: {total:,} ({_bytes(named.values())})",
        f"Trainable: {trained:,}",
        f"Not trainable: {total - trained:,}",
    ]
    return "\n".join(lines)


def _line(row: tuple[str, str, str], widths: list[int]) -> str:
    return f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"


def _shown(shape: tf.TensorShape | None) -> str:
    if shape is None or shape.rank is None:
        return "?"
    return f"[{', '.join('?' if side is None else str(side) for side in shapes.of(shape))}]"


def _bytes(variables: Iterable[tf.Variable]) -> str:
    size = float(sum((v.shape.num_elements() or 0) * v.dtype.base_dtype.size for v in variables))
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"
