"""What happens to gradients between their computation and the optimizer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

from tf_slim.ops import patterns
from tf_slim.ops.wording import first_few


def multipliers_by_name(multipliers: Mapping | None, names: Sequence[str]) -> dict[str, float]:
    """Resolves gradient multipliers to one factor per variable name.

    Args:
      multipliers: `{pattern: factor}`; a pattern is a full name or a glob over full names, as
        in `{"lenet/conv*": 0.1}`. Where several match, the last one counts.
      names: full names of the variables that are trained.

    Raises:
      ValueError: a pattern matches no trained variable, or a factor is not finite.
    """
    factors: dict[str, float] = {}
    for pattern, factor in (multipliers or {}).items():
        hits = [name for name in names if patterns.matches(name, pattern)]
        if not hits:
            raise ValueError(
                patterns.nothing_matches(
                    "gradient_multipliers", pattern, list(names), "trained variable"
                )
            )
        if not math.isfinite(factor):
            raise ValueError(
                f"gradient_multipliers[{pattern!r}]: expected a finite factor; got {factor}."
            )
        factors.update(dict.fromkeys(hits, float(factor)))
    return factors


def without_missing(gradients, variables, names) -> list[tuple]:
    """Pairs of gradient and variable, less the variables that the loss does not depend on.

    Raises:
      ValueError: the loss depends on none of the variables.
    """
    pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    missing = [name for g, name in zip(gradients, names, strict=True) if g is None]
    if not pairs:
        raise ValueError(
            "The loss depends on none of the variables to train "
            f"({first_few(names)}). Compute it from the "
            "output of the model, inside the loss function."
        )
    if missing:
        warnings.warn(
            f"The loss does not depend on {first_few(missing)}: not trained.",
            stacklevel=2,
        )
    return pairs
