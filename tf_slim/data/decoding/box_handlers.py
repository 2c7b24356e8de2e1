"""Handlers of bounding boxes and key points, of one image or of the frames of a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.decoding.item_handlers import ItemHandler, dense

__all__ = ["BoundingBox", "BoundingBoxSequence", "KeypointsSequence", "NumBoxesSequence"]

_SIDES = ("ymin", "xmin", "ymax", "xmax")
_POINT = ("y", "x")


class BoundingBox(ItemHandler):
    """The boxes of one image, `[boxes, 4]`, in the order of the keys.

    Args:
      keys: names of the four features; `ymin`, `xmin`, `ymax`, `xmax` by default.
      prefix: put before the names.

    Raises:
      ValueError: there are not four keys.

    Examples:
      >>> sides = {name: [0.25] for name in ("ymin", "xmin", "ymax", "xmax")}
      >>> sides = {name: tf.sparse.from_dense([value]) for name, value in sides.items()}
      >>> handler = slim.tfexample_decoder.BoundingBox()
      >>> handler.tensors_to_item(sides).shape
      TensorShape([1, 4])
    """

    def __init__(self, keys: Sequence[str] | None = None, prefix: str | None = ""):
        super().__init__(_full("BoundingBox", keys, _SIDES, prefix))

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The boxes."""
        sides = [keys_to_tensors[key] for key in self.keys]
        values = [side.values if isinstance(side, tf.SparseTensor) else side for side in sides]
        return tf.stack([tf.reshape(value, [-1]) for value in values], axis=1)


class _Joined(ItemHandler):
    """Sparse features `[frames, entries]` side by side as `[frames, entries, features]`."""

    _default_keys: tuple[str, ...] = ()

    def __init__(
        self,
        keys: Sequence[str] | None = None,
        prefix: str | None = None,
        return_dense: bool = True,
        default_value: float = -1.0,
    ):
        super().__init__(_full(type(self).__name__, keys, self._default_keys, prefix))
        self._return_dense = return_dense
        self._default_value = default_value

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The entries, dense or sparse."""
        columns = []
        for key in self.keys:
            column = keys_to_tensors[key]
            shape = tf.concat([column.dense_shape, tf.constant([1], tf.int64)], 0)
            columns.append(tf.sparse.reshape(column, shape))
        # Frames may have different numbers of entries in different features.
        joined = tf.sparse.concat(2, columns, expand_nonconcat_dims=True)
        return dense(joined, self._default_value) if self._return_dense else joined


class BoundingBoxSequence(_Joined):
    """The boxes of each frame, `[frames, boxes, 4]`, in the order of the keys.

    Args:
      keys: names of the four features; `ymin`, `xmin`, `ymax`, `xmax` by default.
      prefix: put before the names.
      return_dense: whether to return a dense tensor, or a `tf.SparseTensor`.
      default_value: what fills up the frames with fewer boxes.

    Raises:
      ValueError: there are not four keys.
    """

    _default_keys = _SIDES


class KeypointsSequence(_Joined):
    """The key points of each frame, `[frames, points, 2]`, in the order of the keys.

    Args:
      keys: names of the two features; `y`, `x` by default.
      prefix: put before the names.
      return_dense: whether to return a dense tensor, or a `tf.SparseTensor`.
      default_value: what fills up the frames with fewer points.

    Raises:
      ValueError: there are not two keys.
    """

    _default_keys = _POINT


class NumBoxesSequence(ItemHandler):
    """How many boxes each frame has, int32 `[frames]`.

    Args:
      keys: names of sparse features `[frames, boxes]`; `ymin`, `xmin`, `ymax`, `xmax` by default.
      check_consistency: whether it is an error if they have different numbers in a frame.
        Otherwise the first one counts.

    Examples: see `slim.tfexample_decoder.BoundingBox`.
    """

    def __init__(self, keys: Sequence[str] | str | None = None, check_consistency: bool = True):
        super().__init__(_SIDES if keys is None else keys)
        self._check_consistency = check_consistency

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> Any:
        """The numbers of boxes."""
        counts = [self._count(key, keys_to_tensors[key]) for key in self.keys]
        checks = []
        if self._check_consistency:
            checks = [
                tf.debugging.assert_equal(
                    counts[0],
                    other,
                    message=f"{self.keys[0]} and {key} have different numbers of boxes in a frame",
                )
                for key, other in zip(self.keys[1:], counts[1:], strict=True)
            ]
        with tf.control_dependencies([check for check in checks if check is not None]):
            return tf.identity(counts[0])

    @staticmethod
    def _count(key: str, tensor) -> tf.Tensor:
        if not isinstance(tensor, tf.SparseTensor):
            raise ValueError(
                "tensor must be of type tf.SparseTensor. To count the boxes of a frame, parse "
                f"{key!r} with tf.io.VarLenFeature; got {tensor!r}."
            )
        ones = tf.ones_like(tensor.indices[:, 0], tf.int32)
        frames = tensor.dense_shape[0]
        return tf.math.unsorted_segment_sum(ones, tensor.indices[:, 0], frames)


def _full(handler: str, keys, default: Sequence[str], prefix: str | None) -> list[str]:
    keys = default if keys is None else keys
    if len(keys) != len(default):
        raise ValueError(f"{handler} expects {len(default)} keys, as {default}; got {keys!r}.")
    return [f"{prefix or ''}{key}" for key in keys]
