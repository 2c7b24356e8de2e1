"""What happens to gradients between their computation and the optimizer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, patterns
from tf_slim.ops.gradients import clip_by_global_norm, clip_by_norm, scaled
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


def multiplied(gradients: Sequence[Any], factors: Sequence[float]) -> list[Any]:
    """Each gradient times its factor; None stays None."""
    return [g if g is None or m == 1.0 else scaled(g, m) for g, m in zip(gradients, factors)]


def with_variables(gradients: Sequence[Any], variables: Mapping[str, tf.Variable]) -> list[tuple]:
    """Pairs of gradient and variable, less the variables that the loss does not depend on.

    Args:
      gradients: one for each variable, or None.
      variables: by name.

    Raises:
      ValueError: the loss depends on none of the variables.
    """
    names = list(variables)
    found = list(zip(gradients, variables.items(), strict=True))
    pairs = [(g, v) for g, (_, v) in found if g is not None]
    missing = [name for g, (name, _) in found if g is None]
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


def clipped(pairs: list[tuple], max_norm: float, max_global_norm: float = 0.0) -> list[tuple]:
    """Pairs of gradient and variable, with gradients of at most such norms; 0 for no limit.

    The gradient of the global batch is what is clipped, so that replicas add theirs up first. The
    optimizer will add the replicas' gradients up once more.

    Args:
      pairs: of gradient and variable.
      max_norm: of each gradient.
      max_global_norm: of all together.
    """
    if not max_norm and not max_global_norm:
        return pairs
    replicas = collect.replica_count()
    grads = [g for g, _ in pairs]
    if replicas > 1:
        context = tf.distribute.get_replica_context()
        grads = context.all_reduce(tf.distribute.ReduceOp.SUM, grads)
    if max_norm:
        grads = [clip_by_norm(g, max_norm) for g in grads]
    if max_global_norm:
        grads = clip_by_global_norm(grads, max_global_norm)
    if replicas > 1:
        grads = [scaled(g, 1.0 / replicas) for g in grads]
    return [(g, v) for g, (_, v) in zip(grads, pairs, strict=True)]
