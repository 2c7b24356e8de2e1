"""Small folders of pictures, made for a test."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

CLASSES = ("cat", "dög é", "snake")
BROKEN = b"\xff\xd8\xffhello"


def png(number: int, height: int = 6, width: int = 5) -> bytes:
    """A PNG that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 255, [height, width, 3], np.uint8)
    return tf.io.encode_png(pixels).numpy()


def jpeg(number: int, height: int = 16, width: int = 24) -> bytes:
    """A JPEG that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 255, [height, width, 3], np.uint8)
    return tf.io.encode_jpeg(pixels).numpy()


def folder(path, per_class: int = 12, classes=CLASSES) -> str:
    """Class folders of pictures, each different, of two formats, with spaces in their names."""
    number = 0
    for name in classes:
        os.makedirs(os.path.join(path, name))
        for index in range(per_class):
            kind, content = ("png", png(number)) if index % 3 else ("jpg", jpeg(number))
            write(path, {f"{name}/picture {index}.{kind}": content})
            number += 1
    return str(path)


def write(path, files: Mapping[str, bytes]) -> None:
    """Writes files below a folder."""
    for name, content in files.items():
        target = os.path.join(path, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)


def content_of(path) -> dict[str, bytes]:
    """All files of a folder, without those in folders of it."""
    found = {}
    for name in sorted(os.listdir(path)):
        if os.path.isfile(os.path.join(path, name)):
            with open(os.path.join(path, name), "rb") as file:
                found[name] = file.read()
    return found
