"""What nets and layers return: outputs, end points beside them, and the names of both."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.ops import modes, precision
from tf_slim.ops.types import Collections


def split_outputs(result: Any) -> tuple[Any, dict | None]:
    """What a net returned, as (outputs, end points): nets return either, or the outputs alone."""
    if isinstance(result, tuple) and len(result) > 1 and isinstance(result[-1], dict):
        rest = result[:-1]
        return (rest[0] if len(rest) == 1 else rest), result[-1]
    return result, None


def with_end_points(result: Any) -> tuple[Any, Mapping[str, Any] | None]:
    """As `split_outputs`; a net that returns a dict alone has its outputs for end points."""
    outputs, end_points = split_outputs(result)
    if end_points is None and isinstance(outputs, Mapping):
        return outputs, outputs
    return outputs, end_points


def in_full(result: Any) -> Any:
    """What a net returned, with outputs in float32; end points stay as they were computed."""
    if split_outputs(result)[1] is None:
        return precision.in_full(result)
    return (*precision.in_full(result[:-1]), result[-1])


def mapped(function: Callable[[str, Any], Any], outputs: Any, default: str = "output") -> Any:
    """A structure of outputs with each put through a function, which is told its name.

    Args:
      function: from the name, made of keys and numbers (`boxes`, `output_0`, `head_1`), and the
        output.
      outputs: one output, or a dict, list, tuple or named tuple of them, also nested.
      default: the name of a single output, and what the names begin with that have no key.

    Returns:
      The structure of `outputs` with what the function returned.
    """

    def visit(value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            return {key: visit(one, (*path, str(key))) for key, one in value.items()}
        if hasattr(value, "_fields"):
            named = ((*path, name) for name in value._fields)
            return type(value)(*(visit(one, name) for one, name in zip(value, named, strict=True)))
        if isinstance(value, (list, tuple)):
            first = () if path else (default,)
            named = ((*path, "_".join((*first, str(i)))) for i in range(len(value)))
            return type(value)(visit(one, name) for one, name in zip(value, named, strict=True))
        return function("_".join(path) or default, value)

    return visit(outputs, ())


def shapes_of(outputs: Mapping[str, Any]) -> Mapping[str, tf.TensorShape]:
    """The shapes of tensors by name; what is no tensor has none."""
    found = {name: value.shape for name, value in outputs.items() if tf.is_tensor(value)}
    return types.MappingProxyType(found)


def accessible(value: Any) -> Any:
    """`value`; of a tensor that belongs to a function which has been left, its `tf.TensorSpec`."""
    if modes.is_symbolic(value) and not _within(value.graph):
        return tf.TensorSpec(value.shape, value.dtype)
    return value


def _within(graph: tf.Graph) -> bool:
    if not graph.building_function:
        return True
    here = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while here is not None and here is not graph:
        here = getattr(here, "outer_graph", None)
    return here is graph


def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Gives a tensor one more name, kept in its attribute `aliases`.

    Args:
      tensor: a tensor.
      alias: the name; a slash at its end is dropped.

    Returns:
      `tensor`.

    Examples:
      >>> net = slim.layers.utils.append_tensor_alias(tf.ones([8, 10]), "net/logits")
      >>> slim.layers.utils.get_tensor_aliases(net)
      ['net/logits']
    """
    alias = alias.removesuffix("/")
    if hasattr(tensor, "aliases"):
        tensor.aliases.append(alias)
    else:
        # Composite tensors may have no room for attributes; the collections know the name.
        with contextlib.suppress(AttributeError):
            tensor.aliases = [alias]
    return tensor


def get_tensor_aliases(tensor: Any) -> list[str]:
    """The names given to a tensor; without any, the one that its operation has.

    Examples:
      >>> net = slim.layers.utils.collect_named_outputs("outputs", "net/conv1", tf.ones([8, 10]))
      >>> slim.layers.utils.get_tensor_aliases(net)
      ['net/conv1']
    """
    if hasattr(tensor, "aliases"):
        return tensor.aliases
    if not modes.is_symbolic(tensor):
        return []
    return [tensor.name.removesuffix(":0")]


def as_list(names: Collections) -> list[str]:
    """Collections given as None, one name or several, as a list.

    Examples:
      >>> slim.layers.utils.as_list("losses"), slim.layers.utils.as_list(None)
      (['losses'], [])
    """
    if not names:
        return []
    return [names] if isinstance(names, str) else list(names)
