"""Representative data: pictures of the training data, by which activations are quantized."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options
from tf_slim.export.source import Source

PICTURES = 200
"""How many are looked at: more of them change the ranges of activations by little."""
_FEW = 16


def images(source: Source, options: Options) -> np.ndarray:
    """Pictures to calibrate by, as the net is given them.

    Args:
      source: the model.
      options: of the format.

    Returns:
      float32 `[pictures, height, width, channels]`, at least one.

    Raises:
      ExportError: there are none, it is not known where they are, they hold no numbers, or the
        net takes something else.
      slim.data.DataError: one of them cannot be read.
    """
    if not source.takes_images:
        raise ExportError(
            f"{source.model.name} takes {', '.join(source.input_names)}, and no pictures alone: "
            f"there is nothing to quantize it to {options.quantize} by. Export it without."
        )
    found = np.asarray(options.samples(PICTURES), np.float32)
    if not len(found):
        raise ExportError(
            f"To quantize to {options.quantize}, pictures of the training data are needed, and "
            "there are none in the data that were given: the set is empty. Give others, by "
            "calibration= or --calibration SOURCE."
        )
    broken = ~np.isfinite(found).all(axis=tuple(range(1, found.ndim)))
    if broken.any():
        raise ExportError(
            f"{int(broken.sum())} of {len(found)} pictures to quantize by are not finite once they "
            "are prepared: their preprocessing gives NaN or infinity."
        )
    if len(found) < _FEW:
        warnings.warn(
            f"Only {len(found)} pictures to quantize by: a value beyond what they hold is cut off. "
            f"Give at least {_FEW}, better {PICTURES}, of all classes.",
            stacklevel=2,
        )
    return found


def one_by_one(pictures: np.ndarray) -> Iterator[np.ndarray]:
    """Batches of one picture: `[1, height, width, channels]`.

    Args:
      pictures: as `images` gives them.
    """
    for number in range(len(pictures)):
        yield pictures[number : number + 1]
