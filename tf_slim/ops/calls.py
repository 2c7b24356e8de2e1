"""One run of a net over a store of variables.

A `Call` knows which names were already made in this run, so the rule of v1 graphs holds: a name
made twice needs `reuse`. The code of a Model's function is in a call of its own (`GraphCall` in a
v1 graph); code outside any Model is in the endless `DefaultCall` over the process's default store.
"""

from __future__ import annotations

import collections as std_collections
import contextlib
import contextvars
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, layer_names, modes
from tf_slim.ops.reuse import known_reuse
from tf_slim.ops.setting import Setting
from tf_slim.ops.stores import VariableStore
from tf_slim.ops.wording import first_few

GraphKeys = tf.compat.v1.GraphKeys

_GROWING = 32


class Call:
    """One run of a net over a store."""

    def __init__(self, store: VariableStore, entry: str = "", building: bool = False):
        self.store = store
        self.entry = entry
        self.building = building
        self._seen: set[str] = set()
        self._scopes: set[str] = set()
        self._made: list[str] = []
        self._listeners: list[list[tf.Variable]] = []

    @contextlib.contextmanager
    def recorded(self) -> Iterator[list[tf.Variable]]:
        """Yields a list of what `get` returns from now on, in order."""
        asked_for: list[tf.Variable] = []
        self._listeners.append(asked_for)
        try:
            yield asked_for
        finally:
            self._listeners.pop()

    @property
    def entry_reuse(self) -> Any:
        """The `reuse` of the scope that the run enters."""
        return False

    def get_variable(
        self, getter: Callable, name: str, shape: Any, dtype: Any, reuse: Any, **kwargs: Any
    ) -> Any:
        """Answers a request of `tf.compat.v1.get_variable`; `getter` is TensorFlow's own answer."""
        names = layer_names.current()
        if names is not None:
            name = names.of(name)
            keys = kwargs.get("collections") or [GraphKeys.GLOBAL_VARIABLES]
            kwargs["collections"] = [*keys, GraphKeys.MODEL_VARIABLES]
        for of_graphs in ("caching_device", "partitioner", "use_resource"):
            kwargs.pop(of_graphs, None)
        return self.get(name, shape, dtype, known_reuse(reuse), **kwargs)

    def list_variable(self, name: str, variable: Any, collections: Any, regularizer: Any) -> None:
        """Lists a variable that belongs to a v1 graph."""
        self.mark_scope_used(name)
        if name not in self.store or regularizer is not None:
            self.store.put(name, variable, collections or (), regularizer)

    def get(
        self, name: str, shape: Any = None, dtype: Any = None, reuse: Any = None, **kwargs: Any
    ) -> tf.Variable:
        """The variable `name`, made if it is new; `reuse` as in `tf.compat.v1.get_variable`."""
        variable = self._get(name, shape, dtype, reuse, **kwargs)
        for asked_for in self._listeners:
            asked_for.append(variable)
        return variable

    def _get(self, name: str, shape: Any, dtype: Any, reuse: Any, **kwargs: Any) -> tf.Variable:
        self.mark_scope_used(name)
        frame = collect.current_frame()
        if frame is not None and self.store.model is None:
            frame.add_regularized(self.store)
        if name in self.store:
            again = name in self._seen
            if again and not reuse:
                raise ValueError(self._made_twice(name))
            self._seen.add(name)
            return self.store.find(name, shape, dtype, by_this_call=again)
        if reuse is True:
            raise ValueError(
                f"Variable {name!r} does not exist in {self.store.owner}, and reuse=True forbids "
                f"to create it. It holds: {first_few(self.store.names())}. Make it first without "
                "reuse, or pass reuse=tf.compat.v1.AUTO_REUSE."
            )
        self._seen.add(name)
        variable = self.store.create(name, shape, dtype, **kwargs)
        self._made.append(name)
        return variable

    def get_unscoped(self, base: str, make: Callable[[str], tf.Variable], key: str) -> tf.Variable:
        """The next variable of this run called `base`, `base_1`, ..., made if it is new."""
        name, index = base, 0
        while name in self._seen:
            index += 1
            name = f"{base}_{index}"
        self._seen.add(name)
        if name not in self.store:
            self.store.put(name, make(name), [key], None)
            self._made.append(name)
        return self.store.find(name, None, None)

    def first_use(self, scope: str) -> bool:
        """Whether this run has not come upon an object of this scope before; notes it."""
        key = f"{scope}/"
        first = key not in self._seen
        self._seen.add(key)
        return first

    def add_variable(
        self, name: str, variable: Any, collections: list[str], regularizer: Any
    ) -> None:
        """Adds a variable that was made elsewhere in this run."""
        self.mark_scope_used(name)
        self._seen.add(name)
        self.store.put(name, variable, collections, regularizer)
        self._made.append(name)

    def roll_back(self) -> None:
        """Forgets what this run has made: a run that failed leaves no half-made net behind."""
        for name in self._made:
            self.store.drop(name)

    def mark_scope_used(self, name: str) -> None:
        """Notes that the outermost scope of `name` is taken in this run."""
        rest = name[len(self.entry) + 1 :] if self.entry else name
        head, slash, _ = rest.partition("/")
        if slash:
            self._scopes.add(head)

    def unique_scope(self, default_name: str) -> str:
        """The first of `default_name`, `default_name_1`, ... that is free in this run."""
        candidate, index = default_name, 0
        while candidate in self._scopes:
            index += 1
            candidate = f"{default_name}_{index}"
        self._scopes.add(candidate)
        return candidate

    def _made_twice(self, name: str) -> str:
        return (
            f"Variable {name!r} is made twice in one call of {self.store.owner}. To share it, "
            "open its scope with reuse=True (or pass reuse=True to the layer); to have two, give "
            "the layers different scopes."
        )


