"""Which checkpoints a folder has, in the order of their steps."""

from __future__ import annotations

import os
import re

from tf_slim.ops import paths
from tf_slim.ops.arguments import checked

_STEP = re.compile(r"-(\d+)$")


@checked
def prefixes(folder: str | os.PathLike) -> list[str]:
    """The checkpoints in a folder, by step and then by name.

    Raises:
      TypeError: `folder` is no path.

    Examples:
      >>> slim.checkpoints.prefixes("runs/digits")
      ['runs/digits/model.ckpt-0', 'runs/digits/model.ckpt-100']
    """
    found = paths.starting(os.path.join(os.fsdecode(folder), ""), "*.index")
    return sorted((path[: -len(".index")] for path in found), key=lambda p: (step_of(p), p))


def step_of(prefix: str) -> int:
    """The step in the name of a checkpoint (`model.ckpt-100`), or -1.

    Examples:
      >>> slim.checkpoints.step_of("run/model.ckpt-100"), slim.checkpoints.step_of("model.npz")
      (100, -1)
    """
    match = _STEP.search(prefix)
    return int(match.group(1)) if match else -1
