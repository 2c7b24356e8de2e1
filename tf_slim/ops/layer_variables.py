"""What a layer's normalizer and activation make: variables of the model, like the layer's own."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping

import tensorflow as tf

from tf_slim.ops import modes, scopes, variables

GraphKeys = tf.compat.v1.GraphKeys


@contextlib.contextmanager
def of_layer(renamed: Mapping[str, str], taken: Iterable[str]) -> Iterator[None]:
    """Makes model variables of whatever variables the code inside makes by `get_variable`.

    So a user's activation or normalizer has its variables in checkpoints of the model.

    Args:
      renamed: what variables are called instead, by the last part of the name that they are given.
      taken: what the layer has made itself, in the scope that is open. A variable that would get
        such a name keeps the one that it is given.
    """
    scope = tf.compat.v1.get_variable_scope()
    outer = f"{scope.name}/" if scope.name else ""
    names = scopes.LayerNames(renamed, frozenset(outer + name for name in taken))
    if not modes.in_v1_graph():
        with scopes.layer_names(names):
            yield
        return
    before = scope.custom_getter
    scope.set_custom_getter(functools.partial(_get_for_layer, names, before))
    try:
        yield
    finally:
        scope.set_custom_getter(before)


def _get_for_layer(names, base, getter, name, collections=None, reuse=None, **kwargs):
    """The custom getter of a layer in a v1 graph."""
    if base is not None:
        getter = functools.partial(base, getter)
    if GraphKeys.MODEL_VARIABLES in (collections or ()):
        return getter(name, collections=collections, reuse=reuse, **kwargs)
    rest = {key: kwargs.pop(key) for key in ("constraint", "validate_shape") if key in kwargs}
    # By this function, since programs set the device of all model variables by an arg_scope.
    return variables.model_variable(
        names.of(name),
        collections=collections,
        custom_getter=functools.partial(getter, **rest),
        **kwargs,
    )
