"""The data sets that have a name: `@register`, `get_dataset`, `names`, `splits`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tf_slim.data.named import Named
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.wording import unknown_name

_builders = Named("data set", "tf_slim.data.datasets")
_splits: dict[str, tuple[str, ...]] = {}


def register(name: str, splits: Sequence[str] = ("train", "test")) -> Callable:
    """Decorates the function that builds the specs of a data set.

    Args:
        name: Name of the data set.
        splits: Names of its splits.

    Returns:
        A decorator for `fn(split, **options) -> DatasetSpec`. It returns the function unchanged.

    Raises:
        ValueError: If the name is taken by another function.

    Examples:
        >>> @slim.data.register("mine", splits=("train",))
        ... def mine(split):
        ...     images = np.zeros([10, 8, 8], np.uint8)
        ...     return slim.data.from_arrays(images, [0, 1] * 5, split=split)
        >>> slim.data.get_dataset("mine", "train").num_samples
        10
        >>> slim.data.splits("mine")
        ('train',)
    """

    def decorate(builder: Callable[..., DatasetSpec]) -> Callable[..., DatasetSpec]:
        _builders.add(name, builder)
        _splits[name] = tuple(splits)
        return builder

    return decorate


def get_dataset(name: str, split: str, **options: Any) -> DatasetSpec:
    """Returns the spec of one split of a named data set.

    Args:
        name: Name of the data set, one of `names()`.
        split: Name of the split, one of `splits(name)`.
        **options: What else the data set's own function takes, such as `data_dir`.

    Returns:
        The spec.

    Raises:
        ValueError: If the name or the split is unknown.

    Examples:
        >>> slim.data.get_dataset("digits", "train").num_samples
        1442
    """
    builder = _builders.get(name)
    if not isinstance(split, str) or split not in _splits[name]:
        raise ValueError(
            unknown_name(f"split of the data set {name!r} called", split, _splits[name], repr)
        )
    return builder(split, **options)


def names() -> list[str]:
    """Names of all registered data sets, sorted.

    Examples:
      >>> "digits" in slim.data.names()
      True
    """
    return _builders.names()


def splits(name: str) -> tuple[str, ...]:
    """Names of the splits of a data set.

    Args:
        name: Name of the data set.

    Returns:
        The names, in the order in which they were registered.

    Raises:
        ValueError: If the name is unknown.

    Examples:
        >>> slim.data.splits("digits")
        ('train', 'test')
    """
    _builders.get(name)
    return _splits[name]
