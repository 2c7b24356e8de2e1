"""Layers that are objects: made once, called several times with the same variables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tf_slim.ops import scopes


class ScopedLayer:
    """Remembers the scope of its first call, where it finds its variables in later ones."""

    def __init__(self, name: str | None, default_name: str, reuse=None):
        """Makes no variables yet.

        Args:
          name: of the scope; None for `default_name`, made unique at the first call.
          default_name: see `name`.
          reuse: whether the first call shares variables that exist; then `name` must be given.
        """
        self._name = name
        self._default_name = default_name
        self._reuse = reuse
        self._scope = None

    @property
    def name(self) -> str:
        """The path of the scope once the layer has been called, before that its own name."""
        return self._name or self._default_name if self._scope is None else self._scope.name

    @contextlib.contextmanager
    def _entered(self, values) -> Iterator[tf.compat.v1.VariableScope]:
        if self._scope is None:
            with scopes.scope(self._name, self._default_name, values, reuse=self._reuse) as entered:
                self._scope = entered
                yield entered
        else:
            with scopes.scope(self._scope, reuse=tf.compat.v1.AUTO_REUSE) as entered:
                yield entered
