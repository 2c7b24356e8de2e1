"""What takes part in a benchmark: nets, runs and exported files, each as one function of images."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import nets
from tf_slim.evaluation.loading import load
from tf_slim.export import engines, inference
from tf_slim.export.engines.opening import engine_of
from tf_slim.export.errors import ExportError
from tf_slim.ops import paths
from tf_slim.ops.model import Model
from tf_slim.ops.wording import did_you_mean

NET, RUN = "net", "run"


@dataclasses.dataclass(frozen=True)
class Ready:
    """A contestant that was loaded.

    Attributes:
      run: from images, float32 `[batch, ...]`, to its outputs as arrays.
      shape: of one image; None is any size.
      precision: what it computes in, or how it is quantized.
    """

    run: Callable[[np.ndarray], Any]
    shape: tuple[int | None, ...]
    precision: str


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A net, a run or an exported file.

    Attributes:
      target: the name of the net, or the path.
      kind: "net", "run", or the format of the file.
      precision: of a net or a run: what to compute in.
    """

    target: str
    kind: str
    precision: str | None = None

    def prepare(self) -> None:
        """Imports what runs it.

        Raises:
          MissingExtraError: that is not installed.
        """
        if self.kind not in (NET, RUN):
            engine_of(self.kind).require()

    def load(self, image_size: tuple[int, int] | None, threads: int | None) -> Ready:
        """Loads it.

        Args:
          image_size: `(height, width)`, where it takes images of several sizes; None for its own.
          threads: how many to compute by; None for what it takes by itself.

        Raises:
          LoadError, EngineError, ExportError: it cannot be loaded.
        """
        if self.kind not in (NET, RUN):
            engine = engines.open(self.target, threads=threads)
            known = engine.metadata
            own = None if known is None else known.image_size
            said = "float32" if known is None else known.quantize or known.precision or "float32"
            return Ready(engine, _sized(engine.image_shape, image_size or own), said)
        if self.kind == RUN:
            loaded = load(self.target)
            size = image_size or loaded.image_size
            model, shape = loaded.model, (*(size or (None, None)), loaded.channels)
        else:
            model, shape = _net(self.target, image_size)
        precision = self.precision or model.precision or "float32"
        return Ready(_function(model, shape, precision), shape, precision)

    @property
    def size(self) -> int | None:
        """Of the file, or the folder, in bytes, with what belongs beside it; None of a net."""
        if self.kind in (NET, RUN):
            return None
        if os.path.isdir(self.target):
            return sum(
                os.path.getsize(os.path.join(folder, name))
                for folder, _, names in os.walk(self.target)
                for name in names
            )
        beside = f"{os.path.splitext(self.target)[0]}.bin" if self.kind == "openvino" else ""
        there = [path for path in (self.target, beside) if path and os.path.isfile(path)]
        return sum(map(os.path.getsize, there))


def find(targets: Sequence[str], precisions: Sequence[str] = ()) -> list[Contestant]:
    """Who takes part.

    Args:
      targets: names of nets, folders of runs, and exported files.
      precisions: in which nets and runs are to compute, one after the other; none for their own.

    Raises:
      ExportError: a target is none of these.
      MissingExtraError: what runs a file is not installed.
    """
    found = []
    for target in targets:
        kind = _kind(target)
        if kind in (NET, RUN):
            found += [Contestant(target, kind, one) for one in precisions or (None,)]
        else:
            found.append(Contestant(target, kind))
    for one in found:
        one.prepare()
    return found


def _kind(target: str) -> str:
    if engines.is_exported(target):
        return str(engines.format_of(target))
    if paths.is_folder(target):
        return RUN
    if target in nets.names():
        return NET
    if paths.exists(target):
        engines.open(target)  # which says what it expects
    folder, name = os.path.split(target)
    near = paths.names(folder or ".") if paths.is_folder(folder or ".") else []
    hint = did_you_mean(target, nets.names()) or did_you_mean(name, near, most=1)
    raise ExportError(
        f"There is no net {target!r}, and no run or file of that name (looked from {os.getcwd()})."
        f"{hint}"
    )


def _net(name: str, image_size: tuple[int, int] | None) -> tuple[Model, tuple[int | None, ...]]:
    """A net with random weights, which compute as fast as others."""
    spec = nets.spec(name)
    size = image_size or (spec.image_size, spec.image_size)
    shape = (*(() if spec.frames is None else (spec.frames,)), *size, spec.channels)
    try:
        return nets.create(name).build(tf.TensorSpec([None, *shape])), shape
    except (TypeError, ValueError) as error:
        raise ExportError(
            f"{name} cannot be built for images of {'x'.join(map(str, shape))}: {error}"
        ) from error


def _function(model: Model, shape: tuple[int | None, ...], precision: str) -> Callable:
    compute = inference.for_inference(model, tf.TensorSpec([None, *shape]), precision=precision)

    def run(images: np.ndarray) -> Any:
        return tf.nest.map_structure(lambda one: one.numpy(), compute(images))

    return run


def _sized(
    shape: tuple[int | None, ...], image_size: tuple[int, int] | None
) -> tuple[int | None, ...]:
    """The shape of an image, with the sizes that the file leaves open."""
    if image_size is None or len(shape) != 3:
        return shape
    height, width = (own or given for own, given in zip(shape[:2], image_size))
    return height, width, shape[2]
