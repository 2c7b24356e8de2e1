"""Metrics as objects: for eager code, `tf.function` and `tf.distribute`."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine
from tf_slim.ops import collect, modes, shapes
from tf_slim.ops.types import TensorLike

_KERAS_LIKE = ("update_state", "result", "reset_state")


def stateful(metric: Any, **fixed: Any) -> Stateful | KerasMetric:
    """Makes an object of a metric, with `update`, `result` and `reset`.

    It may be used eagerly, in a `tf.function` and in the replicas of a `tf.distribute` strategy;
    for the latter make it within `strategy.scope()`. Under XLA all work but those that keep the
    data; XLA leaves out the checks of values, so that nothing is refused there.

    Args:
      metric: a `streaming_*` function of `slim.metrics` (or any other metric there that keeps
        variables), a `functools.partial` of one, a Keras metric, or what this function returned.
      **fixed: arguments of the function that stay as they are: its settings, such as `k=5`, and
        `name` for the names of the variables.

    Returns:
      A `Stateful`, or the same interface over the Keras metric.

    Raises:
      RuntimeError: this is a v1 graph, where the function itself is called.
      TypeError: `metric` is no metric, or its arguments do not fit.

    Examples:
      >>> accuracy = slim.metrics.stateful(slim.metrics.streaming_accuracy)
      >>> for predictions, labels in [([1, 2], [1, 0]), ([0, 0], [0, 0])]:
      ...     accuracy.update(predictions, labels)
      >>> print(accuracy.result().numpy())
      0.75
    """
    if isinstance(metric, (Stateful, KerasMetric)):
        return _without_arguments(metric, fixed)
    if all(hasattr(metric, name) for name in _KERAS_LIKE):
        return KerasMetric(_without_arguments(metric, fixed))
    while isinstance(metric, functools.partial):
        if metric.args:
            raise TypeError(f"stateful: fix arguments by keyword; got positional {metric.args}.")
        metric, fixed = metric.func, {**metric.keywords, **fixed}
    definition = getattr(metric, "definition", None)
    if not isinstance(definition, engine.Definition):
        raise TypeError(
            f"stateful takes a metric of slim.metrics that keeps variables, such as "
            f"slim.metrics.streaming_accuracy, or a Keras metric; got {metric!r}. A function of "
            "your own becomes a metric by the decorator slim.metrics.streaming."
        )
    return Stateful(definition, fixed)


def _without_arguments(metric: Any, fixed: Mapping[str, Any]) -> Any:
    if fixed:
        raise TypeError(
            f"stateful: {metric!r} is made already and takes no arguments; got {sorted(fixed)}."
        )
    return metric


class Stateful(tf.Module):
    """A metric and its variables. Made by `slim.metrics.stateful`.

    Raises:
      RuntimeError: it is made in a v1 graph.
      TypeError: an argument of the metric is unknown.

    Examples: see `slim.metrics.stateful`.
    """

    def __init__(self, definition: engine.Definition, fixed: Mapping[str, Any]):
        if modes.in_v1_graph():
            raise RuntimeError(
                f"stateful: in a tf.compat.v1 graph call slim.metrics."
                f"{definition.define.__name__} itself; it returns (value, update_op)."
            )
        parameters = definition.signature.parameters
        _check_fixed(definition, fixed)
        definition.check((), fixed)
        arguments = {
            name: fixed.get(name, None if p.default is p.empty else p.default)
            for name, p in parameters.items()
        }
        self._definition = definition
        self._metric = definition.metric(arguments)
        prefix = arguments.get("name") or self._metric.name
        super().__init__(name=re.sub(r"\W", "_", prefix or definition.define.__name__))
        self._prefix = f"{prefix}/" if prefix else ""
        self._arguments = arguments
        self._inputs = inspect.Signature(
            [p for name, p in parameters.items() if name in definition.inputs and name not in fixed]
        )
        self._variables: dict[str, tf.Variable] = {}
        self._strategy: tf.distribute.Strategy | None = None
        if not callable(self._metric.state):
            self._create([])

    def build(self, *specs: tf.TensorSpec, **named_specs: tf.TensorSpec) -> Stateful:
        """Makes the variables, for metrics where shapes or dtypes of the data decide on them.

        Elsewhere the first `update` does it; before `strategy.run` this must.

        Args:
          *specs: as for `update`, a `tf.TensorSpec` in place of each tensor.
          **named_specs: the same, by name.

        Returns:
          The metric itself.
        """
        if not self._variables:
            self._create(self._values(specs, named_specs))
        return self

    def update(self, *args: TensorLike | None, **kwargs: TensorLike | None) -> None:
        """Adds a batch. Takes those arguments of the metric's function that are data, of
        any shapes that fit each other.

        Raises:
          ValueError: the static shapes do not fit.
          tf.errors.InvalidArgumentError: the values do not.
        """
        values = self._values(args, kwargs)
        if not self._variables:
            if collect.replica_count() > 1:
                raise RuntimeError(
                    f"{self.name} would create its variables inside strategy.run. Create them "
                    "before, from the shapes of the data: `with strategy.scope(): "
                    "metric.build(tf.TensorSpec(...), ...)`."
                )
            self._create(values)
        if self._in_replica():
            engine.accumulate(self._metric, self._variables, values)
        else:
            engine.accumulate(self._metric, self._of_replicas()[0], values)

    def result(self) -> Any:
        """The value for all batches since the last `reset`, over all replicas.

        Raises:
          RuntimeError: the variables do not exist yet; or the metric cannot be merged here.
        """
        if not self._variables:
            raise RuntimeError(
                f"{self.name} has seen no data, and the shape of its result depends on the data. "
                "Call update(...), or build(tf.TensorSpec(...), ...), first."
            )
        state = self._state()
        return self._metric.result({n: tf.cast(state[n], self._spec[n].dtype) for n in self._spec})

    def reset(self) -> None:
        """Starts again from nothing."""
        owners = [self._variables] if self._in_replica() else self._of_replicas()
        for variables in owners:
            for name, variable in variables.items():
                sizes = [size or 0 for size in shapes.of(self._spec[name])]
                variable.assign(tf.zeros(sizes, variable.dtype))

    @property
    def variables(self) -> tuple[tf.Variable, ...]:
        """The variables, in the order of their creation."""
        return tuple(self._variables.values())

    def _values(self, args: tuple, kwargs: Mapping[str, Any]) -> list[Any]:
        bound = self._inputs.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments.items()
        self._definition.check((), {k: v for k, v in given if not isinstance(v, tf.TypeSpec)})
        values = self._definition.values({**self._arguments, **bound.arguments})
        return [engine.as_input(value) for value in values]

    def _create(self, inputs: Sequence[Any]) -> None:
        self._spec = dict(self._metric.spec(inputs))
        with tf.init_scope(), tf.compat.v1.name_scope(None):
            self._variables = {
                name: engine.make_variable(
                    self._prefix + name,
                    engine.wide(spec) if self._metric.additive else spec,
                    self._metric.additive,
                )
                for name, spec in self._spec.items()
            }
            if tf.distribute.has_strategy():
                self._strategy = tf.distribute.get_strategy()

    def _in_replica(self) -> bool:
        """Whether the variables stand for one replica each here, so can be assigned to."""
        if self._strategy is None:
            return True
        context = tf.distribute.get_replica_context()
        return context is not None and context.strategy is self._strategy

    def _of_replicas(self) -> list[dict[str, Any]]:
        """The variables of each replica of this process."""
        strategy = self._strategy
        if strategy is None:
            return [self._variables]
        local = {n: strategy.experimental_local_results(v) for n, v in self._variables.items()}
        count = len(next(iter(local.values())))
        return [{name: parts[i] for name, parts in local.items()} for i in range(count)]

    def _state(self) -> engine.State:
        strategy, metric = self._strategy, self._metric
        if strategy is None:
            return engine.read(self._variables)
        if metric.combine is None:
            if not self._in_replica():
                with strategy.scope():
                    return engine.read(self._variables)
            context = tf.distribute.get_replica_context()
            return {
                name: context.all_reduce(tf.distribute.ReduceOp.SUM, value)
                for name, value in engine.read(self._variables).items()
            }
        states = [engine.read(variables) for variables in self._of_replicas()]
        if self._in_replica() or len(states) != strategy.num_replicas_in_sync:
            raise RuntimeError(
                f"{self.name}: the statistics of this metric cannot be summed over replicas. Call "
                "result() outside strategy.run, in a program of one process."
            )
        return functools.reduce(metric.combine, states)


class KerasMetric:
    """The interface of `Stateful` over a metric of Keras, whose arguments are in another order.

    Examples:
      >>> metric = slim.metrics.stateful(tf.keras.metrics.CategoricalAccuracy())
      >>> metric.update([[0.9, 0.1], [0.8, 0.2]], [[1, 0], [0, 1]])
      >>> print(float(metric.result()))
      0.5
    """

    def __init__(self, metric: Any):
        self.metric = metric
        self.name = getattr(metric, "name", type(metric).__name__)
        self._takes_values = _takes_values(metric)

    def build(self, *unused_specs: Any, **unused_named_specs: Any) -> KerasMetric:
        """Nothing to do: Keras metrics have their variables."""
        return self

    def update(self, *args: TensorLike, weights: TensorLike | None = None) -> None:
        """Adds a batch: `update(predictions, labels, weights=None)`.

        For metrics of one argument, such as `keras.metrics.Mean`, `update(values, weights=None)`.
        Weights are a scalar, or of the shape of the values or their first axes.

        Raises:
          TypeError: there are too few arguments, or too many.
        """
        data = 1 if self._takes_values else 2
        if len(args) == data + 1 and weights is None:
            args, weights = args[:-1], args[-1]
        if len(args) != data:
            expected = "values" if self._takes_values else "predictions, labels"
            raise TypeError(
                f"{self.name}: update() takes ({expected}, weights=None); got {len(args)} "
                "arguments."
            )
        keywords = {} if weights is None else {"sample_weight": weights}
        self.metric.update_state(*reversed(args), **keywords)

    def result(self) -> Any:
        """The value for all batches since the last `reset`."""
        return self.metric.result()

    def reset(self) -> None:
        """Starts again from nothing."""
        self.metric.reset_state()

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of the Keras metric."""
        return tuple(self.metric.variables)


def _takes_values(metric: Any) -> bool:
    parameters = inspect.signature(metric.update_state).parameters.values()
    data = [
        p.name
        for p in parameters
        if p.name != "sample_weight" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    return len(data) == 1


def _check_fixed(definition: engine.Definition, fixed: Mapping[str, Any]) -> None:
    name = definition.define.__name__
    parameters = definition.signature.parameters
    collections = [key for key in definition.options if key != "name"]
    for argument in fixed:
        if argument not in parameters or argument in collections:
            accepted = [key for key in parameters if key not in collections]
            raise TypeError(
                f"stateful: {name} takes no argument {argument!r} here; it takes "
                f"{', '.join(accepted)}."
            )
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty and p.name not in definition.inputs and p.name not in fixed
    ]
    if missing:
        settings = ", ".join(f"{argument}=..." for argument in missing)
        raise TypeError(
            f"stateful: {name} needs its settings now: "
            f"`slim.metrics.stateful(slim.metrics.{name}, {settings})`."
        )
