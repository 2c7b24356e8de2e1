"""What all engines have in common: `Engine`."""

from __future__ import annotations

import abc
import importlib
import threading
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tf_slim.export.errors import MissingExtraError
from tf_slim.export.metadata import Metadata
from tf_slim.ops.arguments import describe
from tf_slim.ops.wording import did_you_mean


class EngineError(ValueError):
    """A file is no exported model, or cannot be run as it was asked for."""


class Input(NamedTuple):
    """What a model in a file takes.

    Attributes:
      name: its name.
      shape: with the batch first; None is any size.
      dtype: of the arrays.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype


class Engine(abc.ABC):
    """A model in a file, opened and ready to run.

    It may be called from several threads; where what runs it may not, they take turns.

    Attributes:
      path: of the file.
      metadata: what the file says of itself; None if it was not written by this package.
      inputs: what it takes.
      outputs: the names of what it gives.
      threads: how many it computes by; None leaves that to what runs it.

    Examples: see `slim.export.engines.open`.
    """

    format: ClassVar[str]
    """The name of the format, as `slim.export.save` takes it."""
    module: ClassVar[str | None] = None
    """What is imported to run it, besides TensorFlow."""
    extra: ClassVar[str | None] = None
    """Of this package, that has the module."""
    takes_turns: ClassVar[bool] = False
    """Whether only one thread at a time may run it."""

    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    kept: Any = None
    """What must live as long as it does."""

    def __init__(self, path: str, threads: int | None = None):
        """Opens a file.

        Args:
          path: of the file, or of the folder.
          threads: how many to compute by; None for what the engine takes by itself.

        Raises:
          EngineError: it is no such file, or cannot be run.
          MissingExtraError: what runs it is not installed.
        """
        self.require()
        self.path = path
        self.threads = threads
        self.metadata: Metadata | None = None
        self._turn = threading.Lock()
        try:
            self._open()
        except (EngineError, ImportError):
            raise
        except Exception as error:  # whatever a library may raise of a damaged file
            raise EngineError(
                f"{path} cannot be opened as a model of the format {self.format}: "
                f"{_first_line(error)}"
            ) from error

    @classmethod
    def require(cls) -> Any:
        """The module that runs files of this format; None where TensorFlow does.

        Raises:
          MissingExtraError: it is not installed.
        """
        if cls.module is None:
            return None
        try:
            return importlib.import_module(cls.module)
        except ImportError as error:
            package = cls.module.partition(".")[0].replace("_", "-")
            raise MissingExtraError(
                f"Models of the format {cls.format} are run by {package}, which is not installed "
                f"or cannot be imported ({error}): pip install 'tf-slim2[{cls.extra}]'."
            ) from error

    @property
    def image_shape(self) -> tuple[int | None, ...]:
        """`(height, width, channels)` of the images; None is any."""
        return self.inputs[0].shape[1:]

    def __call__(self, images: Any) -> dict[str, np.ndarray]:
        """Runs the model.

        Args:
          images: float32 `[n, height, width, channels]`, for any n, as the preprocessing gives
            them; of a model of several inputs a mapping of arrays by the names of the inputs.

        Returns:
          Arrays by the names of the outputs. What is exported by this package gives
          `probabilities` and `logits`, float32 `[n, classes]`.

        Raises:
          ValueError: they do not fit.
        """
        feeds = self._feeds(images)
        count = len(next(iter(feeds.values())))
        size = self.inputs[0].shape[0] if self.inputs[0].shape else None
        if size is None and count:
            return self._turned(feeds)
        size = size or 1
        # What takes a batch of one size only is given batches of it; nothing is run as one, too.
        parts = [
            self._turned(
                {name: _padded(value[at : at + size], size) for name, value in feeds.items()}
            )
            for at in range(0, max(count, 1), size)
        ]
        return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}

    @abc.abstractmethod
    def _open(self) -> None:
        """Opens `path`, and sets `inputs`, `outputs` and, if there are any, `metadata`."""

    @abc.abstractmethod
    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the model on arrays that fit."""

    def _turned(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not self.takes_turns:
            return self._run(feeds)
        with self._turn:
            return self._run(feeds)

    def _feeds(self, images: Any) -> dict[str, np.ndarray]:
        """The arrays by name, each of the type and the shape that the model takes."""
        named = {one.name: one for one in self.inputs}
        if not isinstance(images, Mapping):
            if len(self.inputs) > 1:
                raise ValueError(
                    f"{self.path} takes several inputs ({', '.join(named)}): give a mapping of "
                    f"arrays by these names; got {describe(images)}."
                )
            images = dict.fromkeys(named, images)
        for name in {**named, **images}:
            if name not in named:
                raise ValueError(
                    f"{self.path} has no input {name!r}.{did_you_mean(name, named)} Its inputs: "
                    f"{', '.join(named)}."
                )
            if name not in images:
                raise ValueError(f"{self.path}: the input {name!r} is missing.")
        feeds = {name: _fitting(images[name], one, self.path) for name, one in named.items()}
        counts = {name: len(value) for name, value in feeds.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"{self.path}: expected as many of each input; got {counts}.")
        return feeds

    def __repr__(self) -> str:
        return f"<slim.export.engines.Engine {self.format}, of {self.path}>"


def _fitting(value: Any, expected: Input, path: str) -> np.ndarray:
    array = np.asarray(value)
    fits = array.ndim == len(expected.shape) and all(
        size in (None, there) for size, there in zip(expected.shape[1:], list(array.shape)[1:])
    )
    if not fits:
        shape = ", ".join("any" if size is None else str(size) for size in expected.shape[1:])
        raise ValueError(
            f"{path}: {expected.name} must be [n, {shape}], received {list(array.shape)}."
        )
    if array.dtype == expected.dtype:
        return array
    if np.issubdtype(array.dtype, np.floating) and np.issubdtype(expected.dtype, np.floating):
        return array.astype(expected.dtype)
    raise ValueError(
        f"{path}: {expected.name} must be of {expected.dtype}, received {array.dtype}: images as "
        "the preprocessing gives them (slim.data.preprocessing.get_preprocessing)."
    )


def _padded(rows: np.ndarray, size: int) -> np.ndarray:
    return np.pad(rows, [(0, size - len(rows))] + [(0, 0)] * (rows.ndim - 1))


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
