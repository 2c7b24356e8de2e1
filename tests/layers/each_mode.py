"""Calls a function without variables in each mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

MODES = ("v1", "eager", "function", "xla")


def run(mode: str, function: Callable, *arrays: np.ndarray) -> Any:
    """What `function` of tensors returns, as numpy arrays.

    In a v1 graph and in a function no size of the inputs is known but that of the last axis.
    """
    if mode == "v1":
        with tf.Graph().as_default(), v1.Session() as session:
            inputs = [v1.placeholder(a.dtype, _loose(a)) for a in arrays]
            outputs = function(*inputs)
            session.run(v1.global_variables_initializer())
            return session.run(outputs, dict(zip(inputs, arrays, strict=True)))
    if mode != "eager":
        signature = [tf.TensorSpec(_loose(array), array.dtype) for array in arrays]
        # XLA knows all sizes when it compiles.
        function = tf.function(
            function,
            input_signature=None if mode == "xla" else signature,
            jit_compile=mode == "xla",
            autograph=False,
        )
    outputs = function(*[tf.constant(array) for array in arrays])
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), outputs)


def results(
    function: Callable, *arrays: np.ndarray, modes: tuple[str, ...] = MODES
) -> Iterator[Any]:
    """What `run` returns in each of the modes."""
    for mode in modes:
        yield run(mode, function, *arrays)


def _loose(array: np.ndarray) -> list[int | None]:
    return [*[None] * (array.ndim - 1), *array.shape[-1:]]
