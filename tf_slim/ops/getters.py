"""Custom getters: functions that TensorFlow asks for variables in place of making them itself."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

import tensorflow as tf


def stacked(getter: Callable | None, base: Callable) -> Callable:
    """The getter of a user (or None) on top of `base`, which answers in TensorFlow's place."""
    if getter is None or getter is base:
        return base

    users_getter = getter

    # TensorFlow passes `getter` by keyword.
    def chained(getter, *args, **kwargs):
        return users_getter(functools.partial(base, getter), *args, **kwargs)

    return chained


@contextlib.contextmanager
def on_scope(scope: tf.compat.v1.VariableScope, getter: Callable) -> Iterator[None]:
    """Gives an open scope another getter; to open it again would restart its default names."""
    before = scope.custom_getter
    scope.set_custom_getter(getter)
    try:
        yield
    finally:
        scope.set_custom_getter(before)
