"""An exported model, with all that is needed to predict by it: what `Predictor` makes of a file."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tf_slim.evaluation import loading
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.export import engines
from tf_slim.export.metadata import Metadata
from tf_slim.learning.description import Description
from tf_slim.ops.wording import first_few

_PROBABILITIES, _LOGITS = "probabilities", "logits"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """A file that `slim.export.save` has written, or another program.

    Attributes:
      engine: runs it.
      labels: the name of each class; None if nobody knows them.
      image_size: `(height, width)`, in pixels, of what it is given; None for any.
      channels: of the images.
      multi_label: whether an image may be of several classes.
      checkpoint: the path of the file.
      description: what it says of itself.
      step: of training, or None.
      data: None: it does not say on what it was trained.
    """

    engine: engines.Engine
    labels: tuple[str, ...] | None
    image_size: tuple[int, int] | None
    channels: int
    multi_label: bool
    checkpoint: str
    description: Description
    step: int | None
    data: None = None

    @property
    def name(self) -> str:
        """The name of the net, or of the file where it does not tell."""
        return self.description.net or os.path.basename(self.checkpoint)

    def compute(
        self, images: np.ndarray, *, multi_label: bool, features: str | None, heat_maps: bool
    ) -> dict[str, np.ndarray]:
        """What it says of images.

        Args:
          images: float32 `[n, height, width, channels]`.
          multi_label: whether probabilities are sigmoids of the logits, where the file gives none.
          features: see `Predictor.stream`.
          heat_maps: see `Predictor.stream`.

        Returns:
          `probabilities`, float32 `[n, classes]`.

        Raises:
          ValueError: it cannot give what is asked for.
        """
        asked = "heat maps" if heat_maps else None if features is None else f"features {features!r}"
        if asked is not None:
            raise ValueError(
                f"{self.checkpoint} is an exported model, of which nothing inside can be seen: "
                f"{asked} are those of the run, or the net, that it was made from."
            )
        found = self.engine(images)
        if _PROBABILITIES in found:
            return {_PROBABILITIES: found[_PROBABILITIES]}
        if _LOGITS in found:
            return {_PROBABILITIES: _squashed(found[_LOGITS], multi_label)}
        raise ValueError(
            f"{self.checkpoint} gives {first_few(found)}, and neither probabilities nor logits: it "
            "tells no classes apart, or another program has written it. Run it by "
            f"slim.export.engines.open({self.checkpoint!r})."
        )


def load(
    path: str | os.PathLike, labels: str | os.PathLike | Sequence[str] | None = None
) -> ExportedModel:
    """Opens an exported model.

    Args:
      path: of the file, or of the folder of a SavedModel.
      labels: the name of each class, or a label file, in place of those of the file.

    Raises:
      EngineError: it is none, or it takes no images.
      MissingExtraError: what runs it is not installed.
      LoadError, DataError: the labels cannot be read.
    """
    engine = engines.open(path)
    shape: tuple[Any, ...] = engine.image_shape
    if len(engine.inputs) > 1 or len(shape) != 3:
        raise engines.EngineError(
            f"{engine.path} takes no images [n, height, width, channels], but "
            f"{', '.join(f'{one.name} {list(one.shape)}' for one in engine.inputs)}. Run it by "
            f"slim.export.engines.open({engine.path!r})."
        )
    known = engine.metadata or Metadata(channels=shape[2] or 3)
    height, width, channels = shape
    size = known.image_size if height is None or width is None else (height, width)
    return ExportedModel(
        engine=engine,
        labels=known.labels if labels is None else loading.labels_of(labels),
        image_size=size,
        channels=channels or known.channels,
        multi_label=known.multi_label,
        checkpoint=engine.path,
        description=Description(net=known.net, preprocessing=known.preprocessing),
        step=known.step,
    )


def load_any(
    run: str | os.PathLike,
    checkpoint: str | os.PathLike | None = None,
    *,
    labels: str | os.PathLike | Sequence[str] | None = None,
) -> LoadedRun | ExportedModel:
    """A run or a net, as `slim.load` gives it, or an exported model.

    Args:
      run: what `slim.load` takes, or the path of an exported model.
      checkpoint: see `slim.load`.
      labels: see `slim.load`.

    Raises:
      LoadError, EngineError: it cannot be loaded.
      slim.checkpoints.CheckpointError: there is no checkpoint, or it does not fit.
      MissingExtraError: what runs the file is not installed.
    """
    if not engines.is_exported(run):
        return loading.load(run, checkpoint, labels=labels)
    if checkpoint is not None:
        raise loading.LoadError(
            f"{os.fsdecode(run)} is an exported model, whose weights are in it: leave out the "
            "checkpoint."
        )
    return load(run, labels)


def _squashed(logits: np.ndarray, multi_label: bool) -> np.ndarray:
    if multi_label:
        return (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
