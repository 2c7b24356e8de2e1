"""Runs one recorded call in a v1 graph.

The order of events is that of the recording: initialise, run the outputs (twice if a second state
is recorded), run the updates (twice).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tests.goldens import rule
from tests.goldens.call import (
    UPDATES,
    Replay,
    Tensor,
    call,
    dtype_of,
    flat,
    op_name,
    recorded_states,
    row,
    scoped,
    static_shape,
    upstream_gradient,
)
from tests.goldens.loader import Case

v1 = tf.compat.v1


@contextlib.contextmanager
def tf1_graphs() -> Iterator[None]:
    """Builds graphs as after `tf.disable_v2_behavior()`: reference variables, Switch and Merge.

    What the code inside changes of it ends with it.
    """
    resources, control_flow = v1.resource_variables_enabled(), v1.control_flow_v2_enabled()
    v1.disable_resource_variables()
    v1.disable_control_flow_v2()
    try:
        yield
    finally:
        (v1.enable_resource_variables if resources else v1.disable_resource_variables)()
        (v1.enable_control_flow_v2 if control_flow else v1.disable_control_flow_v2)()


def initialize(session) -> None:
    """Gives all variables of a v1 graph their initial values."""
    own, by_rule, feed = [], [], {}
    for variable in v1.global_variables():
        shape = variable.shape.as_list()
        value = rule.init_value(op_name(variable), shape, variable.dtype.base_dtype.name)
        if value is None:
            own.append(variable.initializer)
        else:
            by_rule.append(variable.initializer)
            feed[variable.initializer.inputs[1]] = value
    session.run(own)
    session.run(by_rule, feed)
    session.run([v1.local_variables_initializer(), v1.tables_initializer()])


def run(case: Case) -> Replay:
    """Builds the call in a graph of its own, and runs it in a session."""
    with tf.Graph().as_default():
        v1.set_random_seed(1)
        feed = {}
        inputs = []
        for k, spec in enumerate(case.get("inputs", ())):
            inputs.append(
                v1.placeholder(dtype_of(spec), rule.static_shape(spec, k), f"golden_input_{k}")
            )
            feed[inputs[-1]] = rule.make_input(spec, k)
        with scoped(case):
            tensors = flat(call(case, inputs))
        done = Replay(
            outputs=[Tensor(t.name, static_shape(t), t.dtype.name) for t in tensors],
            variables=[row(v, _collections_of(v)) for v in v1.global_variables()],
            collections={key: len(v1.get_collection(key)) for key in case["collections"]},
            regularization_names=[
                loss.name for loss in v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
            ],
        )
        if case.get("run", True):
            _compute(case, done, inputs, tensors, feed)
        return done


def _compute(case: Case, done: Replay, inputs, tensors, feed) -> None:
    by_name = {op_name(v): v for v in v1.global_variables()}
    trainable = v1.trainable_variables()
    statistics = {
        name: v for name, v in by_name.items() if not any(v is other for other in trainable)
    }
    updates = [op for key in UPDATES for op in v1.get_collection(key)]
    targets = {n: inputs[0] if n == "x0" else by_name[n] for n in case.get("grad") or ()}
    grads = {}
    if targets:
        total = tf.reduce_sum(tensors[0] * upstream_gradient(case))
        grads = dict(zip(targets, v1.gradients(total, list(targets.values())), strict=True))
    losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
    recorded = recorded_states(case)
    with v1.Session() as session:
        initialize(session)
        done.initial = session.run(statistics)
        done.regularization = float(sum(session.run(losses)))
        for output, value in zip(done.outputs, session.run(tensors, feed), strict=True):
            output.value = value
        if "state_after_forward_1" in recorded:
            done.states["state_after_forward_1"] = session.run(statistics)
        else:
            done.static_state = session.run(statistics)
        if "state_after_forward_2" in recorded:
            session.run(tensors, feed)
            done.states["state_after_forward_2"] = session.run(statistics)
        for key in ("state_after_update_1", "state_after_update_2"):
            if key in recorded:
                session.run(updates, feed)
                done.states[key] = session.run(statistics)
        done.grads = session.run(grads, feed)


def _collections_of(variable) -> list[str]:
    graph = v1.get_default_graph()
    keys = (k for k in graph.get_all_collection_keys() if isinstance(k, str) and k[:2] != "__")
    return sorted(k for k in keys if any(v is variable for v in graph.get_collection_ref(k)))