class GraphCall(Call):
    """One run of a net in a v1 graph, which has the variables; the store lists them."""

    @property
    def entry_reuse(self) -> Any:
        return tf.compat.v1.AUTO_REUSE if self.store.names() else False

    def get_variable(
        self, getter: Callable, name: str, shape: Any, dtype: Any, reuse: Any, **kwargs: Any
    ) -> Any:
        variable = getter(name, shape=shape, dtype=dtype, reuse=reuse, **kwargs)
        self.list_variable(name, variable, kwargs.get("collections"), kwargs.get("regularizer"))
        return variable


class DefaultCall(Call):
    """The endless run of eager code over the default store."""

    def __init__(self, store: VariableStore):
        super().__init__(store)
        self._grown: std_collections.Counter = std_collections.Counter()

    def get(self, name: str, shape: Any, dtype: Any, reuse: Any, **kwargs: Any) -> tf.Variable:
        if name in self.store:
            self._seen.add(name)
        return super().get(name, shape, dtype, reuse, **kwargs)

    def unique_scope(self, default_name: str) -> str:
        name = super().unique_scope(default_name)
        place = _user_line()
        self._grown[place, default_name] += 1
        if self._grown[place, default_name] == _GROWING:
            warnings.warn(
                f"The layer at {place} has now made its variables {_GROWING} times in the default "
                f"store, the last time as {name!r}. If it belongs to a net that is called again "
                "and again, wrap that once in slim.Model(net): its variables are then made once "
                "and found again. slim.reset_default_store() empties the store.",
                stacklevel=2,
            )
        return name

    def _made_twice(self, name: str) -> str:
        return (
            f"Variable {name!r} already exists in the default store. Two ways out: pass "
            "reuse=True (or reuse=tf.compat.v1.AUTO_REUSE) to share it, or wrap the net in "
            "slim.Model(net), which has variables of its own and finds them again at every call. "
            "slim.reset_default_store() forgets all variables of the default store."
        )


def _user_line() -> str:
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(("tf_slim.", "tensorflow.", "contextlib", "keras.")):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return "an unknown place"


_default = DefaultCall(VariableStore("the default store"))
_ACTIVE: contextvars.ContextVar[Call | None] = contextvars.ContextVar("model_call", default=None)


def active_call() -> Call | None:
    """The run of a Model that this code belongs to, or None."""
    return _ACTIVE.get()


def active(call: Call) -> Setting[Call]:
    """Makes `call` the run that the code inside belongs to."""
    return Setting(_ACTIVE, call)


def current_call() -> Call | None:
    """The run whose store holds the variables of this code; None in a v1 graph without Model."""
    call = _ACTIVE.get()
    if call is not None:
        return call
    return None if modes.in_v1_graph() else _default


def require_call() -> Call:
    """Like `current_call`, for code that has made sure that this is no plain v1 graph."""
    return current_call() or _default


def reset_default_store() -> None:
    """Forgets all variables that eager code has made outside any `slim.Model`.

    Tensors and variables that the program still holds stay valid.

    Examples:
      >>> net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3, scope="conv1")
      >>> slim.reset_default_store()
      >>> slim.get_variables()
      []
    """
    global _default
    _default = DefaultCall(VariableStore("the default store"))
