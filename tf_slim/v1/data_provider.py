"""The items of a data set as tensors, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["DataProvider"]


class DataProvider:
    """Gives the tensors of one example by the names of its items.

    Args:
      items_to_tensors: the tensors by name.
      num_samples: how many examples the data set has.

    Examples: see `slim.dataset_data_provider.DatasetDataProvider`.
    """

    def __init__(self, items_to_tensors: Mapping[str, Any], num_samples: int | None):
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items: Sequence[str]) -> list[Any]:
        """The tensors of some items.

        Args:
          items: their names.

        Returns:
          The tensors, in that order.

        Raises:
          ValueError: there is no such item.
        """
        unknown = [item for item in items if item not in self._items_to_tensors]
        if unknown:
            raise ValueError(f"No items {unknown}; there are {self.list_items()}.")
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> list[str]:
        """The names of all items."""
        return list(self._items_to_tensors)

    def num_samples(self) -> int | None:
        """How many examples the data set has."""
        return self._num_samples
