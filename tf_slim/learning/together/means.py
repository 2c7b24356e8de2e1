"""The variables that each replica has for itself, such as moving averages, as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def taken(named: Mapping[str, Any], strategy: tf.distribute.Strategy) -> dict[str, Any]:
    """The same with the means of such variables for values; all workers take part.

    From here on each replica has the mean: a training that was started again is then no other than
    one that was not.

    Args:
      named: variables by name, and others.
      strategy: under which they were made.
    """
    values = dict(named)
    with strategy.scope():
        for name, variable in named.items():
            on_read = getattr(variable, "synchronization", None)
            if on_read == tf.VariableSynchronization.ON_READ:
                values[name] = tf.convert_to_tensor(variable).numpy()
                variable.assign(values[name])
    return values
