"""Runs one recorded metric over its three batches, in each of the three modes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens import rule
from tests.goldens.call import dtype_of, flat, op_name, static_shape
from tests.goldens.decode import decode, find
from tests.goldens.departures import FUNCTION, V1
from tests.goldens.loader import Case

v1 = tf.compat.v1

_ONLY_IN_GRAPHS = ("metrics_collections", "updates_collections")

Values = list[np.ndarray]


@dataclasses.dataclass
class Stream:
    """What a metric gave: at first, and after each batch. What only v1 graphs have may be None."""

    variables: list[list]
    initial: Values
    values: list[Values]
    updates: list[Values] = dataclasses.field(default_factory=list)
    names: list[str] | None = None
    collections: dict[str, int] | None = None


def run(case: Case, mode: str) -> Stream:
    """Runs a case of metrics."""
    return _in_v1_graph(case) if mode == V1 else _as_object(case, mode)


def _batches(case: Case) -> list[Values]:
    return [[rule.make_input(spec) for spec in batch] for batch in case["batches"]]


def _row(variable) -> list:
    return [op_name(variable), static_shape(variable), variable.dtype.base_dtype.name]


def _in_v1_graph(case: Case) -> Stream:
    batches = _batches(case)
    with tf.Graph().as_default():
        inputs = [
            v1.placeholder(dtype_of(spec), value.shape, f"golden_input_{k}")
            for k, (spec, value) in enumerate(zip(case["batches"][0], batches[0], strict=True))
        ]
        value, update = find(case["fn"])(
            *decode(case["args"], inputs), **decode(case["kwargs"], inputs)
        )
        value, update = flat(value), flat(update)
        stream = Stream(
            variables=[_row(v) for v in v1.local_variables()],
            initial=[],
            values=[],
            names=[tensor.name for tensor in value],
            collections={key: len(v1.get_collection(key)) for key in case["collections"]},
        )
        with v1.Session() as session:
            session.run([v1.local_variables_initializer(), v1.global_variables_initializer()])
            stream.initial = session.run(value, dict(zip(inputs, batches[0])))
            for batch in batches:
                feed = dict(zip(inputs, batch, strict=True))
                # Operations without a value, such as those of tf.group, give None.
                done = [v for v in session.run(update, feed) if v is not None]
                stream.updates.append(done)
                stream.values.append(session.run(value, feed))
        return stream


def _as_object(case: Case, mode: str) -> Stream:
    batches = _batches(case)
    settings = {k: v for k, v in case["kwargs"].items() if k not in _ONLY_IN_GRAPHS}
    data = {k: settings.pop(k) for k in list(settings) if "$input" in str(settings[k])}
    metric = slim.metrics.stateful(find(case["fn"]), **decode(settings))

    def given(inputs) -> tuple[list, dict[str, Any]]:
        return decode(case["args"], inputs), decode(data, inputs)

    def update(*inputs):
        args, kwargs = given(inputs)
        metric.update(*args, **kwargs)

    def result():
        return flat(metric.result())

    specs = [
        tf.TensorSpec(value.shape, dtype_of(spec))
        for spec, value in zip(case["batches"][0], batches[0], strict=True)
    ]
    args, kwargs = given(specs)
    metric.build(*args, **kwargs)
    if mode == FUNCTION:
        update = tf.function(update, input_signature=specs, autograph=False)
        result = tf.function(result, autograph=False)
    stream = Stream(
        variables=[_row(v) for v in metric.variables],
        initial=[tensor.numpy() for tensor in result()],
        values=[],
    )
    for batch in batches:
        inputs = [tf.constant(v, s.dtype) for v, s in zip(batch, specs, strict=True)]
        update(*inputs)
        stream.values.append([tensor.numpy() for tensor in result()])
    return stream
