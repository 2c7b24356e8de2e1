"""Runs one recorded call as a `slim.Model`, eagerly or in a `tf.function`.

The first call makes the variables, which then get their initial values. The next call is compared,
and one more if a second state is recorded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from unittest import mock

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens import rule
from tests.goldens.call import (
    OF_VARIABLES,
    UPDATES,
    Replay,
    Tensor,
    call,
    collections_in,
    dtype_of,
    flat,
    recorded_states,
    row,
    scoped,
    static_shape,
    upstream_gradient,
)
from tests.goldens.loader import Case
from tf_slim.ops import collect, stores


class _Traced:
    """A recorded call as a Model, in eager mode or as a function, with notes of what it did."""

    def __init__(self, case: Case):
        self.case = case
        self.members: dict[str, list] = {}
        self.added: dict[str, int] = {}
        self.losses = 0
        self.outputs: list[Tensor] = []
        with scoped(case):
            self.model = slim.Model(self._call)

    def _call(self, *inputs):
        result = call(self.case, inputs)
        self.members = {
            key: slim.get_variables(collection=key) for key in collections_in(self.case)
        }
        # Read while the call lasts: the outputs belong to the Model's own frame.
        for key in self.case.get("collections", ()):
            if key not in (*OF_VARIABLES, *UPDATES, "losses", "regularization_losses"):
                outputs = collect.outputs(key)
                self.added[key] = len(outputs) + len(slim.get_variables(collection=key))
        return result

    def step(self, *inputs):
        """One call: outputs, gradients and regularization losses."""
        grads = {}
        with tf.GradientTape() as tape, slim.collect() as frame:
            if self.case.get("grad"):
                tape.watch(inputs[0])
            tensors = [tf.convert_to_tensor(t) for t in flat(self.model(*inputs))]
            if self.case.get("grad"):
                total = tf.reduce_sum(tensors[0] * upstream_gradient(self.case))
        if self.case.get("grad"):
            named = self.model.named_variables
            sources = {n: inputs[0] if n == "x0" else named[n] for n in self.case["grad"]}
            grads = tape.gradient(total, sources)
        self.losses = len(frame.losses)
        symbolic = not tf.executing_eagerly()
        self.outputs = [
            Tensor(t.name if symbolic else "", static_shape(t) if symbolic else None, t.dtype.name)
            for t in tensors
        ]
        return tensors, grads, self.model.losses

    def described(self) -> Replay:
        rows = []
        for variable in self.model.variables:
            members = [k for k, vs in self.members.items() if any(v is variable for v in vs)]
            rows.append(row(variable, sorted(members)))
        counts = {key: len(members) for key, members in self.members.items()}
        counts["losses"] = self.losses
        counts["regularization_losses"] = len(self.model.losses)
        counts.update(self.added)
        recorded = self.case["collections"]
        return Replay(
            outputs=self.outputs,
            variables=rows,
            # Updates are made at once in these modes: there is nothing to count.
            collections={k: recorded[k] if k in UPDATES else counts[k] for k in recorded},
        )

    def statistics(self) -> dict[str, np.ndarray]:
        trainable = self.model.trainable_variables
        return {
            name: variable.numpy()
            for name, variable in self.model.named_variables.items()
            if not any(variable is other for other in trainable)
        }


def assign_initial_values(model: slim.Model, twin: Callable[[], slim.Model]) -> None:
    """Gives the variables of a Model their initial values.

    Args:
      model: a Model that has its variables, and may have changed them.
      twin: makes another Model like it that has computed nothing yet. Asked for the values of
        the variables that keep their own initializer's.
    """
    fresh: dict[str, tf.Variable] = {}
    for name, variable in model.named_variables.items():
        value = rule.init_value(name, variable.shape, variable.dtype.name)
        if value is None:
            fresh = fresh or twin().named_variables
            value = fresh[name]
        variable.assign(value)


@contextlib.contextmanager
def rule_of_initial_values() -> Iterator[None]:
    """Variables that a Model makes meanwhile start from the rule's values: large nets are fast.

    Drawing the 10^8 weights of a VGG only to assign others would take most of the time.
    """

    def by_rule(name, initializer, shape, dtype):
        value = rule.init_value(name, shape, dtype.name) if callable(initializer) else None
        return own(name, initializer, shape, dtype) if value is None else lambda: value

    own = stores.initial_value
    with mock.patch.object(stores, "initial_value", by_rule):
        yield


def run_eagerly(case: Case) -> Replay:
    """Makes all calls eagerly."""
    values = [rule.make_input(spec, k) for k, spec in enumerate(case.get("inputs", ()))]
    inputs = [tf.constant(v, dtype_of(s)) for v, s in zip(values, case.get("inputs", ()))]
    traced = _Traced(case)
    traced.step(*inputs)
    return _compute(case, traced, traced.step, inputs)


def run_in_function(case: Case) -> Replay:
    """Makes all calls by one function, traced for the recorded static shapes."""
    specs = case.get("inputs", ())
    signature = [
        tf.TensorSpec(rule.static_shape(spec, k), dtype_of(spec), f"golden_input_{k}")
        for k, spec in enumerate(specs)
    ]
    traced = _Traced(case)
    step = tf.function(traced.step, input_signature=signature, autograph=False)
    step.get_concrete_function()
    if not case.get("run", True):
        return traced.described()
    inputs = [tf.constant(rule.make_input(s, k), dtype_of(s)) for k, s in enumerate(specs)]
    return _compute(case, traced, step, inputs)


def _compute(case: Case, traced: _Traced, step: Callable, inputs: list[tf.Tensor]) -> Replay:
    done = traced.described()
    assign_initial_values(traced.model, lambda: _Traced(case).model.build(*inputs))
    done.initial = traced.statistics()
    tensors, grads, losses = step(*inputs)
    for output, tensor in zip(done.outputs, tensors, strict=True):
        output.value = tensor.numpy()
    done.grads = {name: grad.numpy() for name, grad in grads.items()}
    done.regularization = float(sum(losses))
    recorded = recorded_states(case)
    if not recorded:
        done.static_state = traced.statistics()
    for key in recorded:
        if key.endswith("2"):
            step(*inputs)
        done.states[key] = traced.statistics()
    return done
