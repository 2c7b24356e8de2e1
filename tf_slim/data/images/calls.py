"""Parts of graphs that are traced once in a process, and prepared for running if they ever run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import tensorflow as tf

FILE = tf.TensorSpec([], tf.string)
FILES = tf.TensorSpec([None], tf.string)
NUMBER = tf.TensorSpec([], tf.int64)


def as_numbers(tensors: Iterable[tf.Tensor]) -> list[tf.Tensor]:
    """Integers as functions made by `apart` take them.

    Args:
        tensors: Of any integer types.
    """
    return [tf.cast(tensor, tf.int64) for tensor in tensors]


def apart(function: Callable, *signature: tf.TensorSpec) -> Callable:
    """A function whose operations are not mixed with those of the graphs that call it.

    Of what only a rare file needs, a graph then has one operation. Preparing all of them takes a
    second for each graph.

    Args:
        function: Of tensors to tensors.
        *signature: The specs of what it takes.

    Returns:
        The function, in graphs and out of them.
    """
    traced = tf.function(
        function,
        autograph=False,
        input_signature=signature,
        experimental_attributes={"_noinline": True},
    )

    @functools.cache
    def shared() -> Callable:
        # A graph of TensorFlow 1 would have all of it traced again, for each such graph. A new
        # thread is in none.
        def trace() -> Callable:
            return traced.get_concrete_function() if tf.executing_eagerly() else traced

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(trace).result()

    return lambda *tensors: shared()(*tensors)
