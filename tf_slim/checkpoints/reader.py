"""`Reader`: the tensors of a checkpoint, whatever its format."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.checkpoints import renaming, sessions
from tf_slim.checkpoints.errors import CheckpointError, reading
from tf_slim.checkpoints.formats import detect
from tf_slim.checkpoints.formats.format import Content
from tf_slim.checkpoints.formats.memory import Memory
from tf_slim.checkpoints.formats.source import Entry, Source
from tf_slim.checkpoints.places import resolve
from tf_slim.ops import patterns
from tf_slim.ops.types import Patterns, Rename


class Reader:
    """The tensors of a checkpoint, by name.

    Read are: the checkpoints of TensorFlow (V2, V1 and object-based ones), the variables of a
    SavedModel, the constants of a frozen GraphDef, `.npz`, `.safetensors`, and Keras's
    `.weights.h5` and `.keras`.

    Args:
      path: a prefix, a file, or a folder; see `resolve`.
      rename: other names for what the checkpoint holds: a function, or a mapping from names or
        scopes to new ones; see `renaming.renamed`.

    Attributes:
      path: where the checkpoint is.

    Raises:
      CheckpointError: there is none, or it is damaged.

    Examples:
      >>> reader = slim.checkpoints.Reader("runs/digits")
      >>> reader.format, "LeNet/conv1/weights" in reader
      ('V2', True)
      >>> [name for name in reader.names if name.startswith("LeNet/conv1")]
      ['LeNet/conv1/biases', 'LeNet/conv1/weights']
      >>> reader.shape("LeNet/conv1/weights"), int(reader.read("global_step"))
      (TensorShape([5, 5, 1, 32]), 100)
    """

    def __init__(self, path: str | os.PathLike, rename: Rename = None):
        self.path = resolve(path)
        with reading(self.path):
            source = detect.source_of(self.path)
            if not source.entries:
                raise CheckpointError("there are no tensors in it.")
        self._take(source, rename)

    @classmethod
    def over(cls, source: Any, rename: Rename = None) -> Reader:
        """A reader of a path, of a Model, or of variables or arrays by name.

        Args:
          source: any of these, or a Reader.
          rename: see `Reader`.
        """
        if isinstance(source, Reader):
            return source if rename is None else cls(source.path, rename)
        named = getattr(source, "named_variables", source)
        if not isinstance(named, Mapping):
            return cls(source, rename)
        reader = cls.__new__(cls)
        reader.path = "memory" if named is source else str(source.name)
        reader._take(Memory(sessions.values_of(named)), rename)
        return reader

    def _take(self, source: Source, rename: Rename) -> None:
        self._source = source
        self._names = renaming.renamed(sorted(source.entries), rename)

    @property
    def format(self) -> str:
        """What the format is called."""
        return self._source.format

    @property
    def prefix(self) -> str:
        """By what TensorFlow's own operations read it, as long as this reader lives.

        Raises:
          AttributeError: it is in none of TensorFlow's own formats.
        """
        return self._source.prefix  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def checked(self) -> bool:
        """Whether checksums tell of altered values. Files cut short are noticed in any case."""
        return self._source.checked

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def entry(self, name: str) -> Entry:
        """The shape, dtype and size of one tensor."""
        return self._source.entries[self._names[name]]

    def shape(self, name: str) -> tf.TensorShape:
        """The shape of one tensor."""
        return tf.TensorShape(self.entry(name).shape)

    def dtype(self, name: str) -> tf.DType:
        """The dtype of one tensor."""
        return self.entry(name).dtype

    def read(self, name: str) -> np.ndarray:
        """One tensor, of the same shape as in the file.

        Raises:
          CheckpointError: the file is damaged (its checksum tells).
        """
        with self._reading(name):
            return self._source.read(self._names[name])

    def read_all(self, names: list[str]) -> dict[str, Any]:
        """Several tensors, as arrays or as eager tensors, whichever takes fewer copies.

        Raises:
          CheckpointError: the file is damaged.
        """
        try:
            values = self._source.read_all([self._names[name] for name in names])
        except Exception:
            for name in names:  # The one that is damaged has a message of its own.
                self.read(name)
            with self._reading():
                raise
        return dict(zip(names, values, strict=True))

    def _reading(self, name: str | None = None):
        if isinstance(self._source, Memory):
            return contextlib.nullcontext()
        return reading(self.path, name)

    def content(self, include: Patterns = None, exclude: Patterns = None) -> Content:
        """What is to be written of it elsewhere.

        Args:
          include: see `patterns.select`.
          exclude: the same.
        """
        names, _ = patterns.select(self.names, include, exclude)
        return Content({name: self.entry(name) for name in names}, self.read)
