"""The order of the pictures of a split, its shards, and which split a picture belongs to.

All of it follows from the relative paths alone. So a folder of pictures and the records that were
made of it come in the same order, on any machine, and a picture stays in its split when others are
added.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Sequence

SHARD = 1024
"""The most pictures of a shard."""


def normalized(path: str) -> str:
    """A relative path as it is written everywhere: with `/`, and composed (NFC) characters.

    Args:
        path: As the disk has it. macOS takes characters apart, other systems do not.
    """
    path = path.replace(os.sep, "/")
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def ordered(paths: Iterable[str]) -> list[int]:
    """Finds the canonical order of the pictures of a split.

    Args:
        paths: Their relative paths.

    Returns:
        The positions in `paths` in the order in which the pictures come.
    """
    keys = [(_digest(path, b"order"), os.fsencode(path)) for path in paths]
    return sorted(range(len(keys)), key=keys.__getitem__)


def shard_bounds(count: int) -> list[int]:
    """Cuts a split into consecutive shards of nearly equal size.

    Args:
        count: Number of pictures.

    Returns:
        `[0, ..., count]`: shard i holds the pictures from `bounds[i]` up to `bounds[i + 1]`.
    """
    shards = max(1, -(-count // SHARD))
    return [count * shard // shards for shard in range(shards + 1)]


def place_in_split(path: str) -> float:
    """A number in [0, 1) that follows from a relative path: below the share, it is validation.

    Args:
        path: The relative path.
    """
    return int.from_bytes(_digest(path, b"split"), "big") / 2**64


def of_split(paths: Sequence[str], split: str, validation_share: float) -> list[int]:
    """Finds the pictures of a split by their paths alone.

    Args:
        paths: Relative paths.
        split: `train`, `validation` or `all`.
        validation_share: The share of the pictures that `validation` is to have, from 0 to 1.

    Returns:
        Positions in `paths`, in the order given.
    """
    if split == "all":
        return list(range(len(paths)))
    wanted = split == "validation"
    return [i for i, p in enumerate(paths) if (place_in_split(p) < validation_share) == wanted]


def _digest(path: str, purpose: bytes) -> bytes:
    # Names that are no text (on Linux, any bytes are a name) are hashed as the bytes they are.
    text = normalized(path).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=8, person=purpose).digest()
