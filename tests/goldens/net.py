"""Runs one recorded net, in each of the three modes."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens import rule
from tests.goldens.call import op_name
from tests.goldens.decode import decode, find
from tests.goldens.departures import V1
from tests.goldens.in_graph import initialize
from tests.goldens.in_model import rule_of_initial_values
from tests.goldens.loader import Case

v1 = tf.compat.v1


@dataclasses.dataclass
class NetRun:
    """What a net made and returned. What only v1 graphs have is None elsewhere."""

    variables: list[list]
    regularization: tuple[int, float]
    outputs: list[np.ndarray]
    end_points: dict[str, np.ndarray]
    graph: tf.Graph | None = None
    update_ops: int | None = None
    static_output_shapes: list[list[int | None]] | None = None


def run(case: Case, mode: str) -> NetRun:
    """Runs a case of nets. Errors of the net pass through."""
    if mode == V1:
        return _in_v1_graph(case)
    return _as_model(case, mode)


def _net(case: Case, inputs=()):
    """The net as a function of its input, with the keyword arguments that it gets."""
    kwargs = decode(case["kwargs"], inputs)
    if case.get("factory"):
        return find(case["net"])(**kwargs), {}
    return find(case["net"]), kwargs


def _scope(case: Case) -> Any:
    recorded = case["arg_scope"]
    return None if recorded is None else find(recorded["fn"])(**decode(recorded["kwargs"]))


def _shape(case: Case) -> list[int | None]:
    return case.get("static_shape", case["input_shape"])


def _split(result: Any) -> tuple[list, dict]:
    if isinstance(result, tuple):
        return list(result[:-1]), result[-1]
    return [result], {}


def _row(variable, trainable, model_variables) -> list:
    return [
        op_name(variable),
        variable.shape.as_list(),
        variable.dtype.base_dtype.name,
        any(v is variable for v in trainable),
        any(v is variable for v in model_variables),
    ]


def _in_v1_graph(case: Case) -> NetRun:
    with tf.Graph().as_default():
        v1.set_random_seed(1)
        x = v1.placeholder(tf.float32, _shape(case), "golden_input")
        net, kwargs = _net(case, [x])
        scope = _scope(case)
        with slim.arg_scope(slim.current_arg_scope() if scope is None else scope):
            outputs, end_points = _split(net(x, **kwargs))
        losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
        trainable, model_variables = v1.trainable_variables(), v1.model_variables()
        with v1.Session() as session:
            initialize(session)
            values, points = session.run(
                [outputs, list(end_points.values())], {x: rule.make_input(case["input_shape"])}
            )
            total = float(sum(session.run(losses)))
        return NetRun(
            variables=[_row(v, trainable, model_variables) for v in v1.global_variables()],
            regularization=(len(losses), total),
            outputs=values,
            end_points=dict(zip(end_points, points, strict=True)),
            graph=v1.get_default_graph(),
            update_ops=len(v1.get_collection(v1.GraphKeys.UPDATE_OPS)),
            static_output_shapes=[t.shape.as_list() for t in outputs],
        )


def _as_model(case: Case, mode: str) -> NetRun:
    model = _model(case)
    keys: list[str] = []

    def step(x):
        # Recorded with the layers' own defaults, which a Model's call has among losses only.
        with slim.collect():
            outputs, end_points = _split(model(x))
        keys[:] = end_points
        return outputs, list(end_points.values())

    x = tf.constant(rule.make_input(case["input_shape"]))
    with rule_of_initial_values():
        if mode == "function":
            # Converted by AutoGraph, like the function of any user.
            step = tf.function(step, input_signature=[tf.TensorSpec(_shape(case), tf.float32)])
            step.get_concrete_function()
        else:
            model.build(x)
    outputs, points = step(x)
    trainable, model_variables = model.trainable_variables, model.model_variables
    losses = model.losses
    return NetRun(
        variables=[_row(v, trainable, model_variables) for v in model.variables],
        regularization=(len(losses), float(sum(losses))),
        outputs=[t.numpy() for t in outputs],
        end_points={key: t.numpy() for key, t in zip(keys, points, strict=True)},
    )


def _model(case: Case) -> slim.Model:
    net, kwargs = _net(case)
    default = inspect.signature(net).parameters.get("is_training")
    if not case.get("factory") and default is not None:
        # And with that of the function.
        kwargs.setdefault("is_training", default.default)
    return slim.Model(net, arg_scope=_scope(case), **kwargs)
