"""What a step of training minimizes, given a net and a loss function.

The rule: what the loss function returns counts. To it come the losses that the net itself has
added and the regularization, unless they are part of it already. A function that returns None
stands for the sum of all that it collected. One that collects a loss and leaves it out of what it
returns is refused: nobody can tell which of the two it means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, counting, modes


@dataclasses.dataclass(frozen=True)
class Objective:
    """What is minimized, in its two halves; the sum over the replicas is that of the batch.

    Attributes:
      of_examples: float32 scalars, made from the outputs of the net.
      regularized: the frame whose regularization comes to them; None if it is in them already.
    """

    of_examples: Sequence[tf.Tensor]
    regularized: collect.Frame | None

    def total(self) -> tf.Tensor:
        """The loss of one replica's share of a batch, a float32 scalar."""
        return tf.add_n([*self.of_examples, *self.regularization()], name="total_loss")

    def regularization(self) -> list[tf.Tensor]:
        """A float32 scalar for each regularized variable, computed now."""
        if self.regularized is None:
            return []
        return _shares(self.regularized.regularization_losses())


def compute(
    frame: collect.Frame,
    loss: Callable,
    examples: tf.Tensor | None,
    relative_size: Callable[[], tf.Tensor] | None = None,
) -> Objective:
    """The objective of one replica's share of a batch.

    Args:
      frame: open; the net has been called in it.
      loss: calls the loss function.
      examples: how many there are; None for some. Where there are none, only the regularization
        counts.
      relative_size: tells how many examples this share has, as a multiple of what shares have on
        average; None for as many as all. A loss that none of `slim.losses` has counted, taken for
        a mean over the examples of the share, weighs by it.

    Raises:
      ValueError: see above; or what the function returned is neither None nor a scalar.
    """
    of_net = list(frame.losses)
    # It watches what is collected, and so tells what the value returned was made from.
    tape = tf.GradientTape(watch_accessed_variables=False)
    with tape, collect.noting(tape.watch) as notes, counting.asking() as asked:
        for one in of_net:
            collect.note(collect.LOSS, one)
        value = loss()
        if value is not None:
            value = _scalar(value)
        if value is not None and not asked and relative_size is not None:
            value *= relative_size()
    terms, share, regularized = _terms(value, frame.losses, len(of_net), notes, tape)
    of_examples = _shares(_of_examples(tf.cast(one, tf.float32), examples) for one in terms)
    if share is not None:
        of_examples.append(_of_examples(share, examples))
    return Objective(of_examples, None if regularized else frame)


def _terms(value, losses, of_net: int, notes: collect.Notes, tape: tf.GradientTape):
    """What counts: (losses, a replica's share as it is or None, whether regularization is in)."""
    if value is None:
        if not losses:
            raise ValueError(
                "The loss function returned None and added no loss. Return a scalar, or compute "
                "the loss by slim.losses.*, which adds it."
            )
        return losses, None, False
    inside = _inside(value, notes, tape)
    _require_all(losses[of_net:], inside[collect.LOSS])
    rest = [one for one in losses[:of_net] if not _among(one, inside[collect.LOSS])]
    regularized = bool(inside[collect.REGULARIZATION])
    if inside[collect.TOTAL]:
        return rest, value, regularized
    return [value, *rest], None, regularized


def _shares(losses: Iterable[tf.Tensor]) -> list[tf.Tensor]:
    replicas = collect.replica_count()
    losses = [tf.cast(one, tf.float32) for one in losses]
    return [one / replicas for one in losses] if replicas > 1 else losses


def _scalar(value: Any) -> tf.Tensor:
    value = tf.convert_to_tensor(value)
    if value.shape.rank != 0:
        raise ValueError(
            f"The loss function must return a scalar; got shape {value.shape}. Reduce it, for "
            "instance by slim.losses.compute_weighted_loss(value)."
        )
    return tf.cast(value, tf.float32)


def _inside(value, notes: collect.Notes, tape: tf.GradientTape) -> dict[str, list]:
    """The noted tensors that `value` was made from, by kind."""
    known = [(kind, one) for kind, one in notes if _is_here(one)]
    gradients = tape.gradient(value, [one for _, one in known])
    inside: dict[str, list] = {collect.LOSS: [], collect.REGULARIZATION: [], collect.TOTAL: []}
    for (kind, one), gradient in zip(known, gradients, strict=True):
        if gradient is not None:
            inside[kind].append(one)
    return inside


def _require_all(own: Sequence[Any], inside: Sequence[Any]) -> None:
    left_out = [one for one in own if _is_here(one) and not _among(one, inside)]
    if not left_out:
        return
    raise ValueError(
        f"The loss function returned a value that leaves out {len(left_out)} of the {len(own)} "
        f"losses that it collected: {', '.join(map(_shown, left_out))}. What it returns is what is "
        "trained on. Return the sum of all losses; or return nothing, then all that were collected "
        "count; or compute the ones that are not to count with slim.arg_scope("
        "[slim.losses.add_loss], loss_collection=None)."
    )


def _is_here(tensor: Any) -> bool:
    """Whether a tensor is not that of another function, such as a loss compiled for itself."""
    return not modes.is_symbolic(tensor) or tensor.graph is tf.compat.v1.get_default_graph()


def _among(tensor: Any, tensors: Sequence[Any]) -> bool:
    return any(tensor is one for one in tensors)


def _shown(loss: Any) -> str:
    return loss.op.name if modes.is_symbolic(loss) else f"one of {float(loss):g}"


def _of_examples(loss: tf.Tensor, examples: tf.Tensor | None) -> tf.Tensor:
    if examples is None:
        return loss
    return tf.where(examples > 0, loss, 0.0)
