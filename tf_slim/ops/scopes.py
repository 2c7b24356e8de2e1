"""Variable scopes: TensorFlow's own, with their rules kept in eager mode as well.

Outside v1 graphs `scope` adds two things to `tf.compat.v1.variable_scope`: it remembers `reuse=`,
which TensorFlow drops in eager mode, and default names (`Conv`, `Conv_1`) begin anew in each call
of a Model, whatever the process has done before. Scopes opened either way nest freely.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from tf_slim.ops import modes, precision, stores

VariableScope = tf.compat.v1.VariableScope
AUTO_REUSE = tf.compat.v1.AUTO_REUSE
GraphKeys = tf.compat.v1.GraphKeys

_KNOWN_REUSE: contextvars.ContextVar[tuple[VariableScope, Any] | None] = contextvars.ContextVar(
    "known_reuse", default=None
)
_LAYER_NAMES: contextvars.ContextVar[LayerNames | None] = contextvars.ContextVar(
    "layer_names", default=None
)


@contextlib.contextmanager
def scope(
    name_or_scope: Any, default_name: str | None = None, values=None, *, reuse=None, **kwargs
) -> Iterator[VariableScope]:
    """Opens a variable scope: the short spelling of `tf.compat.v1.variable_scope`.

        with slim.scope("trunk"):
            net = slim.conv2d(images, 64, 3, scope="conv1")     # trunk/conv1/weights

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
    """
    if name_or_scope is None and default_name is None:
        raise ValueError("scope() needs a name: pass name_or_scope or default_name.")
    call = stores.current_call()
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
            call.note_scope(f"{outer.name}/{name_or_scope}/" if outer.name else name_or_scope + "/")
    if stores.active_call() is None:
        own_getter = kwargs.get("custom_getter")
        if outer.custom_getter is not answer:
            kwargs["custom_getter"] = over(own_getter, over(outer.custom_getter, answer))
    outer_known = _KNOWN_REUSE.get()
    own = reuse or getattr(name_or_scope, "reuse", None) is True
    known = own or known_reuse(outer.reuse)
    with tf.compat.v1.variable_scope(
        name_or_scope, default_name, values, reuse=reuse, **kwargs
    ) as entered:
        _KNOWN_REUSE.set((entered, known))
        try:
            yield entered
        finally:
            _KNOWN_REUSE.set(outer_known)


def known_reuse(reuse: Any = None) -> Any:
    """What `reuse` means for the current scope.

    Args:
      reuse: what TensorFlow hands to a getter: right in graphs, but for AUTO_REUSE, which a scope
        may have inherited from a scope made eagerly.
    """
    current = tf.compat.v1.get_variable_scope()
    known = _KNOWN_REUSE.get()
    if known is not None and known[0] is current:
        return known[1]
    if not tf.executing_eagerly() and reuse is not None and reuse is not AUTO_REUSE:
        return reuse
    # TensorFlow forgot what a scope opened by itself in eager mode was told; see its docs of
    # get_variable_scope: it behaves as AUTO_REUSE.
    return AUTO_REUSE if current.name else False


def over(getter, base):
    """The getter of a user (or None) on top of `base`, which answers in TensorFlow's place."""
    if getter is None or getter is base:
        return base

    users_getter = getter

    # TensorFlow passes `getter` by keyword.
    def chained(getter, *args, **kwargs):
        return users_getter(functools.partial(base, getter), *args, **kwargs)

    return chained


class LayerNames(NamedTuple):
    """What the variables that a layer's normalizer or activation makes are called.

    Attributes:
      renamed: names that stand in place of others, which are the last part of a full name.
      taken: full names that the layer has given itself.
    """

    renamed: Mapping[str, str]
    taken: frozenset[str]

    def of(self, name: str) -> str:
        """The full name of a variable that is asked for by the full name `name`."""
        outer, slash, last = name.rpartition("/")
        renamed = f"{outer}{slash}{self.renamed.get(last, last)}"
        return name if renamed in self.taken else renamed


@contextlib.contextmanager
def layer_names(names: LayerNames) -> Iterator[None]:
    """Has variables made inside, outside v1 graphs, be model variables with these names."""
    token = _LAYER_NAMES.set(names)
    try:
        yield
    finally:
        _LAYER_NAMES.reset(token)


def answer(getter, name, shape=None, dtype=None, reuse=None, **kwargs):
    """The custom getter that finds and makes variables in the current store."""
    call = stores.current_call()
    if call is None:
        return getter(name, shape=shape, dtype=dtype, reuse=reuse, **kwargs)
    asked, dtype = dtype, precision.stored(dtype)
    if modes.in_v1_graph():
        variable = getter(name, shape=shape, dtype=dtype, reuse=reuse, **kwargs)
        call.keep(name, variable, **kwargs)
        return precision.read(variable, asked)
    names = _LAYER_NAMES.get()
    if names is not None:
        name = names.of(name)
        keys = kwargs.get("collections") or [GraphKeys.GLOBAL_VARIABLES]
        kwargs["collections"] = [*keys, GraphKeys.MODEL_VARIABLES]
    for ignored in ("caching_device", "partitioner", "use_resource"):
        kwargs.pop(ignored, None)
    return precision.read(call.get(name, shape, dtype, known_reuse(reuse), **kwargs), asked)


@contextlib.contextmanager
def entry(captured: VariableScope, v1_reuse: bool) -> Iterator[VariableScope]:
    """Enters the scope that a Model was made in, for one run of the model.

    A new scope object with the same properties: one that was made in eager mode has lost what
    it knew of reuse, and the scopes where the model happens to be called must not matter.

    Args:
      captured: the scope that was current when the model was made.
      v1_reuse: in a v1 graph, whether the model has variables to find again.
    """
    fresh = VariableScope(
        reuse=AUTO_REUSE if v1_reuse else False,
        name=captured.name,
        initializer=captured.initializer,
        regularizer=captured.regularizer,
        partitioner=captured.partitioner,
        custom_getter=over(captured.custom_getter, answer),
        name_scope=captured.original_name_scope,
        dtype=captured.dtype,
        use_resource=captured.use_resource,
    )
    outer_known = _KNOWN_REUSE.get()
    with tf.compat.v1.variable_scope(fresh) as entered:
        _KNOWN_REUSE.set((entered, False))
        try:
            yield entered
        finally:
            _KNOWN_REUSE.set(outer_known)
