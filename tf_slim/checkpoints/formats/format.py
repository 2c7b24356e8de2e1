"""What a format is: how files of its kind are known, read and written, and what they can hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats.late import np
from tf_slim.checkpoints.formats.source import Entry, Source

PLAIN_DTYPES = frozenset(
    [
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64",
    ]
)  # fmt: skip
"""The names of the dtypes that every format can hold."""


@dataclasses.dataclass(frozen=True)
class Format:
    """A kind of checkpoint. It is known everywhere once it stands in `formats.FORMATS`.

    Attributes:
      name: what it is called.
      read: opens what is at a path.
      suffixes: those of its files, in lower case. A file that ends so is of this format.
      recognizes: whether a file of any other name is, by its path and its first 16 bytes.
      write: writes a new file, at a path; None where it is only read.
      why_not_written: why that is so, and what to write instead.
      dtypes: the names of those it can hold; None for all.
      flaw: why a name cannot be held, or None if it can.
      rank: the largest one, or None.
    """

    name: str
    read: Callable[[str], Source]
    suffixes: tuple[str, ...] = ()
    recognizes: Callable[[str, bytes], bool] = lambda path, begin: False
    write: Callable[[str, Content], None] | None = None
    why_not_written: str = ""
    dtypes: frozenset[str] | None = None
    flaw: Callable[[str], str | None] = lambda name: None
    rank: int | None = None


@dataclasses.dataclass(frozen=True)
class Content:
    """What is to be written: entries by name, and a function that reads one of them."""

    entries: Mapping[str, Entry]
    read: Callable[[str], np.ndarray]

    def require_fit(self, target: Format) -> None:
        """Raises CheckpointError if there is anything that a format cannot hold."""
        for name, entry in self.entries.items():
            why = _flaw(name) or target.flaw(name)
            if why is not None:
                raise CheckpointError(
                    f"{target.name} cannot hold the name {_shown(name)}: {why}. Give it another "
                    "one, or leave it out."
                )
            problem = ""
            if target.dtypes is not None and entry.dtype.name not in target.dtypes:
                problem = f"of dtype {entry.dtype.name}. Leave"
            elif target.rank is not None and len(entry.shape) > target.rank:
                problem = (
                    f"of rank {len(entry.shape)}: {target.rank} dimensions are the most. Leave"
                )
            if problem:
                raise CheckpointError(
                    f"{target.name} cannot hold {_shown(name)} {problem} it out with "
                    "exclude=[...], or choose another format: the checkpoints of TensorFlow hold "
                    "everything."
                )


def _flaw(name: Any) -> str | None:
    """Why no format holds a name."""
    if not isinstance(name, str):
        return "names are strings"
    if not name:
        return "it is empty"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "it is no valid Unicode text"
    return None


def _shown(name: Any) -> str:
    text = repr(name)
    return text if len(text) < 200 else f"{text[:100]}... ({len(name)} characters)"
