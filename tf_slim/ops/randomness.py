"""Random numbers that are a function of (seed, step, place in the program).

Kernels with hidden random state cannot be resumed: after a restart they draw other numbers. A
training step therefore opens `random_scope(seed)`, and layers such as `dropout` ask `next_seed()`
for a seed of their own. The same step then draws the same numbers, in whichever process it runs.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

import tensorflow as tf

from tf_slim.ops import shapes
from tf_slim.ops.setting import Setting
from tf_slim.ops.types import TensorLike

# Named, since the default differs between kinds of device, and between XLA and the rest.
ALGORITHM = "philox"

# The seed of the scope, and how many layers have drawn from it.
_SEEDS: contextvars.ContextVar[list | None] = contextvars.ContextVar("random_scope", default=None)


@contextlib.contextmanager
def random_scope(seed: TensorLike) -> Iterator[None]:
    """Derives the random numbers of all layers inside from `seed`.

    Args:
      seed: integers or a tensor, shape [2]. The n-th random layer inside draws from `seed`
        folded with n.

    Raises:
      ValueError: `seed` has another shape.

    Examples:
      >>> ones = tf.ones([4, 4])
      >>> with slim.random_scope([1, 2]):
      ...     first = slim.dropout(ones)
      >>> with slim.random_scope([1, 2]):
      ...     second = slim.dropout(ones)
      >>> bool(tf.reduce_all(first == second))
      True
    """
    seed = tf.cast(tf.convert_to_tensor(seed), tf.int32)
    if seed.shape.rank != 1 or shapes.size(seed, 0) != 2:
        raise ValueError(f"random_scope: expected a seed of shape [2], got {seed.shape}.")
    with resumed([seed, 0]):
        yield


def position() -> list | None:
    """Where the current `random_scope` stands, for `resumed`; None outside of one."""
    state = _SEEDS.get()
    return None if state is None else list(state)


def resumed(place: list | None) -> Setting:
    """Draws inside what was drawn after `place = position()`."""
    return Setting(_SEEDS, None if place is None else list(place))


def next_seed() -> tf.Tensor | None:
    """A fresh seed, shape [2], for one random operation; None outside a `random_scope`."""
    state = _SEEDS.get()
    if state is None:
        return None
    seed, index = state
    state[1] += 1
    return tf.random.experimental.stateless_fold_in(seed, index, alg=ALGORITHM)


def split(seed: tf.Tensor, count: int) -> list[tf.Tensor]:
    """`tf.unstack(tf.random.split(seed, count))`, in a third of the operations.

    Args:
      seed: int32 `[2]`.
      count: how many seeds to make of it.
    """
    seeds = tf.raw_ops.StatelessRandomUniformFullInt(shape=[count, 2], seed=seed, dtype=tf.int32)
    return tf.unstack(seeds, count)


def uniform(seed: tf.Tensor) -> tf.Tensor:
    """`tf.random.stateless_uniform([], seed)`, in a third of the operations.

    Args:
      seed: int32 `[2]`.
    """
    return tf.raw_ops.StatelessRandomUniform(shape=[], seed=seed, dtype=tf.float32)
