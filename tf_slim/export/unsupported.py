"""Operations that a target lacks: named, with the layers that need them."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import Any

from tf_slim.export.errors import ExportError
from tf_slim.ops.wording import first_few

_SCOPES = 3


def error(target: str, operations: Iterable[str], graph_def: Any, remedy: str) -> ExportError:
    """The error that says which layers a target cannot run.

    Args:
      target: its name.
      operations: the names of those that it lacks, such as `Svd`.
      graph_def: the graph that was to be exported.
      remedy: what to do about it.
    """
    scopes: dict[str, list[str]] = collections.defaultdict(list)
    for node in _nodes(graph_def):
        scopes[node.op].append(_scope(node.name))
    told = []
    for operation in sorted(set(operations)):
        where = list(dict.fromkeys(scopes.get(operation, ())))
        told.append(f"{operation} (in {first_few(where, _SCOPES)})" if where else operation)
    return ExportError(f"{target} lacks operations of this net: {'; '.join(told)}. {remedy}")


def operations(graph_def: Any) -> set[str]:
    """The names of all operations in a graph and in the functions that it calls."""
    return {node.op for node in _nodes(graph_def)}


def _nodes(graph_def: Any) -> Iterator[Any]:
    yield from graph_def.node
    for function in graph_def.library.function:
        yield from function.node_def


def _scope(name: str) -> str:
    """The layer that a node belongs to; of one outside all layers its own name."""
    return name.rpartition("/")[0] or name
