"""The folder that the examples of docstrings run in: some pictures, and a run that was trained."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

import numpy as np

CLASSES = ("cat", "dog", "fox")
PICTURES = 24
SIZE = 96


def make(folder: str | os.PathLike[str]) -> None:
    """Makes `pets/` (a folder of JPEGs a class) and `runs/digits` (LeNet, trained a little)."""
    _draw(Path(folder) / "pets")
    _train(Path(folder) / "runs" / "digits")


def _draw(folder: Path) -> None:
    """Each class has a colour of its own, so that a net can tell them apart."""
    import tensorflow as tf

    generator = np.random.default_rng(0)
    for index, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(1, PICTURES + 1):
            pixels = generator.integers(0, 128, [SIZE, SIZE, 3])
            pixels[..., index] += 120
            content = tf.io.encode_jpeg(pixels.astype(np.uint8)).numpy()
            (folder / name / f"{number}.jpg").write_bytes(content)


def _train(folder: Path) -> None:
    from tf_slim.cli import config, training

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        training.train(config.load(None, ["train.steps=100"]), str(folder))
