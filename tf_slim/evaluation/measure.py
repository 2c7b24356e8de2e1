"""`evaluate`: a model over a whole data set, once, by several metrics."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import metrics as slim_metrics
from tf_slim.evaluation.folding import Payoff
from tf_slim.export.errors import ExportError
from tf_slim.export.fold import folded
from tf_slim.learning import in_memory
from tf_slim.learning.source import Source
from tf_slim.learning.step import empty_batches
from tf_slim.learning.together import means, workers
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import binds, describe
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.tracing import TracedFunction, UserFunction

# Traced functions that a model keeps, with different metrics; the oldest goes first.
_KEPT = 8


def evaluate(
    model: Model,
    dataset: Any,
    metrics: Mapping[str, Any] | Sequence[Any],
    *,
    on_batch: Callable[[int], None] | None = None,
    observe: Callable[[Any, Any, Any], None] | None = None,
) -> dict[str, Any]:
    """Runs a model over a data set once, and measures.

    Every example counts once, those of a last smaller batch included. The net is called for
    inference; as soon as that pays, it is the folded graph that computes (`slim.export.folded`).

    Args:
      model: a built model.
      dataset: a `slim.data.Pipeline`, or a finite `tf.data.Dataset`, of `(inputs, labels)`; or a
        pair of arrays `(inputs, labels)`.
      metrics: by name, whatever `slim.metrics.stateful` takes: streaming functions of
        `slim.metrics`, objects made of these, Keras metrics. They are given `(outputs, labels)`,
        where `outputs` is what the net returned, without its end points. Or a pair
        `(metric, prepare)`: the metric is given what `prepare(outputs, labels)` returns, a tuple.
        A list of these has the metrics' own names: "accuracy" for `streaming_accuracy`.
      on_batch: called after each batch with the number of batches done.
      observe: called with `(inputs, outputs, labels)` of each batch (of each replica's part of it),
        such as `slim.report.Findings(10).add`.

    Returns:
      The results by name: a float for a scalar, an array otherwise.

    Raises:
      ValueError: the data set is empty, endless or not of `(inputs, labels)`, the model is not
        built, or two metrics of a list have the same name.
      TypeError: `metrics` or one of them is of another kind.

    Examples:
      >>> run = slim.load("runs/digits")
      >>> spec = slim.data.get_dataset("digits", "test")
      >>> test = slim.data.Pipeline(spec, 100, preprocess=run.preprocess)
      >>> metrics = slim.evaluation.classification_metrics(10)
      >>> results = slim.evaluation.evaluate(run.model, test, metrics)
      >>> sorted(results), results["accuracy"] > 0.8
      (['accuracy', 'loss', 'recall_at_5'], True)
    """
    if not isinstance(model, Model):
        raise TypeError(
            f"model: expected a slim.Model; got {describe(model)}. Write slim.Model(net)."
        )
    for name, function, given in (
        ("on_batch", on_batch, ["number"]),
        ("observe", observe, ["inputs", "outputs", "labels"]),
    ):
        if function is not None and not (callable(function) and binds(function, *given)):
            raise TypeError(
                f"{name}: expected a function ({', '.join(given)}), or None; got "
                f"{describe(function)}."
            )
    return Evaluation(model, dataset, metrics, fold=True).run(on_batch, observe)


class Evaluation:
    """A model, data and metrics: to be measured as often as one likes, traced once.

    Made and run under the scope of the model's strategy.

    Args:
      model: see `evaluate`.
      dataset: see `evaluate`.
      metrics: see `evaluate`.
      usual: what gives them by the spec of the labels, where they are None.
      fold: whether the folded graph may compute, once that pays within one run.

    Raises:
      TypeError, ValueError: see `evaluate`.
    """

    def __init__(
        self,
        model: Model,
        dataset: Any,
        metrics: Any,
        usual: Callable[[Any], Any] | None = None,
        *,
        fold: bool = False,
    ):
        model.require_variables("evaluate")
        self._model = model
        self._strategy = tf.distribute.get_strategy()
        self._workers = workers.of(self._strategy)
        self._source = Source(in_memory.batched(dataset), self._strategy, whole=True)
        if self._source.never_ends():
            raise ValueError(
                "The data set to evaluate on never ends. Leave repeat() out, or add "
                "`.take(number_of_batches)`; a Pipeline takes is_training=False."
            )
        if metrics is None and usual is not None:
            metrics = usual(self._source.labels_spec)
        self._metrics = _by_name(metrics)
        self._steps: dict[bool, tuple] = {}
        self._may_fold = fold and self._strategy.num_replicas_in_sync == 1

    @property
    def names(self) -> tuple[str, ...]:
        """Of the metrics."""
        return tuple(self._metrics)

    def run(
        self,
        on_batch: Callable[[int], None] | None = None,
        observe: Callable[[Any, Any, Any], None] | None = None,
    ) -> dict[str, Any]:
        """Measures the model as it is now, over all data.

        Args:
          on_batch: see `evaluate`.
          observe: see `evaluate`.

        Returns:
          The results by name.
        """
        returns_outputs = observe is not None
        if self._workers.count > 1:  # that it does not depend on who measures what
            means.taken(self._model.named_variables, self._strategy)
        if returns_outputs not in self._steps:
            measured, step, made = _step(self._model, self._metrics, returns_outputs)
            specs = self._source.prepare_specs()
            # Of several workers one may have no batch, and must know the step as the others do.
            if _are_told(specs) or self._workers.count > 1:
                # For batches of any size, before there is one: a smaller last one is no other.
                step.get_concrete_function(*specs)
            self._steps[returns_outputs] = measured, step, made
        for metric in self._steps[returns_outputs][0].values():
            metric.reset()
        # The results are of all workers: none asks for them before all are through.
        done = self._workers.together(self._measure, returns_outputs, on_batch, observe)
        if not any(self._workers.words(done)):
            raise ValueError("The data set to evaluate on is empty: it has not a single batch.")
        measured = self._steps[returns_outputs][0]
        results = {name: _plain(metric.result()) for name, metric in measured.items()}
        self._workers.part()
        return results

    def _measure(
        self,
        returns_outputs: bool,
        on_batch: Callable[[int], None] | None,
        observe: Callable[[Any, Any, Any], None] | None,
    ) -> int:
        """Adds all batches of this process to the metrics. Returns how many there were."""
        _, step, made = self._steps[returns_outputs]
        payoff = Payoff(self._model) if self._may_fold else None
        done = 0
        try:
            for inputs, labels in self._source.batches():
                start = time.perf_counter()
                outputs = step(inputs, labels)
                done += 1
                # The first batch may have been traced.
                if payoff is not None and done > 1 and payoff.after(time.perf_counter() - start):
                    step, payoff = self._folded(made) or step, None
                if observe is not None:
                    for part in _of_replicas(self._strategy, (inputs, outputs, labels)):
                        if any(leaf.shape[0] for leaf in tf.nest.flatten(part[2])):
                            observe(*part)
                if on_batch is not None:
                    on_batch(done)
        except tf.errors.OpError as error:
            raise self._source.explained(error) from error
        return done

    def _folded(self, made: Callable) -> Callable | None:
        """The step by the folded graph; None if there can be none."""
        specs = self._source.prepare_specs()
        if not isinstance(specs[0], tf.TensorSpec) or not _are_told(specs):
            return None
        try:
            step = made(folded(self._model, specs[0]).function)
        except ExportError:
            return None
        step.get_concrete_function(*specs)
        return step


def _step(model: Model, metrics: Mapping[str, Any], returns_outputs: bool):
    """The metrics by name, and a function that evaluates a batch; those of an earlier call if any.

    And what makes such a function, for the same metrics, of another one than the model.

    To trace a function takes longer than many an evaluation, and those within a training are of
    the same model by the same metrics.
    """
    strategy = tf.distribute.get_strategy()
    key = (
        strategy,
        returns_outputs,
        tuple(map(id, model.variables)),
        *((name, _identity(metric)) for name, metric in metrics.items()),
    )
    known = model.evaluated_by
    if key not in known:
        while len(known) >= _KEPT:
            del known[next(iter(known))]
        known[key] = _traced(model, metrics, returns_outputs, strategy)
    return known[key]


def _traced(model: Model, metrics: Mapping[str, Any], returns_outputs: bool, strategy):
    measured, updates = {}, []
    for name, metric in metrics.items():
        pair = metric if isinstance(metric, tuple) else (metric, _as_they_are)
        measured[name] = slim_metrics.stateful(pair[0])
        # Of a metric of Keras the class may be a user's own.
        update = UserFunction(measured[name].update, is_users=True)
        updates.append((UserFunction(pair[1]), update))

    def infer(inputs):
        with default_is_training(False):
            outputs, _ = split_outputs(model(inputs))
        model.require_outputs(outputs)
        return outputs

    def made(compute):
        def update_all(outputs, labels):
            for prepare, update in updates:
                update(*prepare(outputs, labels))

        def measure(inputs, labels):
            outputs = compute(inputs)
            update_all(outputs, labels)
            return outputs if returns_outputs else ()

        def measure_if_any(*batch):
            examples = empty_batches.count_examples(batch)
            outputs = empty_batches.first(
                compute(empty_batches.filled(batch, examples)[0]), examples
            )
            tf.cond(examples > 0, lambda: update_all(outputs, batch[1]), lambda: None)
            return outputs if returns_outputs else ()

        def step(*batch):
            if strategy.num_replicas_in_sync == 1:
                return measure(*batch)
            may_be_empty = empty_batches.possible(batch, strategy)
            return strategy.run(measure_if_any if may_be_empty else measure, batch)

        return TracedFunction(step, reduce_retracing=True)

    return measured, made(infer), made


def _are_told(specs: Any) -> bool:
    """Whether the specs of batches say all but their size."""
    return all(
        isinstance(spec, tf.TensorSpec) and spec.shape.rank and spec.shape[1:].is_fully_defined()
        for spec in tf.nest.flatten(specs, expand_composites=False)
    )


def _identity(metric: Any) -> Any:
    """A key that metrics which do the same have in common."""
    if isinstance(metric, tuple):
        return tuple(map(_identity, metric))
    if isinstance(metric, types.FunctionType):
        return _identity_of_function(metric)
    if isinstance(metric, functools.partial):
        parts = metric.func, metric.args, tuple(sorted(metric.keywords.items()))
        try:
            hash(parts)
        except TypeError:
            return _Only(metric)
        return parts
    # The object itself and not its id: as long as the key is kept, no other can have that.
    return metric if isinstance(metric, Hashable) else _Only(metric)


def _identity_of_function(function: types.FunctionType) -> Any:
    """One for all that are made by running the same line again, such as a lambda in the call."""
    held = [function.__globals__, *(function.__defaults__ or ()), *_contents(function)]
    held += (function.__kwdefaults__ or {}).values()
    held += vars(function).values()
    return (function.__code__, *map(_Only, held))


def _contents(function: types.FunctionType) -> list[Any]:
    """What a function finds around it; its cells, where there is nothing in one yet."""
    cells = function.__closure__ or ()
    try:
        return [cell.cell_contents for cell in cells]
    except ValueError:
        return list(cells)


class _Only:
    """A key for one object, whatever it takes for its equals."""

    def __init__(self, value: Any):
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Only) and other._value is self._value

    def __hash__(self) -> int:
        return id(self._value)


def _by_name(metrics: Any) -> Mapping[str, Any]:
    """The metrics by name; a list of them has their own names."""
    if isinstance(metrics, Mapping):
        return metrics
    if not isinstance(metrics, (list, tuple)):
        raise TypeError(
            f"metrics: expected a dict by name, or a list; got {describe(metrics)}. Write "
            "{'accuracy': slim.metrics.streaming_accuracy}, or the metric in a list."
        )
    named: dict[str, Any] = {}
    for metric in metrics:
        name = _name_of(metric)
        if name in named:
            raise ValueError(
                f"metrics: two of the list are called {name!r}. Give a dict, with a name for each."
            )
        named[name] = metric
    return named


def _name_of(metric: Any) -> str:
    if isinstance(metric, str):
        raise TypeError(
            f"metrics: expected functions, or objects, that measure; got the name {metric!r}. "
            f"Write slim.metrics.streaming_{metric.lower()}, or leave metrics out for the usual."
        )
    while isinstance(metric, (tuple, functools.partial)):
        metric = metric[0] if isinstance(metric, tuple) else metric.func
    name = getattr(metric, "name", None) or getattr(metric, "__name__", None)
    if not isinstance(name, str):
        raise TypeError(
            f"metrics: {describe(metric)} has no name that the result could have. Give a dict, "
            "with a name for each."
        )
    return name.removeprefix("streaming_")


def _of_replicas(strategy: tf.distribute.Strategy, values: tuple) -> list[tuple]:
    """What each replica of this process has of `values`, a tuple of structures."""
    if strategy.num_replicas_in_sync == 1:
        return [values]
    flat = [strategy.experimental_local_results(leaf) for leaf in tf.nest.flatten(values)]
    return [tf.nest.pack_sequence_as(values, leaves) for leaves in zip(*flat)]


def _as_they_are(outputs, labels):
    return outputs, labels


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(item) for item in value)
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
