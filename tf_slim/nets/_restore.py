"""The variables of a net from a checkpoint, published or one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tf_slim import checkpoints
from tf_slim.nets import _registry
from tf_slim.ops import patterns
from tf_slim.ops.fake_quantization import names_of_ranges
from tf_slim.ops.model import Model
from tf_slim.ops.wording import first_few


def restore(
    model: Model,
    path: str | os.PathLike,
    found: _registry.NetSpec,
    *,
    other_logits: bool,
    exclude: Iterable[str] = (),
) -> checkpoints.Report:
    """Restores a net that has been built; averages of weights in place of the weights.

    Args:
      model: the net.
      path: of a checkpoint.
      found: what the net is.
      other_logits: whether logits that have another shape in the checkpoint may be left alone.
      exclude: patterns of other variables to leave alone.

    Raises:
      CheckpointError: the checkpoint does not fit.
    """
    reader = checkpoints.Reader(path, checkpoints.averages)
    ours = model.named_variables
    if not any(name in reader for name in ours):
        raise checkpoints.CheckpointError(
            f"{reader.path} is no checkpoint of {found.name!r}: it has none of its {len(ours)} "
            f"variables, the first of which is {next(iter(ours))!r}. {_what_it_is(reader.names)}"
        )
    other = [
        name
        for name, variable in ours.items()
        if other_logits
        and any(patterns.matches(name, glob) for glob in found.logits_patterns)
        and name in reader
        and reader.shape(name) != variable.shape
    ]
    if model.quantization is not None:
        # Ranges are found by training: a checkpoint of before it has none.
        other += [name for name in names_of_ranges(ours) if name not in reader]
    try:
        return model.restore(path, exclude=[*other, *exclude], rename=checkpoints.averages)
    except checkpoints.CheckpointError as error:
        if error.report is None:
            raise
        raise checkpoints.CheckpointError(
            f"{error.report.text({})}\nMake the net without a checkpoint, build it, and choose by "
            "model.restore what to take.",
            error.report,
        ) from error


def _what_it_is(names: Iterable[str]) -> str:
    roots = {name.partition("/")[0] for name in names}
    nets = [
        name for name in _registry.names() if _registry.spec(name).keywords.get("scope") in roots
    ]
    if nets:
        return f"It looks like one of {' or '.join(map(repr, nets[:4]))}."
    return f"It has: {first_few(sorted(roots), 8)}."
