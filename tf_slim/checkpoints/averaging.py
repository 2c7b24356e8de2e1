"""The mean of several checkpoints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.reader import Reader
from tf_slim.checkpoints.saving import save
from tf_slim.ops.arguments import checked


@checked
def average(
    sources: Sequence[Any], target: str | os.PathLike | None = None
) -> dict[str, np.ndarray]:
    """Averages checkpoints: the mean of the weights of the last few is often the better model.

    Stochastic weight averaging: P. Izmailov et al., "Averaging Weights Leads to Wider Optima and
    Better Generalization", 2018, https://arxiv.org/abs/1803.05407. Moving averages within
    `batch_norm` belong to the weights that they were measured with: measure them anew by a pass
    over the data in training mode, if the checkpoints are far apart.

    Args:
      sources: checkpoints (see `Reader`), Models, or arrays by name; all with the same names,
        shapes and dtypes.
      target: where to save the result (see `save`), or None.

    Returns:
      Arrays by name. What is no floating point number (the global step) is that of the last one.

    Raises:
      CheckpointError: one is missing or damaged, or is of another model.
      ValueError: there are no sources.

    Examples:
      >>> first, second = {"w": np.array([1.0, 2.0])}, {"w": np.array([3.0, 6.0])}
      >>> slim.checkpoints.average([first, second])["w"].tolist()
      [2.0, 4.0]
    """
    if not sources:
        raise ValueError("average takes a list of checkpoints as sources; got none.")
    readers = [Reader.over(source) for source in sources]
    first = readers[0]
    for other in readers[1:]:
        for name in {*first.names, *other.names}:
            ours, theirs = (r.entry(name) if name in r else None for r in (first, other))
            if ours != theirs:
                raise CheckpointError(
                    f"{first.path} and {other.path} are not of one model: {name!r} is "
                    f"{ours or 'missing'} in the first and {theirs or 'missing'} in the other."
                )
    mean = {name: _mean(readers, name) for name in first.names}
    if target is not None:
        save(target, mean)
    return mean


def _mean(readers: list[Reader], name: str) -> np.ndarray:
    dtype = readers[0].dtype(name)
    if not (dtype.is_floating or dtype.is_complex):
        return readers[-1].read(name)
    total = 0
    for reader in readers:
        total = total + reader.read(name).astype(np.complex128 if dtype.is_complex else np.float64)
    return np.asarray(total / len(readers)).astype(dtype.as_numpy_dtype)
