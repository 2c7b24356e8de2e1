"""Variables by name, outside `tf.compat.v1` graphs.

A v1 graph keeps its variables in the graph. Eager code and functions traced from it have two
other places: each `slim.Model` has a store of its own, and code outside any Model uses the
process's default store. A `Call` is one run of a net over a store: it knows which names were
already made in this run, so the rule of v1 graphs holds (a name made twice needs `reuse`).
"""

from __future__ import annotations

import collections as std_collections
import contextlib
import contextvars
import inspect
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, layer_names, modes
from tf_slim.ops.reuse import known_reuse
from tf_slim.ops.wording import first_few

GraphKeys = tf.compat.v1.GraphKeys

_GROWING = 32


def get_variable_full_name(var: Any) -> str:
    """The name under which a checkpoint holds `var`; for a part, that of the whole variable."""
    info = getattr(var, "_save_slice_info", None)
    if info is not None:
        return info.full_name
    return re.sub(r":\d+$", "", var.name)


class VariableStore(tf.Module):
    """Variables by full name, in the order of their creation."""

    def __init__(self, owner: str, model: Any = None):
        super().__init__(name="variables")
        self._owner = owner
        self._model = Untracked(model)
        self._by_name: dict[str, tf.Variable] = {}
        self._collections = Untracked(std_collections.defaultdict(list))
        self._regularizers = Untracked({})
        self._objects = Untracked({})
        self._lock = Untracked(threading.RLock())

    @property
    def owner(self) -> str:
        """What the variables belong to, for messages."""
        return self._owner

    @property
    def model(self) -> Any:
        """The Model that the variables belong to; None for the default store."""
        return self._model.value

    @property
    def objects(self) -> dict[str, Any]:
        """What holds variables of its own, such as Keras layers, by scope; to be added to."""
        return self._objects.value

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        """The full names, in the order of creation."""
        return list(self._by_name)

    def all(self) -> list[tf.Variable]:
        """The variables, in the order of creation."""
        return list(self._by_name.values())

    def name_of(self, variable: tf.Variable) -> str | None:
        """The full name under which this store holds `variable`."""
        for name, known in self._by_name.items():
            if known is variable:
                return name
        return None

    def collection(self, key: str) -> list[tf.Variable]:
        """The members of one collection, such as `GraphKeys.MODEL_VARIABLES`."""
        return list(self._collections.value.get(key, ()))

    def add_to_collection(self, key: str, variable: Any) -> None:
        """Adds `variable`, once."""
        if not any(known is variable for known in self._collections.value[key]):
            self._append(key, variable)

    def _append(self, key: str, variable: Any) -> None:
        self._collections.value[key].append(variable)

    def add_model_variable(self, variable: Any) -> None:
        """Adds a variable made elsewhere to `MODEL_VARIABLES`, once."""
        if self.name_of(variable) is None:
            keys = [GraphKeys.GLOBAL_VARIABLES]
            self.put(get_variable_full_name(variable), variable, keys, None)
        self.add_to_collection(GraphKeys.MODEL_VARIABLES, variable)

    def regularization_losses(self) -> list[tf.Tensor]:
        """One scalar for each variable that has a regularizer, in the order of creation."""
        losses = []
        for name, regularizer in self._regularizers.value.items():
            loss = regularizer(self._by_name[name])
            if loss is not None:
                collect.note(collect.REGULARIZATION, loss)
                losses.append(loss)
        return losses

    def find(self, name: str, shape, dtype) -> tf.Variable:
        """The existing variable `name`, checked against what the caller expects."""
        variable = self._by_name[name]
        if shape is not None and not callable(shape):
            expected = tf.TensorShape(shape)
            if not expected.is_compatible_with(variable.shape):
                raise ValueError(
                    f"Variable {name!r} of {self._owner} exists with shape {variable.shape}; "
                    f"here it is asked for with shape {expected}. Layers that share variables "
                    "must have inputs with as many channels; give this one another scope."
                )
        if dtype is not None and tf.as_dtype(dtype).base_dtype != variable.dtype.base_dtype:
            raise ValueError(
                f"Variable {name!r} of {self._owner} exists with dtype {variable.dtype.name}; "
                f"here it is asked for as {tf.as_dtype(dtype).name}."
            )
        return variable

    def put(self, name: str, variable: Any, collections: Iterable[str], regularizer) -> None:
        """Keeps a variable under `name`."""
        # A new one is in no collection yet; to look for it in each would make nets quadratic.
        add = self.add_to_collection if name in self._by_name else self._append
        self._by_name[name] = variable
        for key in dict.fromkeys(collections):
            add(key, variable)
        if regularizer is not None:
            self._regularizers.value[name] = regularizer

    def replace(self, name: str, variable: tf.Variable) -> None:
        """Lets another variable stand under `name` from now on."""
        old, self._by_name[name] = self._by_name[name], variable
        for members in self._collections.value.values():
            members[:] = [variable if known is old else known for known in members]

    def drop(self, name: str) -> None:
        """Forgets a variable."""
        variable = self._by_name.pop(name, None)
        self._regularizers.value.pop(name, None)
        for members in self._collections.value.values():
            members[:] = [known for known in members if known is not variable]

    def create(
        self,
        name: str,
        shape=None,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable: bool | None = None,
        collections: Iterable[str] | None = None,
        constraint=None,
        validate_shape: bool = True,
        synchronization=tf.VariableSynchronization.AUTO,
        aggregation=tf.VariableAggregation.NONE,
    ) -> tf.Variable:
        """Makes the variable `name`; thread-safe."""
        with self._lock.value:
            if name in self._by_name:
                return self.find(name, shape, dtype)
            if trainable is None:
                trainable = synchronization != tf.VariableSynchronization.ON_READ
            if collect.replica_count() > 1:
                raise RuntimeError(
                    f"{self._owner} would create variable {name!r} inside strategy.run. Create "
                    "variables once for all replicas, before: `with strategy.scope(): "
                    "model.build(tf.TensorSpec([None, height, width, channels]))`."
                )
            dtype = tf.as_dtype(dtype or tf.float32).base_dtype
            if not trainable:
                synchronization, aggregation = _of_each_replica(dtype, synchronization, aggregation)
            value = initial_value(name, initializer, shape, dtype)
            by_value = initializer is not None and value is initializer

            def make():
                return tf.Variable(
                    value,
                    trainable=trainable,
                    name=name,
                    dtype=None if by_value else dtype,
                    constraint=constraint,
                    shape=None if validate_shape else tf.TensorShape(None),
                    synchronization=synchronization,
                    aggregation=aggregation,
                )

            variable = self._lifted(name, make)
            keys = list(collections) if collections is not None else [GraphKeys.GLOBAL_VARIABLES]
            if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
                keys.append(GraphKeys.TRAINABLE_VARIABLES)
            self.put(name, variable, keys, regularizer)
            return variable

    def _lifted(self, name: str, make: Callable[[], tf.Variable]) -> tf.Variable:
        """Makes a variable that no function owns, and whose name has no name scopes added."""
        tracing = not tf.executing_eagerly()
        try:
            with tf.init_scope(), tf.compat.v1.name_scope(None):
                return make()
        except ValueError as error:
            if not tracing or "singleton" not in str(error):
                raise
            raise RuntimeError(
                f"{self._owner} would create variable {name!r} in a tf.function that has been "
                "traced before, which TensorFlow forbids. Make all variables first, with the "
                "arguments that make them: `model.build(tf.TensorSpec([None, height, width, "
                "channels]), is_training=True)`."
            ) from error


