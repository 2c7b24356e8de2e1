"""The variables of a net from a checkpoint, published or one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tf_slim.nets import _registry
from tf_slim.nets._fetch import fetch
from tf_slim.nets._published import Checkpoint
from tf_slim.ops import checkpoints, patterns
from tf_slim.ops.model import Model

_AVERAGE = "/ExponentialMovingAverage"


def path_of(known: Checkpoint | None, checkpoint) -> str:
    """The path of a published checkpoint, which is fetched if needed, or of one's own."""
    return checkpoints.resolve(checkpoint) if known is None else fetch(known.name)


def restore(
    model: Model, path: str | os.PathLike, found: _registry.NetSpec, *, other_logits: bool
) -> checkpoints.Report:
    """Restores a net that has been built.

    Args:
      model: the net.
      path: of a checkpoint.
      found: what the net is.
      other_logits: whether logits that have another shape in the checkpoint may be left alone.

    Raises:
      CheckpointError: the checkpoint does not fit.
    """
    reader = checkpoints.Reader(path)
    ours = model.named_variables
    if not any(name in reader for name in ours):
        raise checkpoints.CheckpointError(
            f"{path} is no checkpoint of {found.name!r}: it has none of its {len(ours)} variables, "
            f"the first of which is {next(iter(ours))!r}. {_what_it_is(reader.names)}"
        )
    named = {
        name + _AVERAGE if name + _AVERAGE in reader else name: variable
        for name, variable in ours.items()
    }
    exclude = [
        name
        for name, variable in named.items()
        if other_logits
        and any(patterns.matches(name, pattern) for pattern in found.logits_patterns)
        and name in reader
        and reader.shape(name) != variable.shape
    ]
    return checkpoints.restore(path, named, exclude=exclude)


def _what_it_is(names: Iterable[str]) -> str:
    roots = {name.partition("/")[0] for name in names}
    nets = [
        name for name in _registry.names() if _registry.spec(name).keywords.get("scope") in roots
    ]
    if nets:
        return f"It looks like one of {' or '.join(repr(name) for name in nets[:4])}."
    return f"It has: {', '.join(sorted(roots)[:8])}."
