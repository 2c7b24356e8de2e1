"""The pictures of a listing as records: a record is the number of a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.sources.listing import Listing
from tf_slim.data.sources.numbered import Numbered
from tf_slim.data.sources.protocol import Loaded, Place
from tf_slim.ops.data_errors import DataError


class Pictures(Numbered):
    """Files of pictures on a disk, in the canonical order of their listing."""

    def __init__(self, listing: Listing):
        """Takes note of the pictures; none is opened.

        Args:
            listing: The pictures, in canonical order.
        """
        super().__init__(len(listing))
        self.listing = listing
        self._multi_label = len(listing) > 0 and isinstance(listing.labels[0], tuple)

    def load(self, records: tf.Tensor) -> Loaded:
        paths, labels, weights = self._tables()
        return Loaded(
            tf.gather(paths, records),
            tf.gather(labels, records),
            None if weights is None else tf.gather(weights, records),
        )

    def fetch(self, picture: Any) -> tf.Tensor:
        return tf.io.read_file(picture)

    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        return [self.listing.paths[position] for position in positions]

    def files(self) -> list[str]:
        return [self.listing.opened(path) for path in self.listing.paths]

    def described(self) -> str:
        return self.listing.root

    def place(self, part: Any, record: int) -> Place:
        return Place(self.listing.opened(self.listing.paths[record]))

    def damage(self, part: Any, record: int, error: tf.errors.OpError) -> Exception | None:
        if isinstance(error, tf.errors.InvalidArgumentError) or record >= len(self.listing):
            return None
        return DataError(
            f"the picture cannot be read: {error.message.partition('; ')[2] or error.message}",
            path=self.place(part, record).path,
            remedy="Check that it is still there and may be read.",
        )

    def explain(self, part: Any, record: int) -> bytes:
        with tf.io.gfile.GFile(self.place(part, record).path, "rb") as file:
            return file.read()

    @tf.autograph.experimental.do_not_convert
    def _tables(self) -> tuple[tf.Tensor, tf.Tensor | tf.RaggedTensor, tf.Tensor | None]:
        # Outside the graph of the map, where each of them would be a constant of its own.
        with tf.init_scope():
            paths = tf.constant([os.fsencode(path) for path in self.files()])
            weights = self.listing.weights
            if weights is not None:
                weights = tf.constant(np.asarray(weights, np.float32))
            if not self._multi_label:
                return paths, tf.constant(np.asarray(self.listing.labels, np.int64)), weights
            rows: Any = self.listing.labels
            flat = [label for labels in rows for label in labels]
            splits = np.cumsum([0, *(len(labels) for labels in rows)])
            flat, splits = tf.constant(flat, tf.int64), tf.constant(splits, tf.int64)
        return paths, tf.RaggedTensor.from_row_splits(flat, splits, validate=False), weights
