"""Variable scopes: TensorFlow's own, with their rules kept in eager mode as well.

Outside v1 graphs `scope` adds two things to `tf.compat.v1.variable_scope`: it remembers `reuse=`,
which TensorFlow drops in eager mode, and default names (`Conv`, `Conv_1`) begin anew in each call
of a Model, whatever the process has done before. Scopes opened either way nest freely.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import calls, precision
from tf_slim.ops.getters import stacked
from tf_slim.ops.reuse import known_reuse, remembered
from tf_slim.ops.types import Scope

VariableScope = tf.compat.v1.VariableScope


@contextlib.contextmanager
def scope(
    name_or_scope: Scope,
    default_name: str | None = None,
    values: Any = None,
    *,
    reuse: Any = None,
    **kwargs: Any,
) -> Iterator[VariableScope]:
    """Opens a variable scope: the short spelling of `tf.compat.v1.variable_scope`.

    Args:
      name_or_scope: a string, a scope to enter again, or None for a default name.
      default_name: the name if `name_or_scope` is None; made unique (`Conv`, `Conv_1`, ...).
      values: tensors that the scope's operations will take (v1 graphs: they choose the graph).
      reuse: True to share existing variables only, `tf.compat.v1.AUTO_REUSE` to share or make,
        None to inherit.
      **kwargs: see `tf.compat.v1.variable_scope`.

    Yields:
      The `tf.compat.v1.VariableScope`.

    Raises:
      ValueError: neither a name nor a default name is given, or `reuse=True` comes with a
        default name.

    Examples:
      >>> with slim.scope("trunk"):
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 64, 3, scope="conv1")
      >>> [one.name for one in slim.get_variables()]
      ['trunk/conv1/weights:0', 'trunk/conv1/biases:0']
    """
    if name_or_scope is None and default_name is None:
        raise ValueError("scope() needs a name: pass name_or_scope or default_name.")
    call = calls.current_call()
    if call is None:
        with tf.compat.v1.variable_scope(
            name_or_scope, default_name, values, reuse=reuse, **kwargs
        ) as entered:
            yield entered
        return
    if name_or_scope is None and reuse:
        raise ValueError(
            f"reuse={reuse} needs a named scope: a default name ({default_name!r}) is always new. "
            "Pass scope='...'."
        )
    outer = tf.compat.v1.get_variable_scope()
    if outer.name == call.entry:
        if name_or_scope is None:
            name_or_scope = call.unique_scope(str(default_name))
        elif isinstance(name_or_scope, str):
            call.mark_scope_used(
                f"{outer.name}/{name_or_scope}/" if outer.name else name_or_scope + "/"
            )
    if calls.active_call() is None:
        own_getter = kwargs.get("custom_getter")
        if outer.custom_getter is not variable_getter:
            inherited = stacked(outer.custom_getter, variable_getter)
            kwargs["custom_getter"] = stacked(own_getter, inherited)
    own = reuse or getattr(name_or_scope, "reuse", None) is True
    known = own or known_reuse(outer.reuse)
    with (
        tf.compat.v1.variable_scope(
            name_or_scope, default_name, values, reuse=reuse, **kwargs
        ) as entered,
        remembered(entered, known),
    ):
        yield entered


def variable_getter(
    getter: Any,
    name: str,
    shape: Any = None,
    dtype: Any = None,
    reuse: Any = None,
    **kwargs: Any,
) -> Any:
    """The custom getter that finds and makes variables in the current store."""
    # TensorFlow passes `getter` by keyword.
    call = calls.current_call()
    if call is None:
        return getter(name, shape=shape, dtype=dtype, reuse=reuse, **kwargs)
    stored = precision.stored(dtype)
    return precision.read(call.get_variable(getter, name, shape, stored, reuse, **kwargs), dtype)


@contextlib.contextmanager
def entry(captured: VariableScope, reuse: Any) -> Iterator[VariableScope]:
    """Enters the scope that a Model was made in, for one run of the model.

    A new scope object with the same properties: one that was made in eager mode has lost what
    it knew of reuse, and the scopes where the model happens to be called must not matter.

    Args:
      captured: the scope that was current when the model was made.
      reuse: see `calls.Call.entry_reuse`.
    """
    fresh = VariableScope(
        reuse=reuse,
        name=captured.name,
        initializer=captured.initializer,
        regularizer=captured.regularizer,
        partitioner=captured.partitioner,
        custom_getter=stacked(captured.custom_getter, variable_getter),
        name_scope=captured.original_name_scope,
        dtype=captured.dtype,
        use_resource=captured.use_resource,
    )
    with tf.compat.v1.variable_scope(fresh) as entered, remembered(entered, False):
        yield entered
