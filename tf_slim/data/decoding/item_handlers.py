"""How one item of an example is made of the parsed features: the general handlers.

A handler names the features it needs (`keys`) and turns them into one tensor. Handlers are plain
tensor code: they run in v1 graphs, eagerly and in `tf.data.Dataset.map`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

__all__ = [
    "BackupHandler",
    "ItemHandler",
    "ItemHandlerCallback",
    "LookupTensor",
    "SparseTensor",
    "Tensor",
]


class ItemHandler(abc.ABC):
    """What makes an item out of features. Derive from it to make your own.

    Args:
      keys: the name of the feature needed, or a list of names.

    Examples: see `slim.tfexample_decoder.ItemHandlerCallback`.
    """

    def __init__(self, keys: str | Sequence[str]):
        self._keys = list(keys) if isinstance(keys, (tuple, list)) else [keys]

    @property
    def keys(self) -> list[Any]:
        """Names of the features needed."""
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Makes the item.

        Args:
          keys_to_tensors: the features by name, `tf.Tensor` or `tf.SparseTensor`.

        Returns:
          The item.
        """


class ItemHandlerCallback(ItemHandler):
    """A handler that is a function.

    Args:
      keys: the features that the function needs.
      func: a function from `{name: feature}` to the item.

    Examples:
      >>> area = slim.tfexample_decoder.ItemHandlerCallback(
      ...     ["height", "width"], lambda found: found["height"] * found["width"]
      ... )
      >>> int(area.tensors_to_item({"height": tf.constant(3), "width": tf.constant(4)}))
      12
    """

    def __init__(self, keys: str | Sequence[str], func: Callable[[Mapping[str, Any]], Any]):
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """Calls the function."""
        return self._func(keys_to_tensors)


class BackupHandler(ItemHandler):
    """A handler for which another one stands in where the item is empty.

    Args:
      handler: the first choice.
      backup: used if the item of `handler` has no elements. Its items must have the same type.

    Raises:
      ValueError: either is no `ItemHandler`.

    Examples:
      >>> Tensor = slim.tfexample_decoder.Tensor
      >>> handler = slim.tfexample_decoder.BackupHandler(Tensor("label"), Tensor("old/label"))
      >>> sorted(handler.keys)
      ['label', 'old/label']
    """

    def __init__(self, handler: ItemHandler, backup: ItemHandler):
        for argument, value in (("handler", handler), ("backup", backup)):
            if not isinstance(value, ItemHandler):
                raise ValueError(
                    f"BackupHandler: {argument} must be an ItemHandler; got {value!r}."
                )
        self._handler = handler
        self._backup = backup
        super().__init__(handler.keys + backup.keys)

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The item of the handler, or else of the backup."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        return tf.cond(
            tf.equal(tf.size(item), 0),
            lambda: self._backup.tensors_to_item(keys_to_tensors),
            lambda: item,
        )


