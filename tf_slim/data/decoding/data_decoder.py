"""What decoders of records offer."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

__all__ = ["DataDecoder"]


class DataDecoder(abc.ABC):
    """Turns a record into the items that a net is trained on, such as an image and its label.

    Examples: see `slim.tfexample_decoder.TFExampleDecoder`.
    """

    @abc.abstractmethod
    def decode(self, data: tf.Tensor, items: Sequence[str]) -> Sequence[Any]:
        """Decodes a record.

        Args:
          data: the record, a scalar string.
          items: names of the items wanted.

        Returns:
          A tensor for each of them, in that order.
        """

    @abc.abstractmethod
    def list_items(self) -> Sequence[str]:
        """Names of the items that there are."""
