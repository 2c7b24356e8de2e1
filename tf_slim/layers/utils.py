"""What nets and layers of one's own need: named outputs, static conditions, dimensions."""

from __future__ import annotations

import collections as std_collections
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from tf_slim.layers import checks
from tf_slim.ops import places
from tf_slim.ops.outputs import append_tensor_alias, as_list, get_tensor_aliases
from tf_slim.ops.types import Collections, CollectionsByName, DType, Shape, Size, Tensor

__all__ = [
    "NamedOutputs",
    "append_tensor_alias",
    "as_list",
    "channel_dimension",
    "collect_named_outputs",
    "constant_value",
    "convert_collection_to_dict",
    "gather_tensors_aliases",
    "get_tensor_aliases",
    "get_variable_collections",
    "last_dimension",
    "n_positive_integers",
    "smart_cond",
    "static_cond",
    "two_element_tuple",
]


class NamedOutputs(NamedTuple):
    """A name, and the outputs that go by it."""

    name: str
    outputs: Any


def collect_named_outputs(collections: Collections, alias: str, outputs: Any) -> Any:
    """Files a tensor under a name, to be read back by `convert_collection_to_dict`.

    Args:
      collections: the name of a collection, a list of names, or None to do nothing.
      alias: the name; a slash at its end is dropped.
      outputs: the tensor.

    Returns:
      `outputs`.

    Examples:
      >>> net = slim.layers.utils.collect_named_outputs("end_points", "net/conv1", tf.ones([8, 10]))
      >>> list(slim.layers.utils.convert_collection_to_dict("end_points"))
      ['net/conv1']
    """
    if collections:
        places.current().add_output(as_list(collections), alias, outputs)
    return outputs


def convert_collection_to_dict(
    collection: str, clear_collection: bool = False
) -> std_collections.OrderedDict[str, Any]:
    """The tensors of a collection by their names.

    In a v1 graph this reads the graph's collection; inside a `slim.Model` or a `slim.collect()`
    block what was filed there. In other eager code it keeps what was filed until it is read; from
    then on a tensor is there as long as somebody holds it, and what is filed next begins anew.

    Args:
      collection: its name.
      clear_collection: whether to empty it.

    Returns:
      An ordered dict from names to tensors.

    Examples:
      >>> images = tf.ones([1, 8, 8, 3])
      >>> net = slim.conv2d(images, 4, 3, scope="conv1", outputs_collections="outputs")
      >>> end_points = slim.layers.utils.convert_collection_to_dict("outputs")
      >>> {name: tensor.shape.as_list() for name, tensor in end_points.items()}
      {'conv1': [1, 8, 8, 4]}
    """
    return std_collections.OrderedDict(places.current().outputs(collection, clear_collection))


def gather_tensors_aliases(tensors: Iterable) -> list[str]:
    """The names of several tensors, in one list.

    Examples:
      >>> net = slim.layers.utils.collect_named_outputs("outputs", "net/conv1", tf.ones([8, 10]))
      >>> slim.layers.utils.gather_tensors_aliases([net])
      ['net/conv1']
    """
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def get_variable_collections(variables_collections: CollectionsByName, name: str) -> Collections:
    """The collections of one variable of a layer.

    Args:
      variables_collections: collections for all variables, or a dict of them by variable name.
      name: of the variable, such as "weights".

    Returns:
      The collections for it, or None.

    Examples:
      >>> slim.layers.utils.get_variable_collections({"weights": ["kernels"]}, "weights")
      ['kernels']
    """
    if isinstance(variables_collections, Mapping):
        return variables_collections.get(name)
    return variables_collections


def constant_value(value_or_tensor_or_var: Any, dtype: DType | None = None) -> Any:
    """The value of an argument that may be a tensor, if it is known now.

    Args:
      value_or_tensor_or_var: a Python or numpy value, a tensor or a variable.
      dtype: what a tensor must have as dtype, or None.

    Returns:
      The value; None for a variable, and for a tensor whose value is known only when it runs.

    Raises:
      ValueError: the argument is None, or a tensor of another dtype.

    Examples:
      >>> print(slim.layers.utils.constant_value(tf.constant(3)))
      3
    """
    value = value_or_tensor_or_var
    if value is None:
        raise ValueError("constant_value() needs a value, a tensor or a variable; got None.")
    if not isinstance(value, (tf.Tensor, tf.Variable)):
        return value
    if dtype is not None and value.dtype.base_dtype != tf.as_dtype(dtype).base_dtype:
        raise ValueError(
            f"constant_value() expects a tensor of dtype {tf.as_dtype(dtype).name}; got "
            f"{value.dtype.name}. Convert it with tf.cast."
        )
    return None if isinstance(value, tf.Variable) else tf.get_static_value(value)


