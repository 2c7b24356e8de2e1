"""What `reuse` a scope was opened with: TensorFlow forgets it in eager mode."""

from __future__ import annotations

import contextvars
from typing import Any

import tensorflow as tf

from tf_slim.ops.setting import Setting

VariableScope = tf.compat.v1.VariableScope
AUTO_REUSE = tf.compat.v1.AUTO_REUSE

_KNOWN: contextvars.ContextVar[tuple[VariableScope, Any] | None] = contextvars.ContextVar(
    "known_reuse", default=None
)


def remembered(scope: VariableScope, reuse: Any) -> Setting:
    """Remembers what `scope`, which is open, was told."""
    return Setting(_KNOWN, (scope, reuse))


def known_reuse(reuse: Any = None) -> Any:
    """What `reuse` means for the current scope.

    Args:
      reuse: what TensorFlow hands to a getter: right in graphs, but for AUTO_REUSE, which a scope
        may have inherited from a scope made eagerly.
    """
    current = tf.compat.v1.get_variable_scope()
    known = _KNOWN.get()
    if known is not None and known[0] is current:
        return known[1]
    if not tf.executing_eagerly() and reuse is not None and reuse is not AUTO_REUSE:
        return reuse
    # TensorFlow forgot what a scope opened by itself in eager mode was told; see its docs of
    # get_variable_scope: it behaves as AUTO_REUSE.
    return AUTO_REUSE if current.name else False
