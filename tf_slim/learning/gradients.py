"""What happens to gradients between their computation and the optimizer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, patterns
from tf_slim.ops.gradients import clip_by_norm, scaled
from tf_slim.ops.modes import do_not_convert
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


@do_not_convert
def multiplied(gradients: Sequence[Any], factors: Sequence[float]) -> list[Any]:
    """Each gradient times its factor; None stays None."""
    return [g if g is None or m == 1.0 else scaled(g, m) for g, m in zip(gradients, factors)]


@do_not_convert
def with_variables(
    gradients: Sequence[Any], variables: Sequence[tf.Variable], names: Sequence[str]
) -> list[tuple]:
    """Pairs of gradient and variable, less the variables that the loss does not depend on.

    Raises:
      ValueError: the loss depends on none of the variables.
    """
    pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    missing = [name for g, name in zip(gradients, names, strict=True) if g is None]
    if not pairs:
        raise ValueError(
            f"The loss depends on none of the variables to train ({first_few(names)}). Compute it "
            "from the output of the model, inside the loss function."
        )
    if missing:
        warnings.warn(
            f"The loss does not depend on {first_few(missing)}: not trained.", stacklevel=2
        )
    return pairs


@do_not_convert
def clipped(pairs: list[tuple], max_norm: float) -> list[tuple]:
    """Pairs of gradient and variable, each gradient of at most `max_norm`; 0 for no limit.

    The gradient of the global batch is what is clipped, so that replicas add theirs up first. The
    optimizer will add the replicas' gradients up once more.
    """
    if not max_norm:
        return pairs
    replicas = collect.replica_count()
    if replicas == 1:
        return [(clip_by_norm(g, max_norm), v) for g, v in pairs]
    context = tf.distribute.get_replica_context()
    summed = context.all_reduce(tf.distribute.ReduceOp.SUM, [g for g, _ in pairs])
    return [
        (scaled(clip_by_norm(g, max_norm), 1.0 / replicas), v) for g, (_, v) in zip(summed, pairs)
    ]
