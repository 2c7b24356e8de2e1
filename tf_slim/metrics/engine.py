"""The one engine of all metrics.

A metric is a few named statistics of a batch, how the statistics of two batches are combined
(nearly always by addition), and a result computed from them:

    @engine.streaming("values", "weights")
    def streaming_mean(values, weights=None, metrics_collections=None, ...):
        return engine.Metric(
            name="mean",
            state={"total": engine.SCALAR, "count": engine.SCALAR},
            measure=lambda values, weights: {"total": ..., "count": ...},
            result=lambda state: tf.math.divide_no_nan(state["total"], state["count"]),
        )

From this the engine makes the pair `(value, update_op)` in a v1 graph, and `stateful` makes an
object with `update`, `result` and `reset` everywhere else.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import tensorflow as tf

from tf_slim.metrics.inputs import deferred_checks
from tf_slim.ops import modes, shapes
from tf_slim.ops.arguments import TENSOR, Kind, door, is_ours

GraphKeys = tf.compat.v1.GraphKeys
SCALAR = tf.TensorSpec([], tf.float32)

_P = ParamSpec("_P")
_OPTIONS = ("metrics_collections", "updates_collections", "collections", "name")

State = Mapping[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Metric:
    """What a metric computes, in whatever mode.

    Attributes:
      name: of the scope of its variables; empty for none.
      state: the statistics it keeps, zero at first: name to shape and dtype. A function of the
        inputs (tensors or `tf.TensorSpec`s) where these decide; None stands for a size that grows.
      measure: from the inputs of one batch to the statistics of this batch.
      result: from the statistics to the value, a tensor or a (named) tuple of tensors.
      combine: from the statistics of two batches to those of both; None if they are added.
      output: name of the value in a v1 graph.
      updated: what the update operation of a v1 graph returns, from the new statistics: `result`
        by default; `nothing` if it returns None.

    Examples: see `slim.metrics.streaming`.
    """

    name: str
    state: Mapping[str, tf.TensorSpec] | Callable[..., Mapping[str, tf.TensorSpec]]
    measure: Callable[..., State]
    result: Callable[[State], Any]
    combine: Callable[[State, State], State] | None = None
    output: str = "value"
    updated: Callable[[State], Any] | None = None

    @property
    def additive(self) -> bool:
        """Whether the statistics of two batches are combined by addition."""
        return self.combine is None

    def spec(self, inputs: Sequence[Any]) -> Mapping[str, tf.TensorSpec]:
        """Shape and dtype of each statistic."""
        return self.state(*inputs) if callable(self.state) else self.state


@dataclasses.dataclass(frozen=True)
class Definition:
    """A `streaming_*` function seen from the engine: which of its arguments are data."""

    define: Callable[..., Metric]
    inputs: tuple[str, ...]
    check: Callable[[tuple, Mapping[str, Any]], None]

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """Of the function."""
        return inspect.signature(self.define)

    @property
    def options(self) -> tuple[str, ...]:
        """The arguments that only say where results go in a v1 graph."""
        return tuple(name for name in _OPTIONS if name in self.signature.parameters)

    def metric(self, arguments: Mapping[str, Any]) -> Metric:
        """The metric for these arguments; it does not depend on the data."""
        return self.define(**{**arguments, **dict.fromkeys(self.inputs)})

    def values(self, arguments: Mapping[str, Any]) -> list[Any]:
        """The data among the arguments, in the order of `measure`."""
        return [arguments[name] for name in self.inputs]


def streaming(
    *inputs: str, **kinds: Kind
) -> Callable[[Callable[_P, Metric]], Callable[_P, tuple[Any, Any]]]:
    """Makes a metric of a function that returns a `Metric`.

    Args:
      *inputs: which of the function's arguments are data, in the order in which `measure` takes
        them. The function itself gets None in their place: a metric is defined before it sees
        data.
      **kinds: what arguments may be, where it is not what the
        package takes by their names.

    Returns:
      A decorator.

    Examples:
      >>> @slim.metrics.streaming("values")
      ... def streaming_sum(values, metrics_collections=None, updates_collections=None, name=None):
      ...     return slim.metrics.Metric(
      ...         name="sum",
      ...         state={"total": tf.TensorSpec([], tf.float32)},
      ...         measure=lambda values: {"total": tf.reduce_sum(values)},
      ...         result=lambda state: state["total"],
      ...     )
      >>> total = slim.metrics.stateful(streaming_sum)
      >>> total.update([1.0, 2.0])
      >>> print(total.result().numpy())
      3.0
    """

    def decorate(define: Callable[_P, Metric]) -> Callable[_P, tuple[Any, Any]]:
        check = tf.autograph.experimental.do_not_convert(
            door(define, {"labels": TENSOR, **kinds} if is_ours(define) else kinds)
        )
        definition = Definition(define, inputs, check)

        @functools.wraps(define)
        def metric_in_graph(*args: _P.args, **kwargs: _P.kwargs) -> tuple[Any, Any]:
            bound = definition.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            if not modes.in_v1_graph():
                raise RuntimeError(_needs_an_owner(define.__name__, definition))
            check(args, kwargs)
            return _in_graph(
                definition.metric(bound.arguments),
                definition.values(bound.arguments),
                **{name: bound.arguments[name] for name in definition.options},
            )

        told: Any = metric_in_graph
        told.definition = definition
        told.__signature__ = definition.signature.replace(return_annotation="tuple[Any, Any]")
        return metric_in_graph

    return decorate


def named(name: str, summary: str) -> Callable[[Callable[_P, Metric]], Callable[_P, Metric]]:
    """Names a function that one maker defines for a whole family of metrics, and describes it.

    Args:
      name: the public name.
      summary: the first line of the docstring; what follows is that of the function, the same for
        the family.

    Returns:
      A decorator.
    """

    def rename(define: Callable[_P, Metric]) -> Callable[_P, Metric]:
        define.__name__ = define.__qualname__ = name
        define.__doc__ = f"{summary}\n\n{inspect.getdoc(define)}"
        return define

    return rename


def make_variable(
    name: str, spec: tf.TensorSpec, additive: bool, collections: Sequence[str] | None = None
) -> Any:
    """A variable for one statistic, zero at first; each replica has its own.

    In a v1 graph it joins `collections`, which are given there only.
    """

    def zeros():
        return tf.zeros([size or 0 for size in shapes.of(spec)], spec.dtype)

    aggregation = tf.VariableAggregation.SUM if additive else tf.VariableAggregation.NONE
    options: dict[str, Any] = {
        "trainable": False,
        "name": name,
        "dtype": spec.dtype,
        "shape": spec.shape,
        "synchronization": tf.VariableSynchronization.ON_READ,
        "aggregation": aggregation,
    }
    if collections is None:
        return tf.Variable(zeros, **options)
    return tf.compat.v1.Variable(zeros, collections=collections, use_resource=True, **options)


def wide(spec: tf.TensorSpec) -> tf.TensorSpec:
    """As a statistic that is added to is kept outside v1 graphs.

    In float32 a count stands still at 2**24. In v1 graphs it always did: there the dtype of a
    variable is what programs and checkpoints know it by.
    """
    return tf.TensorSpec(spec.shape, tf.float64) if spec.dtype == tf.float32 else spec


def nothing(unused_state: State) -> None:
    """For `Metric.updated`: the update operation returns nothing."""


def read(variables: Mapping[str, Any]) -> State:
    """The present values of variables."""
    return {name: variable.read_value() for name, variable in variables.items()}


def accumulate(metric: Metric, variables: Mapping[str, Any], inputs: Sequence[Any]) -> list[Any]:
    """Adds a batch to the statistics in `variables`.

    Returns:
      In a v1 graph, the operations that do it.
    """
    with deferred_checks() as checks:
        batch = metric.measure(*inputs)
    batch = {n: tf.cast(batch[n], variables[n].dtype.base_dtype) for n in variables}
    if metric.combine is None:
        with tf.control_dependencies(checks):
            return [v.assign_add(batch[n], read_value=False) for n, v in variables.items()]
    new = metric.combine(read(variables), batch)
    # Each new value may depend on all old ones: none is written before all are read.
    with tf.control_dependencies([*checks, *(new[n] for n in variables)]):
        return [v.assign(new[n], read_value=False) for n, v in variables.items()]


def _in_graph(metric: Metric, inputs: Sequence[Any], name: str | None = None, **collections):
    if not (name or metric.name):
        return _pair(metric, inputs, **collections)
    given = [value for value in inputs if value is not None]
    with tf.compat.v1.variable_scope(name, metric.name, given):
        return _pair(metric, inputs, **collections)


def _pair(
    metric: Metric,
    inputs: Sequence[Any],
    metrics_collections=None,
    updates_collections=None,
    collections=None,
):
    inputs = [as_input(value) for value in inputs]
    keys = collections or (GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES)
    variables = {
        name: make_variable(name, spec, metric.additive, keys)
        for name, spec in metric.spec(inputs).items()
    }
    value = _named(metric.result(read(variables)), metric.output)
    updates = accumulate(metric, variables, inputs)
    with tf.control_dependencies(updates):
        new = (metric.updated or metric.result)(read(variables))
        update_op = tf.group(name="update_op") if new is None else _named(new, "update_op")
    if metrics_collections:
        tf.compat.v1.add_to_collections(metrics_collections, value)
    if updates_collections:
        tf.compat.v1.add_to_collections(updates_collections, update_op)
    return value, update_op


def as_input(value: Any) -> Any:
    """`value` as something with a shape and a dtype; None stays, and what is sparse stays so."""
    if isinstance(value, tf.compat.v1.SparseTensorValue):
        return tf.SparseTensor.from_value(value)
    if value is None or isinstance(value, (tf.TensorSpec, tf.SparseTensor)):
        return value
    return tf.convert_to_tensor(value)


def _named(result: Any, name: str) -> Any:
    return tf.nest.map_structure(lambda tensor: tf.identity(tensor, name=name or None), result)


def _needs_an_owner(name: str, definition: Definition) -> str:
    settings = [
        f", {p.name}=..."
        for p in definition.signature.parameters.values()
        if p.default is p.empty and p.name not in definition.inputs
    ]
    data = ", ".join(
        p.name
        for p in definition.signature.parameters.values()
        if p.name in definition.inputs and p.name != "weights"
    )
    return (
        f"slim.metrics.{name} returns (value, update_op) in a tf.compat.v1 graph. Here, in eager "
        "mode or a tf.function, something must own its variables. Make the metric once and "
        "update it for each batch:\n\n"
        f"    metric = slim.metrics.stateful(slim.metrics.{name}{''.join(settings)})\n"
        f"    metric.update({data})\n"
        "    metric.result()"
    )
