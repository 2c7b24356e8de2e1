"""A batch part by part: gradients are added up, and memory holds the activations of one part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.learning.step.batch_parts import Cut, Part
from tf_slim.learning.step.objective import Objective
from tf_slim.ops import counting

Result = tuple[tf.Tensor, list[Any]]
"""A loss, and a gradient for each variable: a tensor, `tf.IndexedSlices` or None."""


def added_up(
    cut: Cut,
    variables: Sequence[tf.Variable],
    compute: Callable[[Any, Part], Result],
    count: Callable[[Any, Part], None],
    regularization: Callable[[Objective], Result],
    *,
    shared: Callable[[tf.Tensor], tf.Tensor],
    relative_size: tf.Tensor | float,
    jit_compile: bool,
) -> Result:
    """The loss and the gradients of a batch, computed part by part.

    A mean is over what counts in the whole batch. Where weights decide about that, it is found out
    before: the net is traced once more, and of it runs what the weights are made from.

    Args:
      cut: the batch.
      variables: the gradients are theirs.
      compute: gives the loss and the gradients of a part, without regularization, and notes the
        objective.
      count: calls the net and the loss of a part, for what that counts.
      regularization: gives its loss and gradients. It does not go by examples, so it comes once.
      shared: the mean over the replicas of how many losses count, `[losses]`.
      relative_size: how many examples a replica has on average, as a multiple of what this one has.
      jit_compile: whether XLA compiles `compute`.
    """
    kinds: list[Callable | None] = []

    def flat(tensors, index, share, counts):
        part.losses = counting.Known(counts, share, relative_size)
        part.index, part.share = index, share
        loss, gradients = compute(cut.packed(tensors), part)
        kinds[:] = [_kind_of(gradient) for gradient in gradients]
        return loss, [_plain(gradient) for gradient in gradients if gradient is not None]

    part = Part()
    integer, number = tf.TensorSpec([], tf.int32), tf.TensorSpec([])
    specs = [cut.specs(), integer, number, tf.TensorSpec([None])]
    function = _traced(flat, specs, jit_compile=jit_compile or None)
    counts = tf.zeros([0])
    if isinstance(part.losses, counting.Known) and part.losses.number:
        counts = shared(_counted(cut, count))
    loss, others = regularization(part.noted())
    like = iter(function.structured_outputs[1])
    sums = [
        None if kind is None else kind(variable, next(like), cut.number, other)
        for kind, variable, other in zip(kinds, variables, others, strict=True)
    ]
    some = [one for one in sums if one is not None]

    def turn(index, loss, states):
        one, found = function(cut.tensors(index), index, cut.share(index), counts)
        added = [s.add(*of_it, index) for s, *of_it in zip(some, states, found, strict=True)]
        return index + 1, loss + one, added

    _, loss, states = tf.while_loop(
        lambda index, *_: index < cut.number,
        turn,
        [tf.constant(0), loss, [one.beginning for one in some]],
        # No part begins before the last one is through: that is what saves memory.
        parallel_iterations=1,
    )
    ended = iter([one.end(state) for one, state in zip(some, states, strict=True)])
    return loss, [
        other if one is None else next(ended) for one, other in zip(sums, others, strict=True)
    ]


def _counted(cut: Cut, count: Callable[[Any, Part], None]) -> tf.Tensor:
    """How many losses count in all parts together, `[losses]`."""

    def flat(tensors, index):
        noted = counting.Noted()
        count(cut.packed(tensors), Part(index=index, losses=noted))
        return tf.stack(noted.counts)

    function = _traced(flat, [cut.specs(), tf.TensorSpec([], tf.int32)])
    _, counts = tf.while_loop(
        lambda index, _: index < cut.number,
        lambda index, counts: (index + 1, counts + function(cut.tensors(index), index)),
        [tf.constant(0), tf.zeros(function.structured_outputs.shape)],
        parallel_iterations=1,
    )
    return counts


def _traced(function: Callable, specs: Sequence[Any], **options: Any) -> Any:
    return tf.function(function, autograph=False, **options).get_concrete_function(*specs)


class _Dense:
    """A sum of tensors, in float32 at least.

    Args:
      variable: the gradients are its.
      like: one of them.
      number: how many there will be.
      other: what comes to them, or None.
    """

    def __init__(self, variable: tf.Variable, like: Any, number: tf.Tensor, other: Any):
        del number
        self._dtype = like.dtype
        dtype = tf.float32 if like.dtype.size < 4 else like.dtype
        self.beginning = tf.zeros(variable.shape, dtype) if other is None else _cast(other, dtype)

    def add(self, state: tf.Tensor, gradient: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        del index
        return state + tf.cast(gradient, state.dtype)

    def end(self, state: tf.Tensor) -> tf.Tensor:
        return tf.cast(state, self._dtype)


class _Slices:
    """The slices of sparse gradients side by side, which optimizers treat in ways of their own."""

    def __init__(self, variable: tf.Variable, like: Any, number: tf.Tensor, other: Any):
        self._shape, self._other = variable.shape, other
        self.beginning = tuple(
            tf.TensorArray(
                one.dtype, number, element_shape=[None, *one.shape[1:]], infer_shape=False
            )
            for one in like
        )

    def add(self, state: Any, gradient: Any, index: tf.Tensor) -> tuple[tf.TensorArray, ...]:
        return tuple(array.write(index, one) for array, one in zip(state, gradient, strict=True))

    def end(self, state: Any) -> Any:
        values, indices = (array.concat() for array in state)
        found = tf.IndexedSlices(values, indices, tf.constant(self._shape.as_list(), indices.dtype))
        if self._other is None:
            return found
        return tf.convert_to_tensor(found) + _cast(self._other, values.dtype)


def _kind_of(gradient: Any) -> Callable | None:
    if gradient is None:
        return None
    return _Slices if isinstance(gradient, tf.IndexedSlices) else _Dense


def _plain(gradient: Any) -> Any:
    """What a loop can hand on."""
    if isinstance(gradient, tf.IndexedSlices):
        return (gradient.values, gradient.indices)
    return gradient


def _cast(value: Any, dtype: tf.DType) -> tf.Tensor:
    return tf.cast(tf.convert_to_tensor(value), dtype)
