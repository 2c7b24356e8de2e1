"""Decoders of `tf.train.Example` and `tf.train.SequenceExample` records, and their handlers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.decoding.box_handlers import (
    BoundingBox,
    BoundingBoxSequence,
    KeypointsSequence,
    NumBoxesSequence,
)
from tf_slim.data.decoding.data_decoder import DataDecoder
from tf_slim.data.decoding.image_handler import Image
from tf_slim.data.decoding.item_handlers import (
    BackupHandler,
    ItemHandler,
    ItemHandlerCallback,
    LookupTensor,
    SparseTensor,
    Tensor,
)

__all__ = [
    "BackupHandler",
    "BoundingBox",
    "BoundingBoxSequence",
    "Image",
    "ItemHandler",
    "ItemHandlerCallback",
    "KeypointsSequence",
    "LookupTensor",
    "NumBoxesSequence",
    "SparseTensor",
    "TFExampleDecoder",
    "TFSequenceExampleDecoder",
    "Tensor",
]


class _Decoder(DataDecoder):
    """Parsing, and then a handler for each item."""

    def __init__(self, items_to_handlers: Mapping[str, ItemHandler]):
        self._items_to_handlers = items_to_handlers

    def list_items(self) -> list[str]:
        """Names of the items that there are."""
        return list(self._items_to_handlers)

    def decode(self, serialized_example, items: Sequence[str] | None = None) -> list[Any]:
        """Decodes a record.

        Args:
          serialized_example: the record, a scalar string.
          items: names of the items wanted, by default all.

        Returns:
          A tensor for each item, in that order.

        Raises:
          ValueError: there is no such item, or a handler needs a feature that is not parsed.
        """
        items = self.list_items() if items is None else items
        unknown = [item for item in items if item not in self._items_to_handlers]
        if unknown:
            raise ValueError(f"No items {unknown}; there are {self.list_items()}.")
        features = self._parse(serialized_example)
        return [self._item(item, features) for item in items]

    def _parse(self, serialized_example) -> dict[str, Any]:
        raise NotImplementedError

    def _item(self, item: str, features: Mapping[str, Any]):
        handler = self._items_to_handlers[item]
        missing = [key for key in handler.keys if key not in features]
        if missing:
            raise ValueError(
                f"The handler of item {item!r} needs the features {missing}, which are not among "
                f"those to parse: {sorted(features)}."
            )
        return handler.tensors_to_item({key: features[key] for key in handler.keys})


class TFExampleDecoder(_Decoder):
    """Decodes `tf.train.Example` records.

    Args:
      keys_to_features: what to parse: `tf.io.FixedLenFeature`, `tf.io.VarLenFeature` ... by name.
      items_to_handlers: an `ItemHandler` for each item.

    Examples:
      >>> example = slim.data.image_example(np.zeros([4, 6, 3], np.uint8), label=7)
      >>> decoder = slim.tfexample_decoder.TFExampleDecoder(
      ...     {
      ...         "image/encoded": tf.io.FixedLenFeature([], tf.string),
      ...         "image/format": tf.io.FixedLenFeature([], tf.string, "jpeg"),
      ...         "image/class/label": tf.io.FixedLenFeature([], tf.int64),
      ...     },
      ...     {
      ...         "image": slim.tfexample_decoder.Image(),
      ...         "label": slim.tfexample_decoder.Tensor("image/class/label"),
      ...     },
      ... )
      >>> image, label = decoder.decode(example.SerializeToString(), ["image", "label"])
      >>> image.shape, int(label)
      (TensorShape([4, 6, 3]), 7)
    """

    def __init__(
        self, keys_to_features: Mapping[str, Any], items_to_handlers: Mapping[str, ItemHandler]
    ):
        super().__init__(items_to_handlers)
        self._keys_to_features = keys_to_features

    def _parse(self, serialized_example):
        return tf.io.parse_single_example(serialized_example, dict(self._keys_to_features))


class TFSequenceExampleDecoder(_Decoder):
    """Decodes `tf.train.SequenceExample` records, such as those of videos.

    Args:
      keys_to_context_features: what to parse of the record as a whole, by name.
      keys_to_sequence_features: what to parse of its frames: `tf.io.FixedLenSequenceFeature` or
        `tf.io.VarLenFeature` by name.
      items_to_handlers: an `ItemHandler` for each item.

    Raises:
      ValueError: both kinds of features have a name in common.

    Examples: see `slim.tfexample_decoder.TFExampleDecoder`.
    """

    def __init__(
        self,
        keys_to_context_features: Mapping[str, Any],
        keys_to_sequence_features: Mapping[str, Any],
        items_to_handlers: Mapping[str, ItemHandler],
    ):
        super().__init__(items_to_handlers)
        both = sorted({*keys_to_context_features} & {*keys_to_sequence_features})
        if both:
            raise ValueError(
                f"TFSequenceExampleDecoder: {both} are both context and sequence features, so that "
                "a handler cannot tell them apart. Parse each as one of them."
            )
        self._context = keys_to_context_features
        self._sequence = keys_to_sequence_features

    def _parse(self, serialized_example):
        context, sequence = tf.io.parse_single_sequence_example(
            serialized_example, dict(self._context) or None, dict(self._sequence) or None
        )
        return {**context, **sequence}
