"""One recorded call: the function, its arguments, and what there is to note of it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens import rule
from tests.goldens.decode import decode, find
from tests.goldens.loader import Case

UPDATES = ("update_ops", "my_updates", "u1")
"""The collections of a v1 graph that hold updates; the other modes update at once."""

OF_VARIABLES = ("variables", "trainable_variables", "model_variables")


@dataclasses.dataclass
class Tensor:
    """One output. `value` is None if it was not run; in eager mode it has no name."""

    name: str
    static_shape: list[int | None] | None
    dtype: str
    value: np.ndarray | None = None


@dataclasses.dataclass
class Replay:
    """What a call did. `states` are those of the variables that are not trainable."""

    outputs: list[Tensor]
    variables: list[list]
    collections: dict[str, int]
    regularization: float | None = None
    regularization_names: list[str] | None = None
    grads: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    initial: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    states: dict[str, dict[str, np.ndarray]] = dataclasses.field(default_factory=dict)
    static_state: dict[str, np.ndarray] | None = None


def flat(outputs: Any) -> list:
    """The tensors of a result, in the order of the recording."""
    if isinstance(outputs, tf.SparseTensor):
        return [outputs.indices, outputs.values, outputs.dense_shape]
    if isinstance(outputs, dict):
        return [tensor for key in sorted(outputs) for tensor in flat(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [tensor for element in outputs for tensor in flat(element)]
    return [] if outputs is None else [outputs]


def op_name(named: Any) -> str:
    """The name of a tensor or variable, without `:0`."""
    return named.name.partition(":")[0]


@contextlib.contextmanager
def scoped(case: Case) -> Iterator[None]:
    """Enters the recorded arg_scopes of a case."""
    with contextlib.ExitStack() as stack:
        for ops, kwargs in case.get("arg_scope") or ():
            ops = [find(name) for name in ops]
            stack.enter_context(slim.arg_scope(ops, **decode(kwargs)))
        yield


def call(case: Case, inputs) -> Any:
    """Calls the recorded function with the recorded arguments."""
    return find(case["fn"])(*decode(case["args"], inputs), **decode(case["kwargs"], inputs))


def dtype_of(spec) -> tf.DType:
    return tf.as_dtype(spec.get("dtype", "float32") if isinstance(spec, dict) else "float32")


def recorded_states(case: Case) -> list[str]:
    return [key for key in case if key.startswith("state_after_")]


def collections_in(case: Case) -> list[str]:
    """All collections that a recorded variable is a member of."""
    recorded = {key for row in case.get("variables", ()) for key in row[3]}
    return sorted(recorded.union(OF_VARIABLES))


def row(variable, members: list[str]) -> list:
    return [op_name(variable), variable.shape.as_list(), variable.dtype.base_dtype.name, members]


def upstream_gradient(case: Case) -> np.ndarray:
    """What the gradient of the first output is weighted with."""
    return rule.make_input({"shape": case["outputs"][0]["shape"], "seed": 7})


def static_shape(tensor) -> list[int | None] | None:
    return None if tensor.shape.rank is None else tensor.shape.as_list()