def static_cond(pred: Any, fn1: Callable, fn2: Callable) -> Any:
    """Calls one of two functions, decided now.

    Args:
      pred: a Python truth value.
      fn1: called if it is true.
      fn2: called if it is false.

    Returns:
      What the function returns.

    Raises:
      TypeError: one of them is no function.

    Examples:
      >>> slim.layers.utils.static_cond(False, lambda: "training", lambda: "inference")
      'inference'
    """
    for name, function in (("fn1", fn1), ("fn2", fn2)):
        if not callable(function):
            raise TypeError(
                f"{name} must be a function without arguments; got {function!r}. "
                "Write `lambda: value`."
            )
    return fn1() if pred else fn2()


def smart_cond(
    pred: bool | Tensor | tf.Variable, fn1: Callable, fn2: Callable, name: str | None = None
) -> Any:
    """Calls one of two functions: now if the predicate's value is known, else by `tf.cond`.

    Args:
      pred: a Python truth value, a scalar tensor or a variable.
      fn1: called if it is true.
      fn2: called if it is false.
      name: of the `tf.cond` operation.

    Returns:
      What the function returns.

    Raises:
      TypeError: one of them is no function.

    Examples:
      >>> slim.layers.utils.smart_cond(True, lambda: "training", lambda: "inference")
      'training'
    """
    value = constant_value(pred)
    if value is not None:
        return static_cond(value, fn1, fn2)
    return tf.cond(tf.cast(pred, tf.bool), fn1, fn2, name=name)


def last_dimension(shape: Shape, min_rank: int = 1) -> int:
    """The static size of the last axis.

    Args:
      shape: a `tf.TensorShape`.
      min_rank: the least rank that is accepted.

    Raises:
      ValueError: the size or the rank is unknown, or the rank is too small.

    Examples:
      >>> slim.layers.utils.last_dimension(tf.TensorShape([None, 32, 32, 3]))
      3
    """
    return _dimension(shape, -1, min_rank)


def channel_dimension(shape: Shape, data_format: str, min_rank: int = 1) -> int:
    """The static size of the channel axis.

    Args:
      shape: a `tf.TensorShape`.
      data_format: "channels_first" or "NCHW" for axis 1, otherwise the last axis.
      min_rank: the least rank that is accepted.

    Raises:
      ValueError: the size or the rank is unknown, or the rank is too small.

    Examples:
      >>> slim.layers.utils.channel_dimension(tf.TensorShape([None, 3, 32, 32]), "NCHW")
      3
    """
    first = data_format == "channels_first" or data_format.startswith("NC")
    return _dimension(shape, 1 if first else -1, min_rank)


def _dimension(shape, axis: int, min_rank: int) -> int:
    shape = tf.TensorShape(shape)
    if shape.rank is None:
        raise ValueError(
            f"The size of axis {axis} is needed, but the rank of the shape is unknown. "
            "Use tensor.set_shape(...) first."
        )
    if shape.rank < min_rank:
        raise ValueError(
            f"A shape of rank {min_rank} or more is needed; got {shape.as_list()}, which is rank "
            f"{shape.rank}."
        )
    size = shape.as_list()[axis]
    if size is None:
        raise ValueError(
            f"The size of axis {axis} must be known; got shape {shape.as_list()}. "
            "Use tensor.set_shape(...) first."
        )
    return size


def two_element_tuple(int_or_tuple: Size | tf.TensorShape) -> tuple:
    """A pair from one integer, a list or tuple of two, or a `tf.TensorShape` of rank 2.

    Raises:
      ValueError: it is none of these.

    Examples:
      >>> slim.layers.utils.two_element_tuple(3), slim.layers.utils.two_element_tuple([3, 5])
      ((3, 3), (3, 5))
    """
    value: Any = int_or_tuple
    if isinstance(value, tf.TensorShape):
        pair = () if value.rank is None else tuple(value.as_list())
    elif isinstance(value, (list, tuple)):
        pair = tuple(int(part) for part in value)
    else:
        one = checks.integer(value)
        pair = () if one is None else (one, one)
    if len(pair) != 2:
        raise ValueError(f"Expected an integer or two of them; got {int_or_tuple!r}.")
    return pair


def n_positive_integers(n: int, value: Size | tf.TensorShape) -> tuple[int, ...]:
    """A tuple of `n` positive integers from one integer or a sequence of `n`.

    Raises:
      ValueError: `n` or `value` is not that.

    Examples:
      >>> slim.layers.utils.n_positive_integers(3, 2)
      (2, 2, 2)
      >>> slim.layers.utils.n_positive_integers(2, [3, 5])
      (3, 5)
    """
    count = checks.integer(n)
    if count is None or count < 1:
        raise ValueError(f"n must be a positive integer; got {n!r}.")
    found = checks.integers(count, value)
    if found is None:
        raise ValueError(f"Expected a positive integer or {count} of them; got {value!r}.")
    return found
