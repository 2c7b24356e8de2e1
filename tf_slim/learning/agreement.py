"""Whether a net does in evaluation what it does in training, on the same examples.

Batch norm normalizes by the batch in training and by its moving averages in evaluation. Averages
that are still near their initial values, or far behind the weights, make a net useless that trains
well, and nothing else shows it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import collect, randomness
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs

_AVERAGES = ("moving_mean", "moving_variance")
# Enough to tell, and quick to compute without a compiled function.
_EXAMPLES = 64
# What counts as gross: so many examples, and such a share of them, are not right any more, and half
# of those that were right, or as many as were wrong. Or so many times the loss.
_FEWEST, _SHARE, _TIMES = 4, 0.2, 10.0

_REMEDY = (
    "Evaluation normalizes by the moving averages of batch norm, and these have not followed the "
    "weights. Train for more steps, with a learning rate that falls towards the end, or give the "
    "averages a lower decay: slim.nets.create(..., batch_norm_decay=0.9), in a configuration "
    "model.batch_norm_decay."
)


def warn(
    model: Model, inputs: Any, labels: Any, loss: Callable | None = None, *, strategy: Any = None
) -> None:
    """Warns if the net does far worse in evaluation than in training, on the same examples.

    Nothing is changed: the averages do not move.

    Args:
      model: the net.
      inputs: a batch of what the net takes, or of what each replica gets of it.
      labels: of the batch.
      loss: a function `(outputs, labels)`, to compare by where the labels are no classes.
      strategy: the one that the batch is distributed by, if any.
    """
    if not any(name.endswith(_AVERAGES) for name in model.named_variables):
        return
    if isinstance(strategy, _MANY_WORKERS):
        return  # to read an average takes all workers
    try:
        inputs, labels = _examples((inputs, labels), strategy)
        found = _difference(model, inputs, labels, loss)
    except Exception:
        # A net or loss that cannot be called so: no reason to lose a training that is done.
        return
    if found is not None:
        warnings.warn(f"{model.name} {found}. {_REMEDY}", stacklevel=6)  # who called fit


_MANY_WORKERS = (
    tf.distribute.MultiWorkerMirroredStrategy,
    tf.distribute.ParameterServerStrategy,
    tf.distribute.TPUStrategy,
)


def _examples(batch: Any, strategy: Any) -> Any:
    """The first examples of a batch, those of one replica."""

    def first(part):
        if strategy is not None:
            part = strategy.experimental_local_results(part)[0]
        return tf.convert_to_tensor(part)[:_EXAMPLES]

    return tf.nest.map_structure(first, batch)


def _difference(model: Model, inputs: Any, labels: Any, loss: Callable | None) -> str | None:
    """What is grossly different, in words."""
    trained, evaluated = (_outputs(model, inputs, is_training) for is_training in (True, False))
    before, after = _right(trained, labels), _right(evaluated, labels)
    if before is not None and after is not None:
        count, hits, left = len(before), int(np.sum(before)), int(np.sum(after))
        lost = hits - left
        if lost < max(_FEWEST, _SHARE * count, min(hits / 2, count - hits)):
            return None
        return (
            f"does far worse in evaluation than in training on the same {count} examples: "
            f"{left} are right, against {hits}"
        )
    if loss is None:
        return None
    usual, now = (_loss(loss, outputs, labels) for outputs in (trained, evaluated))
    if not 0.0 < usual < np.inf or now <= _TIMES * usual:
        return None
    return (
        "does far worse in evaluation than in training on the same examples: the loss is "
        f"{now:.4g}, against {usual:.4g}"
    )


def _outputs(model: Model, inputs: Any, is_training: bool) -> Any:
    others = model.non_trainable_variables
    before = [variable.numpy() for variable in others] if is_training else []
    with (
        randomness.random_scope(tf.constant([0, 0])),
        collect.collect(),
        default_is_training(is_training),
    ):
        outputs, _ = split_outputs(model.rehearse(inputs))
    for variable, value in zip(others, before):
        # What a net of one's own assigns.
        if not np.array_equal(variable.numpy(), value):
            variable.assign(value)
    return outputs


def _right(outputs: Any, labels: Any) -> np.ndarray | None:
    """Which examples are classified right; None if this is no classification."""
    if not tf.is_tensor(outputs) or not tf.is_tensor(labels) or outputs.shape.rank != 2:
        return None
    if labels.dtype.is_integer and labels.shape.rank == 1:
        classes = labels.numpy()
    elif labels.shape == outputs.shape and outputs.shape[1] > 1:
        classes = np.argmax(labels, -1)
    else:
        return None
    return np.argmax(tf.cast(outputs, tf.float32), -1) == classes


def _loss(loss: Callable, outputs: Any, labels: Any) -> float:
    with collect.collect() as got:
        value = loss(outputs, labels)
    return float(tf.add_n(got.losses) if value is None else value)
