"""Which format a path has: by what the file begins with, and by its name where that is damaged."""

from __future__ import annotations

import os

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats import FORMATS, bundle, foreign
from tf_slim.checkpoints.formats.format import Format
from tf_slim.checkpoints.formats.source import Source
from tf_slim.ops import files, paths


def source_of(path: str) -> Source:
    """Opens what is at a resolved path (see `places.resolve`)."""
    if paths.is_far(path) and paths.is_file(path):
        # The formats of one file read here and there in it.
        here = files.Fetched(path)
        source = format_of(here.path).read(here.path)
        source.kept = here
        return source
    return format_of(path).read(path)


def format_of(path: str) -> Format:
    """The format of what is at a resolved path.

    Raises:
      CheckpointError: it is of none that is read.
    """
    if paths.is_file(path + ".index"):
        return bundle.V2
    if paths.is_folder(path):
        return bundle.SAVED_MODEL
    named = _by_suffix(path)
    if named is not None:
        return named
    with open(path, "rb") as file:
        begin = file.read(16)
    if foreign.is_pickle(path):
        raise CheckpointError(foreign.why_not_read(path) or path)
    if begin[:1] == b"\x80":
        raise CheckpointError(
            f"{path} is, or may hold, a Python pickle, which could run any program when it is "
            "loaded. It is never loaded. Save the weights as .npz or .safetensors."
        )
    for known in FORMATS:
        if known.recognizes(path, begin):
            return known
    suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise CheckpointError(
        foreign.why_not_read(path)
        or f"{path} is no checkpoint of a known format, or it was cut short or altered. Known "
        f"are those of TensorFlow, and {suffixes}."
    )


def target_format(path: str, v1: bool = False) -> Format:
    """The format that a path to be written asks for: by its suffix, else V2.

    Args:
      path: the path.
      v1: whether V1, which has no suffix of its own, is asked for.

    Raises:
      CheckpointError: that format can be read only, or is of another program.
    """
    named = _by_suffix(path)
    if named is not None and named.write is None:
        raise CheckpointError(f"Cannot write {path}: {named.why_not_written}.")
    why = foreign.why_not_written(path)
    if why is not None:
        raise CheckpointError(why)
    if v1 and named is not None:
        raise CheckpointError(
            f"Cannot write a V1 checkpoint to {path}: by its suffix it would be read as another "
            f"format. Write {os.path.splitext(path)[0] + '.ckpt'!r}."
        )
    return bundle.V1 if v1 else named or bundle.V2


def written_suffixes() -> list[str]:
    """What the files end in that can be written; the first suffix of each format."""
    return [known.suffixes[0] for known in FORMATS if known.suffixes and known.write]


def _by_suffix(path: str) -> Format | None:
    suffix = os.path.splitext(path)[1].lower()
    return next((known for known in FORMATS if suffix in known.suffixes), None)
