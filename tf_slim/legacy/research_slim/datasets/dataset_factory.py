"""`datasets.dataset_factory` of research/slim: data sets by their names."""

from __future__ import annotations

from tf_slim.legacy.research_slim.datasets import (
    cifar10,
    flowers,
    imagenet,
    mnist,
    visualwakewords,
)
from tf_slim.ops.wording import unknown_name

__all__ = ["datasets_map", "get_dataset"]

# Programs add modules of their own.
datasets_map = {
    "cifar10": cifar10,
    "flowers": flowers,
    "imagenet": imagenet,
    "mnist": mnist,
    "visualwakewords": visualwakewords,
}


def get_dataset(name, split_name, dataset_dir, file_pattern=None, reader=None):
    """Describes a split of a data set.

    Args:
      name: one of those in `datasets_map`, to which others can be added: anything with a
        `get_split` of the same arguments.
      split_name: see `get_split` of the data set, as the other arguments.
      dataset_dir: a folder.
      file_pattern: what the files are called, where not as usual.
      reader: the class that reads them.

    Returns:
      A `slim.dataset.Dataset`.

    Raises:
      ValueError: there is no such data set, or it has no such split.
    """
    if name not in datasets_map:
        raise ValueError(unknown_name("data set", name, datasets_map, repr))
    return datasets_map[name].get_split(split_name, dataset_dir, file_pattern, reader)
