"""Which parameter server gets a variable, for `tf.train.replica_device_setter(ps_strategy=...)`."""

from __future__ import annotations

import random
from collections.abc import Callable

import tensorflow as tf

__all__ = ["GreedyLoadBalancingStrategy", "RandomStrategy", "byte_size_load_fn"]


class GreedyLoadBalancingStrategy:
    """Gives each variable to the parameter server that has the least so far.

        strategy = GreedyLoadBalancingStrategy(num_ps, byte_size_load_fn)
        tf.train.replica_device_setter(cluster=cluster, ps_strategy=strategy)

    Args:
      num_tasks: how many parameter servers there are.
      load_fn: from an operation to how much it weighs, in any unit.
    """

    def __init__(self, num_tasks: int, load_fn: Callable[[tf.Operation], float]):
        self._load_fn = load_fn
        self._loads = [0.0] * _checked(num_tasks)

    def __call__(self, op: tf.Operation) -> int:
        """The number of the server for a variable."""
        task = self._loads.index(min(self._loads))
        self._loads[task] += self._load_fn(op)
        return task


class RandomStrategy:
    """Gives each variable to a parameter server by chance, to the same one in each process.

    Args:
      num_ps_tasks: how many parameter servers there are.
      seed: of the choice.
    """

    def __init__(self, num_ps_tasks: int, seed: int = 0):
        self._num_tasks = _checked(num_ps_tasks)
        self._random = random.Random(seed)

    def __call__(self, op: tf.Operation) -> int:
        """The number of the server for a variable."""
        return self._random.randrange(self._num_tasks)


def byte_size_load_fn(op: tf.Operation) -> int:
    """The bytes of a variable.

    Args:
      op: the operation that makes it, or another one with a single output.

    Returns:
      How many bytes it takes to store and to send it whole.

    Raises:
      ValueError: it has several outputs, or its shape is not known.
    """
    if len(op.outputs) != 1:
        raise ValueError(
            f"byte_size_load_fn: expected an operation with one output; {op.name} ({op.type}) has "
            f"{len(op.outputs)}."
        )
    (output,) = op.outputs
    shape, dtype = output.shape, output.dtype
    if dtype == tf.resource:  # the shape of the output is that of the handle
        shape, dtype = tf.TensorShape(op.get_attr("shape")), op.get_attr("dtype")
    count = shape.num_elements()
    if count is None:
        raise ValueError(
            f"byte_size_load_fn: {op.name} has the shape {shape}, of which not all is known. Give "
            "the variable a whole shape, or the strategy a load_fn of your own."
        )
    return count * tf.as_dtype(dtype).size


def _checked(num_tasks: int) -> int:
    if num_tasks < 1:
        raise ValueError(f"The number of parameter servers must be at least 1; got {num_tasks}.")
    return num_tasks
