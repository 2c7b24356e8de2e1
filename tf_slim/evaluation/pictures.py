"""Pictures as people have them: paths, folders, patterns, files in memory, arrays, PIL images."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.data import images
from tf_slim.data.sources import walking
from tf_slim.ops import files
from tf_slim.ops.arguments import describe
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.paths import exists, is_folder, matching


class Picture(NamedTuple):
    """One picture that is asked about.

    Attributes:
      path: its path; None if it has none.
      content: what there is of it: a path, bytes, an array or a PIL image.
    """

    path: str | None
    content: Any


def is_one(given: Any) -> bool:
    """Whether this is one picture, not several; a folder is several."""
    if isinstance(given, (str, os.PathLike)):
        return not is_folder(given)
    if isinstance(given, (bytes, bytearray)) or _is_pil(given):
        return True
    return isinstance(given, (np.ndarray, tf.Tensor)) and given.ndim in (2, 3)


def each(given: Any) -> Iterator[Picture]:
    """The pictures that are given, one or many.

    Raises:
      TypeError: it is no picture, and none are in it.
    """
    if is_one(given):
        yield _picture(given)
    elif isinstance(given, (str, os.PathLike)):
        for path in in_folder(os.fsdecode(given)):
            yield Picture(path, path)
    elif isinstance(given, Iterable):
        for one in given:
            if not is_one(one):
                _refuse(one)
            yield _picture(one)
    else:
        _refuse(given)


def _refuse(given: Any) -> None:
    if isinstance(given, (str, os.PathLike)):
        raise DataError("this is a folder; give it alone, for all pictures in it.", path=str(given))
    raise TypeError(
        "pictures: expected paths, bytes of picture files, uint8 arrays [height, width, channels] "
        f"or PIL images, one or a list of them; got {describe(given)}."
    )


def _picture(given: Any) -> Picture:
    if isinstance(given, (str, os.PathLike)):
        path = os.fsdecode(given)
        return Picture(path, path)
    if _is_pil(given):
        return Picture(getattr(given, "filename", None) or None, given)
    return Picture(None, given)


def in_folder(folder: str) -> list[str]:
    """The pictures in a folder and in those within it, sorted: those that training would find.

    Raises:
      DataNotFoundError: there is none.
    """
    found = list(walking.pictures(folder))
    paths = [os.path.join(folder, one.path) for one in found if one.reason is None]
    if not paths:
        others = "1 other file" if len(found) == 1 else f"{len(found)} other files"
        there = f"only {others}" if found else "it is empty"
        endings = [ending for endings in images.ENDINGS.values() for ending in endings]
        raise DataNotFoundError(
            f"there is no picture in this folder: {there}. Pictures are told by their "
            f"endings: {', '.join(endings)}.",
            path=folder,
        )
    return sorted(paths)


def expanded(arguments: Iterable[str]) -> list[str]:
    """The paths that arguments of a command stand for: files, folders and patterns.

    Raises:
      DataNotFoundError: one of them stands for nothing.
    """
    paths: list[str] = []
    for argument in arguments:
        # A file's own name wins over its reading as a pattern: `a[1].jpg` is a file.
        if is_folder(argument):
            paths += in_folder(argument)
        elif not exists(argument) and glob.has_magic(argument):
            matches = matching(argument)
            if not matches:
                raise DataNotFoundError(
                    f"nothing matches this pattern (looked from {os.getcwd()}).", path=argument
                )
            for match in matches:
                paths += in_folder(match) if is_folder(match) else [match]
        else:
            paths.append(argument)
    return paths


def encoded(content: Any) -> bytes:
    """The picture as the bytes of a file: what is one stays as it is.

    Args:
      content: of a `Picture`.

    Raises:
      DataError, OSError: it cannot be read, or is no picture.
    """
    if isinstance(content, str):
        return files.read_bytes(content)
    if isinstance(content, (bytes, bytearray)):
        return bytes(content)
    pixels = np.asarray(_pixels_of_pil(content) if _is_pil(content) else content)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.dtype != np.uint8:
        raise DataError(
            f"an array must be of uint8, 0 to 255, received {pixels.dtype}.",
            remedy="Of floats from 0 to 1 write (255 * array).round().astype('uint8').",
        )
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise DataError(
            f"an array must be [height, width, 1, 3 or 4 channels], received {pixels.shape}."
        )
    # By a file without loss it goes the way that all pictures go.
    return tf.io.encode_png(pixels, compression=1).numpy()


def _is_pil(given: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(given, pil.Image)


def _pixels_of_pil(image: Any) -> np.ndarray:
    """The pixels, upright: PIL leaves that to whoever reads a file."""
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.mode in ("I", "F"):
        raise DataError(f"a PIL image must have 8 or 16 bits, received one of mode {image.mode}.")
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "RGBA"):
        is_clear = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
        image = image.convert("RGBA" if is_clear else "RGB")
    return np.asarray(image)