class Tensor(ItemHandler):
    """One feature as it is, made dense and given a shape if asked for.

    Args:
      tensor_key: name of the feature.
      shape_keys: names of the features that hold the shape, or one name.
      shape: the shape, if it is fixed.
      default_value: what fills the gaps of a sparse feature.

    Raises:
      ValueError: both `shape_keys` and `shape` are given.

    Examples:
      >>> handler = slim.tfexample_decoder.Tensor("box", shape=[2, 2])
      >>> print(handler.tensors_to_item({"box": tf.constant([1, 2, 3, 4])}).numpy())
      [[1 2]
       [3 4]]
    """

    def __init__(
        self,
        tensor_key: str,
        shape_keys: str | Sequence[str] | None = None,
        shape: Sequence[int] | None = None,
        default_value: Any = 0,
    ):
        if shape_keys and shape is not None:
            raise ValueError(
                f"Tensor handler of {tensor_key!r}: give either shape_keys or shape; got "
                f"shape_keys={shape_keys!r} and shape={shape!r}."
            )
        keys: Any = shape_keys or ()
        self._tensor_key = tensor_key
        self._shape_keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]
        self._shape = shape
        self._default_value = default_value
        super().__init__([tensor_key, *self._shape_keys])

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The feature as a dense tensor."""
        tensor = keys_to_tensors[self._tensor_key]
        shape = self._shape
        if self._shape_keys:
            sizes = [tf.reshape(dense(keys_to_tensors[key]), [-1]) for key in self._shape_keys]
            shape = tf.concat(sizes, 0)
        if isinstance(tensor, tf.SparseTensor):
            if shape is not None:
                tensor = tf.sparse.reshape(tensor, shape)
            return dense(tensor, self._default_value)
        return tensor if shape is None else tf.reshape(tensor, shape)


class LookupTensor(Tensor):
    """One feature, looked up in a table.

    Args:
      tensor_key: name of the feature.
      table: what has a method `lookup`, such as a `tf.lookup.StaticHashTable`.
      shape_keys: as in `Tensor`.
      shape: as in `Tensor`.
      default_value: what fills the gaps of a sparse feature before the look-up.

    Examples:
      >>> table = tf.lookup.StaticHashTable(
      ...     tf.lookup.KeyValueTensorInitializer(["cat", "dog"], [0, 1]), -1
      ... )
      >>> handler = slim.tfexample_decoder.LookupTensor("text", table)
      >>> print(handler.tensors_to_item({"text": tf.constant(["dog", "fox"])}).numpy())
      [ 1 -1]
    """

    def __init__(
        self,
        tensor_key: str,
        table: Any,
        shape_keys: str | Sequence[str] | None = None,
        shape: Sequence[int] | None = None,
        default_value: Any = "",
    ):
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """What the table has for the feature."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class SparseTensor(ItemHandler):
    """A sparse tensor out of two features, its indices along the last axis and its values.

    Args:
      indices_key: name of the feature with the indices, `indices` by default.
      values_key: name of the feature with the values, `values` by default.
      shape_key: name of the feature with the dense shape.
      shape: the dense shape, if it is fixed; by default that of the feature of indices.
      densify: whether to make it dense.
      default_value: what fills the gaps then.

    Examples:
      >>> dense = slim.tfexample_decoder.SparseTensor("indices", "values", shape=[4], densify=True)
      >>> found = {
      ...     "indices": tf.sparse.from_dense(tf.constant([1, 3], tf.int64)),
      ...     "values": tf.sparse.from_dense(tf.constant([5.0, 7.0])),
      ... }
      >>> print(dense.tensors_to_item(found).numpy())
      [0. 5. 0. 7.]
    """

    def __init__(
        self,
        indices_key: str | None = None,
        values_key: str | None = None,
        shape_key: str | None = None,
        shape: Sequence[int] | None = None,
        densify: bool = False,
        default_value: Any = 0,
    ):
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key = shape_key
        self._shape = shape
        self._densify = densify
        self._default_value = default_value
        super().__init__([self._indices_key, self._values_key, *([shape_key] if shape_key else [])])

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The sparse tensor, or the dense one."""
        indices = keys_to_tensors[self._indices_key]
        values = keys_to_tensors[self._values_key]
        if self._shape_key:
            shape = tf.cast(dense(keys_to_tensors[self._shape_key]), tf.int64)
        elif self._shape:
            shape = self._shape
        else:
            shape = indices.dense_shape
        last = tf.reshape(tf.cast(indices.values, tf.int64), [-1, 1])
        where = tf.concat([indices.indices[:, :-1], last], 1)
        tensor = tf.SparseTensor(where, values.values, shape)
        return dense(tensor, self._default_value) if self._densify else tensor


def dense(tensor: Any, default_value: Any = 0) -> tf.Tensor:
    """`tensor` as a dense one; `default_value` fills the gaps, and 0 stands for "" in strings."""
    if not isinstance(tensor, tf.SparseTensor):
        return tensor
    if tensor.dtype == tf.string and default_value == 0:
        default_value = ""
    return tf.sparse.to_dense(tensor, default_value=default_value)
