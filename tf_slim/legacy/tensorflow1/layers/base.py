"""`tf.layers.Layer`: a layer as an object, with its variables in a scope of its own."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import keras_objects

__all__ = ["InputSpec", "Layer", "as_function"]

GraphKeys = tf.compat.v1.GraphKeys

# The variables that are attributes of their layer.
_ATTRIBUTES = (
    "beta",
    "bias",
    "depthwise_kernel",
    "gamma",
    "kernel",
    "moving_mean",
    "moving_variance",
    "pointwise_kernel",
)


class InputSpec:
    """What a layer expects of its input. Accepted and kept; nothing looks at it."""

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype, self.shape, self.ndim = dtype, shape, ndim
        self.max_ndim, self.min_ndim, self.axes = max_ndim, min_ndim, axes or {}


class Layer:
    """A layer that makes its variables at its first call and finds them again at later ones.

    Programs derive from it: `build(input_shape)` makes variables by `add_variable` (or
    `tf.get_variable`), `call(inputs)` computes.

    Args:
      trainable: whether optimizers change its variables.
      name: of its scope; by default that of the class, in lower case. Made unique by `_1`, `_2`.
      dtype: of its variables; that of the inputs by default.
      **kwargs: `_scope`, a scope that is not made unique, and `_reuse`.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        self.trainable = trainable
        self.built = False
        self.input_spec = None
        self._dtype = dtype
        self._reuse = kwargs.pop("_reuse", None)
        self._given_scope = kwargs.pop("_scope", None)
        kwargs.pop("activity_regularizer", None)
        if kwargs:
            raise TypeError(f"{type(self).__name__} has no argument {sorted(kwargs)[0]!r}.")
        self._base_name = name or _snake_case(type(self).__name__)
        self._name: str | None = name
        self._outer: Any = None
        self._own: list = []
        self._losses: list = []
        self._updates: list = []

    # ------------------------------------------------------------------ for those who derive

    def build(self, input_shape) -> None:
        """Makes the variables; called once, before the first `call`."""
        del input_shape
        self.built = True

    def call(self, inputs, *args, **kwargs):
        """Computes the output."""
        del args, kwargs
        return inputs

    def add_variable(
        self,
        name,
        shape,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=True,
        constraint=None,
        **unused_kwargs,
    ):
        """Gets or makes a variable in the scope of the layer; see `tf.compat.v1.get_variable`."""
        return tf.compat.v1.get_variable(
            name,
            shape=shape,
            dtype=dtype or self._dtype or tf.float32,
            initializer=initializer,
            regularizer=keras_objects.in_graph(regularizer),
            trainable=trainable and self.trainable,
            constraint=keras_objects.in_graph(constraint),
        )

    add_weight = add_variable

    def add_loss(self, losses, inputs=None) -> None:
        """Adds a loss (or several) to REGULARIZATION_LOSSES."""
        del inputs
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            self._losses.append(loss)
            tf.compat.v1.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    def add_update(self, updates, inputs=None) -> None:
        """Adds an operation (or several) to UPDATE_OPS."""
        del inputs
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            self._updates.append(update)
            tf.compat.v1.add_to_collection(GraphKeys.UPDATE_OPS, update)

    # ------------------------------------------------------------------ for those who call

    def __call__(self, inputs, *args, **kwargs):
        """The output for `inputs`."""
        scope = kwargs.pop("scope", None)
        if scope is not None and self._given_scope is None:
            self._given_scope = scope
        with self._place() as name:
            updates = tf.compat.v1.get_collection(GraphKeys.UPDATE_OPS)
            losses = tf.compat.v1.get_collection(GraphKeys.REGULARIZATION_LOSSES)
            outputs = self._compute(name, bool(self.built or self._reuse), inputs, *args, **kwargs)
            self._updates += _new(updates, tf.compat.v1.get_collection(GraphKeys.UPDATE_OPS))
            self._losses += _new(
                losses, tf.compat.v1.get_collection(GraphKeys.REGULARIZATION_LOSSES)
            )
        self.built = True
        return outputs

    def apply(self, inputs, *args, **kwargs):
        """The output for `inputs`."""
        return self(inputs, *args, **kwargs)

    @property
    def name(self) -> str:
        """The name of its scope."""
        return self._name or self._base_name

    @property
    def scope_name(self) -> str:
        """The full name of its scope."""
        outer = self._outer.name if self._outer is not None else ""
        return f"{outer}/{self.name}" if outer else self.name

    @property
    def dtype(self):
        """The dtype of its variables."""
        return self._dtype

    @property
    def variables(self) -> list:
        """Its variables, in the order of their creation, the trainable ones first."""
        return self.trainable_variables + self.non_trainable_variables

    @property
    def trainable_variables(self) -> list:
        """The variables that training changes."""
        return [v for v in self._own if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list:
        """The other ones."""
        return [v for v in self._own if not (v.trainable and self.trainable)]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables

    @property
    def losses(self) -> list:
        """The regularization losses that its calls made."""
        return list(self._losses)

    @property
    def updates(self) -> list:
        """The update operations that its calls made."""
        return list(self._updates)

    def count_params(self) -> int:
        """The number of values in its variables."""
        return sum(variable.shape.num_elements() for variable in self._own)

    # ------------------------------------------------------------------ how it works

    def _compute(self, name: str, reuse: bool, inputs, *args, **kwargs):
        with tf.compat.v1.variable_scope(name, reuse=reuse or None):
            if not self.built:
                shapes = tf.nest.map_structure(lambda x: tf.convert_to_tensor(x).shape, inputs)
                self.build(shapes)
            return self.call(inputs, *args, **kwargs)

    @contextlib.contextmanager
    def _place(self) -> Iterator[str]:
        """Enters the scope that the layer was first called in; yields the name of its own in it."""
        if self._outer is None:
            self._outer = tf.compat.v1.get_variable_scope()
            self._name = self._unique_name()
        # The object: only its exit restores the counters of default names.
        with tf.compat.v1.variable_scope(
            self._outer,
            custom_getter=self._note,
            auxiliary_name_scope=False,
        ):
            yield self.name

    def _unique_name(self) -> str:
        given = self._given_scope
        if given is not None:
            return getattr(given, "name", given)
        if self._reuse:
            return self._base_name
        with tf.compat.v1.variable_scope(
            None, default_name=self._base_name, auxiliary_name_scope=False
        ) as unique:
            return unique.name.rpartition("/")[2]

    def _note(self, getter, name, *args, **kwargs):
        outer, _, last = name.rpartition("/")
        renamed = self._renamed(last)
        kwargs["collections"] = [
            key
            for key in kwargs.get("collections") or [GraphKeys.GLOBAL_VARIABLES]
            if key != GraphKeys.MODEL_VARIABLES
        ]
        made = getter(f"{outer}/{renamed}" if outer else renamed, *args, **kwargs)
        if not any(known is made for known in self._own):
            self._own.append(made)
        if renamed in _ATTRIBUTES:
            setattr(self, renamed, made)
        return made

    def _renamed(self, variable: str) -> str:
        """What this layer calls a variable that Slim calls `variable`."""
        return variable


def _new(before: list, after: list) -> list:
    return after[len(before) :]


def _snake_case(name: str) -> str:
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def as_function(
    layer: type[Layer], function_name: str, *call_arguments: str, order: str = ""
) -> Callable:
    """A layer as a function `f(inputs, ..., name=None, reuse=None)`.

    Args:
      layer: the class.
      function_name: what the function is called.
      *call_arguments: names of arguments that belong to the call and not to the constructor.
      order: names of the last arguments, if their order is another one.
    """
    parameters = [
        p
        for p in inspect.signature(layer.__init__).parameters.values()
        if p.name != "self" and p.kind is not p.VAR_KEYWORD
    ]
    first = inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    extra = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
        for name in call_arguments
    ]
    reuse = inspect.Parameter("reuse", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    names = [p for p in parameters if p.name not in ("trainable", "name", "dtype")]
    tail = [p for p in parameters if p.name in ("trainable", "name")]
    every = {p.name: p for p in [*names, *extra, *tail, reuse]}
    moved = [every.pop(name) for name in order.split()]
    signature = inspect.Signature([first, *every.values(), *moved])

    def function(*args, **kwargs):
        given = dict(signature.bind(*args, **kwargs).arguments)
        inputs, shared = given.pop("inputs"), given.pop("reuse", None)
        called_with = {name: given.pop(name) for name in call_arguments if name in given}
        made = layer(**given, _reuse=shared, _scope=given.get("name"))
        return made(inputs, **called_with)

    function.__name__ = function.__qualname__ = function_name
    function.__doc__ = f"`{layer.__name__}` as a function of `inputs`."
    function.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
    return function
