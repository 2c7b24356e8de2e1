"""Variables by name, outside `tf.compat.v1` graphs.

A v1 graph keeps its variables in the graph. For eager code and functions traced from it each
`slim.Model` has a store of its own, and code outside any Model uses the process's default store.
"""

from __future__ import annotations

import collections as std_collections
import contextlib
import inspect
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, precision, sharding
from tf_slim.ops.types import DType, Regularizer, Shape

GraphKeys = tf.compat.v1.GraphKeys

# Of TensorFlow's error for a variable that a function makes when it is traced anew.
_TRACED_BEFORE = "singleton"
_OTHER_LAYER = (
    "Layers that share variables must have inputs with as many channels; give this one another "
    "scope."
)
_OTHER_INPUTS = (
    "An earlier call made it, for inputs of another size or with other channels. Call the model "
    "with inputs like those, or make another slim.Model of the function. A net takes images of any "
    "size if it averages over height and width (tf.reduce_mean(net, [1, 2])) before its first "
    "fully connected layer."
)


def get_variable_full_name(var: Any) -> str:
    """The name under which a checkpoint holds `var`; for a part, that of the whole variable.

    Examples:
      >>> net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3, scope="conv1")
      >>> slim.get_variable_full_name(slim.get_model_variables()[0])
      'conv1/weights'
    """
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
            loss = regularizer(sharding.as_tensor(self._by_name[name]))
            if loss is not None:
                collect.note(collect.REGULARIZATION, loss)
                losses.append(loss)
        return losses

    def find(self, name: str, shape: Any, dtype: Any, by_this_call: bool = True) -> tf.Variable:
        """The existing variable `name`, checked against what the caller expects.

        Args:
          name: its full name.
          shape: that it must be compatible with, or None.
          dtype: that it must have, or None.
          by_this_call: whether another layer of the same call uses it; otherwise an earlier call
            of the Model has made it. Messages say what to do accordingly.
        """
        variable = self._by_name[name]
        earlier = self.model is not None and not by_this_call
        if shape is not None and not callable(shape):
            expected = tf.TensorShape(shape)
            if not expected.is_compatible_with(variable.shape):
                raise ValueError(
                    f"Variable {name!r} of {self._owner} exists with shape {variable.shape}; "
                    f"here it is asked for with shape {expected}. "
                    + (_OTHER_INPUTS if earlier else _OTHER_LAYER)
                )
        if dtype is not None and tf.as_dtype(dtype).base_dtype != variable.dtype.base_dtype:
            kept, asked = variable.dtype.base_dtype.name, tf.as_dtype(dtype).base_dtype
            remedy = f"Layers have the type of their inputs: cast these, tf.cast(x, tf.{kept})."
            if asked in precision.LOW and self.model is not None:
                remedy += (
                    f" To compute in {asked.name}, make the model with "
                    f"precision='mixed_{asked.name}'; it takes {kept} inputs."
                )
            raise ValueError(
                f"Variable {name!r} of {self._owner} exists with dtype {kept}; here it is asked "
                f"for as {asked.name}. {remedy}"
            )
        return variable

    def put(self, name: str, variable: Any, collections: Iterable[str], regularizer: Any) -> None:
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
        variable = self._by_name.get(name)
        if variable is not None:
            del self._by_name[name]  # by `pop` it could not be saved any more: TensorFlow watches
        self._regularizers.value.pop(name, None)
        for members in self._collections.value.values():
            members[:] = [known for known in members if known is not variable]

    def create(
        self,
        name: str,
        shape: Shape | None = None,
        dtype: DType | None = None,
        initializer: Any = None,
        regularizer: Regularizer | None = None,
        trainable: bool | None = None,
        collections: Iterable[str] | None = None,
        constraint: Callable | None = None,
        validate_shape: bool = True,
        synchronization: tf.VariableSynchronization = tf.VariableSynchronization.AUTO,
        aggregation: Any = tf.VariableAggregation.NONE,
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
            static = None if validate_shape else tf.TensorShape(None)
            if callable(value) and sharding.has_servers(tf.distribute.get_strategy()):
                value = sharding.initial_value(value)
                static = shape if static is None and not callable(shape) else static

            def make():
                with contextlib.nullcontext() if trainable else sharding.undivided():
                    variable = tf.Variable(
                        value,
                        trainable=trainable,
                        name=name,
                        dtype=None if by_value else dtype,
                        constraint=constraint,
                        shape=static,
                        synchronization=synchronization,
                        aggregation=aggregation,
                    )
                return sharding.made(variable, name, trainable)

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
            if not tracing or _TRACED_BEFORE not in str(error):
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


def initial_value(name: str, initializer: Any, shape: Any, dtype: tf.DType) -> Any:
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
    return lambda **part: initializer(full_shape.as_list(), dtype=dtype, **part)


def _default_initializer(name: str, dtype: tf.DType) -> Callable:
    if dtype.is_floating:
        return tf.compat.v1.glorot_uniform_initializer()
    if dtype.is_integer or dtype.is_bool:
        return tf.zeros_initializer()
    raise ValueError(
        f"Variable {name!r} of dtype {dtype.name} has no default initializer. Pass `initializer=`."
    )
