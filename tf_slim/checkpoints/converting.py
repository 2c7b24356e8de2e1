"""Reading a checkpoint into memory, and writing it in another format or under other names."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tf_slim.checkpoints import places
from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats import detect
from tf_slim.checkpoints.reader import Reader
from tf_slim.checkpoints.saving import save, write_file
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.types import Patterns, Rename

FORMATS = ("v1",)
"""What `convert` takes as `format`; all other formats follow from the suffix of the target."""


@checked
def load(
    path: Any, include: Patterns = None, exclude: Patterns = None, rename: Rename = None
) -> dict[str, np.ndarray]:
    """Reads the tensors of a checkpoint.

    Args:
      path: of a checkpoint in any format; see `Reader`.
      include: glob patterns or compiled regular expressions over the (new) names; None for all.
      exclude: the same, for what to leave out.
      rename: other names; see `renaming.renamed`.

    Returns:
      Arrays by name.

    Raises:
      CheckpointError: the checkpoint is missing or damaged.
      ValueError: a pattern matches nothing.

    Examples:
      >>> arrays = slim.checkpoints.load("runs/digits", include=["*/conv1/*"])
      >>> {name: array.shape for name, array in arrays.items()}
      {'LeNet/conv1/biases': (32,), 'LeNet/conv1/weights': (5, 5, 1, 32)}
    """
    content = Reader.over(path, rename).content(include, exclude)
    return {name: content.read(name) for name in content.entries}


@checked
def convert(
    source: Any,
    target: str | os.PathLike,
    *,
    include: Patterns = None,
    exclude: Patterns = None,
    rename: Rename = None,
    format: str | None = None,
) -> list[str]:
    """Writes a checkpoint in another format, or in part, or under other names.

    Args:
      source: a checkpoint in any format (see `Reader`), a Model, or arrays by name.
      target: what to write. A path that ends in `.safetensors`, `.npz` or `.h5` (so in
        `.weights.h5`) makes such a file, any other one a V2 checkpoint of TensorFlow; see `save`.
      include: patterns over the new names, see `load`.
      exclude: the same.
      rename: other names; see `renaming.renamed`.
      format: "v1" for the single-file checkpoints of TensorFlow before 1.0.

    Returns:
      The names that have been written.

    Raises:
      CheckpointError: the source is missing or damaged, or the target cannot hold or be written.
      ValueError: a pattern matches nothing.

    Examples:
      >>> slim.checkpoints.convert("runs/digits", "lenet.npz", include=["LeNet/conv*"])
      ['LeNet/conv1/biases', 'LeNet/conv1/weights', 'LeNet/conv2/biases', 'LeNet/conv2/weights']
      >>> np.load("lenet.npz")["LeNet/conv1/biases"].shape
      (32,)
    """
    if format is not None and not (isinstance(format, str) and format in FORMATS):
        raise ValueError(
            f"format takes 'v1' or None; got {describe(format)}. Other formats follow from "
            f"the suffix of the target: {', '.join(detect.written_suffixes())}."
        )
    target = places.target_of(target)
    kind = detect.target_format(target, v1=format is not None)
    content = Reader.over(source, rename).content(include, exclude)
    if not content.entries:
        raise CheckpointError(f"There is nothing to write to {target}: no variables are left.")
    if kind.write is None:
        save(target, {name: content.read(name) for name in content.entries})
    else:
        write_file(target, kind, content)
    return list(content.entries)


def rename(source: Any, target: str | os.PathLike, names: Rename) -> list[str]:
    """Writes a checkpoint under other names: `convert(source, target, rename=names)`.

    Examples:
      >>> path = slim.checkpoints.save("old.npz", {"net/w": np.ones(2)})
      >>> slim.checkpoints.rename(path, "new.npz", {"net": "trunk/net"})
      ['trunk/net/w']
    """
    return convert(source, target, rename=names)