class Untracked:
    """Keeps a value out of tf.Module's tracking: only variables belong in checkpoints."""

    def __init__(self, value: Any):
        self.value = value


def _of_each_replica(dtype, synchronization, aggregation):
    """Statistics differ between replicas: keep one copy each, and average them when read."""
    if not tf.distribute.has_strategy() or synchronization != tf.VariableSynchronization.AUTO:
        return synchronization, aggregation
    if aggregation == tf.VariableAggregation.NONE:
        floating = dtype.is_floating
        aggregation = (
            tf.VariableAggregation.MEAN if floating else tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
    return tf.VariableSynchronization.ON_READ, aggregation


def initial_value(name: str, initializer, shape, dtype) -> Any:
    """The initial value of a variable, as a callable or a value, by the rules of get_variable."""
    if initializer is None:
        initializer = _default_initializer(name, dtype)
    if inspect.isclass(initializer):
        initializer = initializer()
    if not callable(initializer):
        return initializer
    if shape is None:
        return initializer
    full_shape = tf.TensorShape(shape)
    if not full_shape.is_fully_defined():
        raise ValueError(
            f"Variable {name!r} cannot be created: its shape {full_shape} is not fully defined."
        )
    return lambda: initializer(full_shape.as_list(), dtype=dtype)


def _default_initializer(name: str, dtype: tf.DType) -> Callable:
    if dtype.is_floating:
        return tf.compat.v1.glorot_uniform_initializer()
    if dtype.is_integer or dtype.is_bool:
        return tf.zeros_initializer()
    raise ValueError(
        f"Variable {name!r} of dtype {dtype.name} has no default initializer. Pass `initializer=`."
    )


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

    def get_variable(self, getter: Callable, name: str, shape, dtype, reuse, **kwargs) -> Any:
        """Answers a request of `tf.compat.v1.get_variable`; `getter` is TensorFlow's own answer."""
        names = layer_names.current()
        if names is not None:
            name = names.of(name)
            keys = kwargs.get("collections") or [GraphKeys.GLOBAL_VARIABLES]
            kwargs["collections"] = [*keys, GraphKeys.MODEL_VARIABLES]
        for of_graphs in ("caching_device", "partitioner", "use_resource"):
            kwargs.pop(of_graphs, None)
        return self.get(name, shape, dtype, known_reuse(reuse), **kwargs)

    def list_variable(self, name: str, variable: Any, collections, regularizer) -> None:
        """Lists a variable that belongs to a v1 graph."""
        self.mark_scope_used(name)
        if name not in self.store or regularizer is not None:
            self.store.put(name, variable, collections or (), regularizer)

    def get(self, name: str, shape=None, dtype=None, reuse=None, **kwargs) -> tf.Variable:
        """The variable `name`, made if it is new; `reuse` as in `tf.compat.v1.get_variable`."""
        variable = self._get(name, shape, dtype, reuse, **kwargs)
        for asked_for in self._listeners:
            asked_for.append(variable)
        return variable

    def _get(self, name: str, shape, dtype, reuse, **kwargs) -> tf.Variable:
        self.mark_scope_used(name)
        frame = collect.current_frame()
        if frame is not None and self.store.model is None:
            frame.add_regularized(self.store)
        if name in self.store:
            if name in self._seen and not reuse:
                raise ValueError(self._made_twice(name))
            self._seen.add(name)
            return self.store.find(name, shape, dtype)
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

    def add_variable(self, name: str, variable: Any, collections: list[str], regularizer) -> None:
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

    def get_variable(self, getter: Callable, name: str, shape, dtype, reuse, **kwargs) -> Any:
        variable = getter(name, shape=shape, dtype=dtype, reuse=reuse, **kwargs)
        self.list_variable(name, variable, kwargs.get("collections"), kwargs.get("regularizer"))
        return variable


class DefaultCall(Call):
    """The endless run of eager code over the default store."""

    def __init__(self, store: VariableStore):
        super().__init__(store)
        self._grown: std_collections.Counter = std_collections.Counter()

    def get(self, name: str, shape, dtype, reuse, **kwargs) -> tf.Variable:
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


@contextlib.contextmanager
def active(call: Call) -> Iterator[None]:
    """Makes `call` the run that the code inside belongs to."""
    token = _ACTIVE.set(call)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


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
    """
    global _default
    _default = DefaultCall(VariableStore("the default store"))
