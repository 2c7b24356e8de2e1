"""What the engines that are TensorFlow itself have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import metadata
from tf_slim.export.engines.engine import Engine, EngineError, Input
from tf_slim.ops import shapes


class TensorFlowEngine(Engine):
    """A model that TensorFlow runs: `_load` gives it as a function of tensors by name."""

    def _open(self) -> None:
        if self.threads is not None:
            set_threads(self.threads, self.path)
        self._function, specs, self.outputs = self._load()
        self.inputs = tuple(
            Input(name, tuple(shapes.of(spec)), np.dtype(spec.dtype.as_numpy_dtype))
            for name, spec in specs.items()
        )
        self.metadata = self._metadata()

    def _load(
        self,
    ) -> tuple[Callable[..., Mapping[str, Any]], Mapping[str, tf.TensorSpec], tuple[str, ...]]:
        """The function, what it takes, and the names of what it gives."""
        raise NotImplementedError

    def _metadata(self) -> metadata.Metadata | None:
        return metadata.read_beside(self.path)

    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = self._function(**{name: tf.constant(value) for name, value in feeds.items()})
        return {name: value.numpy() for name, value in found.items()}


def set_threads(threads: int, path: str) -> None:
    """Sets TensorFlow's threads, unless they are that many.

    Raises:
      EngineError: it has computed something, by another number of them.
    """
    config = tf.config.threading
    for get, set_ in (
        (config.get_intra_op_parallelism_threads, config.set_intra_op_parallelism_threads),
        (config.get_inter_op_parallelism_threads, config.set_inter_op_parallelism_threads),
    ):
        if get() == threads:
            continue
        try:
            set_(threads)
        except RuntimeError as error:
            raise EngineError(
                f"{path}: it is run by TensorFlow, whose threads are one number for a process, set "
                f"before it computes anything; here they are {get() or 'as many as cores'}, not "
                f"{threads}. Open it first, or call "
                f"tf.config.threading.set_intra_op_parallelism_threads({threads}) at the start."
            ) from error
