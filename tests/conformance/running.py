"""What the tests of the table share: inputs, values for variables, models, comparisons."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.conformance.rows import Row


def value_of(name: str, shape) -> np.ndarray:
    """A fixed value for each variable, by its name."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    value = random.uniform(-1.0, 1.0, shape)
    positive = name.endswith(("moving_variance", "stddev", "gamma", "temperature", "beta"))
    return (0.5 + np.abs(value) if positive else value).astype(np.float32)


def inputs_of(row: Row, shape=None, dtype=None) -> np.ndarray:
    """Fixed inputs for a row."""
    random = np.random.RandomState(7)
    shape = shape or row.shape
    if row.integers:
        return random.randint(0, row.integers, shape).astype(np.int32)
    return random.uniform(-2.0, 2.0, shape).astype(dtype or np.float32)


def name_of(variable) -> str:
    return variable.name.removesuffix(":0")


def fill(variables) -> None:
    """Gives each variable the value that goes with its name."""
    for variable in variables:
        value = value_of(name_of(variable), variable.shape)
        variable.assign(tf.cast(value, variable.dtype))


def filled_model(row: Row, dtype=None, net: Callable | None = None, **kwargs) -> slim.Model:
    # A call would be one of inference, and the rows are about layers as their defaults have them.
    model = slim.Model(net or row.net, is_training=True, **kwargs)
    model.build(tf.TensorSpec(row.shape, row.dtype if row.integers else dtype or tf.float32))
    fill(model.variables)
    return model


def names_of(variables) -> list[tuple]:
    return [(name_of(v), v.shape.as_list(), v.trainable) for v in variables]


def check_static(symbolic, outputs) -> None:
    """What is known of the shape where the batch is not: all else."""
    assert symbolic.shape.is_compatible_with(outputs.shape)
    assert symbolic.shape.as_list().count(None) == 1


def close(left, right, atol=2e-5, rtol=1e-4) -> None:
    np.testing.assert_allclose(left, right, rtol=rtol, atol=atol)


def by_keyword(row: Row) -> dict[str, Any]:
    """All arguments of a row but the inputs, by keyword."""
    names = list(inspect.signature(row.layer).parameters)[1:]
    return {**dict(zip(names, row.args)), **row.kwargs}


def needs(*conditions: str | Callable) -> Callable:
    """A test for those rows only whose layer takes an argument, or fulfils a condition."""

    def mark(test: Callable) -> Callable:
        test.needs = conditions  # pyright: ignore[reportFunctionMemberAccess]
        return test

    return mark


def fulfils(row: Row, condition: str | Callable) -> bool:
    """Whether a row is one for a test that `needs` this; what a row passes itself is taken."""
    if callable(condition):
        return condition(row.layer)
    return condition in inspect.signature(row.layer).parameters and condition not in row.kwargs
