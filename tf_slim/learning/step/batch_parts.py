"""A replica's share of a batch, cut in parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.learning.step.objective import Objective
from tf_slim.ops import counting


class Cut:
    """A replica's share of a batch, cut in parts of one size; the last one may be smaller.

    Args:
      batch: a structure. Tensors with axes are cut along the first one; what else is in it belongs
        to each part as it is.
      most: how many parts there are at most: fewer of a batch of fewer examples.

    Attributes:
      examples: how many there are, an int32 scalar.
      number: how many parts, an int32 scalar.

    Raises:
      ValueError: tensors have different numbers of examples, or a rank that is not known.
      TypeError: there are sparse or ragged tensors.
    """

    def __init__(self, batch: Any, most: int):
        self._batch = batch
        self._leaves = tf.nest.flatten(batch)
        self._places = [i for i, leaf in enumerate(self._leaves) if _is_cut(leaf)]
        size, examples = None, 1
        if self._places:
            known = {leaf.shape[0] for leaf in self._cut()} - {None}
            if len(known) > 1:
                raise ValueError(
                    f"A step with accumulate cuts all tensors of a batch along their first axis; "
                    f"got tensors of {' and '.join(map(str, sorted(known)))} examples. Give what "
                    "belongs to the whole batch to the net by other ways, such as slim.Model(net, "
                    "name=value)."
                )
            examples = known.pop() if known else tf.shape(self._cut()[0])[0]
        if isinstance(examples, int):
            size = -(-examples // most)
            self._size = tf.constant(size)
            # Of one static shape only if all are.
            self._static = None if examples % size else size
        else:
            self._size = tf.maximum((examples + most - 1) // most, 1)
            self._static = None
        self.examples = tf.convert_to_tensor(examples)
        self.number = (self.examples + self._size - 1) // self._size

    def specs(self) -> list[tf.TensorSpec]:
        """Those of `tensors`."""
        return [tf.TensorSpec([self._static, *leaf.shape[1:]], leaf.dtype) for leaf in self._cut()]

    def tensors(self, index: tf.Tensor) -> list[tf.Tensor]:
        """What is cut, of one part."""
        first = index * self._size
        found = [leaf[first : first + self._size] for leaf in self._cut()]
        for tensor, spec in zip(found, self.specs(), strict=True):
            tensor.set_shape(spec.shape)
        return found

    def packed(self, tensors: Sequence[tf.Tensor]) -> Any:
        """A part as a batch, of `tensors`."""
        leaves = list(self._leaves)
        for place, tensor in zip(self._places, tensors, strict=True):
            leaves[place] = tensor
        return tf.nest.pack_sequence_as(self._batch, leaves)

    def share(self, index: tf.Tensor) -> tf.Tensor:
        """The share of the examples that a part has, in (0, 1], a float32 scalar."""
        count = tf.minimum(self._size, self.examples - index * self._size)
        return tf.cast(count, tf.float32) / tf.cast(self.examples, tf.float32)

    def _cut(self) -> list[tf.Tensor]:
        return [self._leaves[place] for place in self._places]


def _is_cut(leaf: Any) -> bool:
    if isinstance(leaf, (tf.RaggedTensor, tf.SparseTensor)):
        raise TypeError(
            f"A step with accumulate cannot cut a {type(leaf).__name__}. Make it dense in the "
            "pipeline (.to_tensor(), tf.sparse.to_dense), or leave accumulate out."
        )
    if isinstance(leaf, tf.Tensor) and leaf.shape.rank is None:
        raise ValueError(
            "A step with accumulate must know the rank of each tensor of a batch; got the shape "
            "<unknown>. Call tf.ensure_shape in the pipeline."
        )
    return isinstance(leaf, tf.Tensor) and leaf.shape.rank > 0


@dataclasses.dataclass
class Part:
    """A part of a batch, while it is computed.

    Attributes:
      index: its place among the parts, an int32 scalar.
      share: see `Cut.share`.
      losses: what knows how many losses it stands for; None for those of the part alone.
      objective: what its net and its loss come to, noted by who computes it.
    """

    index: Any = None
    share: Any = None
    losses: counting.Part | None = None
    objective: Objective | None = None

    def noted(self) -> Objective:
        """The objective, which must have been noted."""
        if self.objective is None:
            raise ValueError("What computes a part of a batch must note its objective.")
        return self.objective
