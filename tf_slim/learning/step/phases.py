"""What a step of training changes, and by which optimizer: all the time, or its new head first."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.learning.step import gradients, optimizers
from tf_slim.ops import frozen, patterns, sharding
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.model import Model
from tf_slim.ops.tracing import UserFunction
from tf_slim.ops.types import Patterns

_NEVER = 2**62


class HeadFirst:
    """Trains the new head of a net alone at first: see `head_first` of `make_train_step`.

    The gradients of a head of random weights would spoil what the net below it has learned. So
    that stays as it is for some steps, its batch norms in inference.

    Args:
      steps: how many steps; at this global step the rest of the net begins to train.
      head: glob patterns or compiled regular expressions over the names of the variables of the
        head: `["MobilenetV2/Logits/*"]`.
      optimizer: trains the head in these steps, of either kind; another one than trains all
        afterwards, which then begins with no memory of the head's first steps, at a rate of its
        own.

    Examples:
      >>> model = slim.nets.create("cifarnet", 5).build(tf.TensorSpec([None, 8, 8, 1]))
      >>> sgd = tf.keras.optimizers.SGD
      >>> head_first = slim.learning.HeadFirst(1, ["*/logits/*"], sgd(0.1))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, sgd(0.01), head_first=head_first)
      >>> images, labels = tf.ones([4, 8, 8, 1]), tf.zeros([4], tf.int64)
      >>> step.current_optimizer is step.optimizer
      False
      >>> loss = step(images, labels)
      >>> step.current_optimizer is step.optimizer
      True
    """

    @checked
    def __init__(self, steps: int, head: Patterns, optimizer: Any):
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(
                f"HeadFirst: steps must be a whole number of at least 1; got {describe(steps)}."
            )
        optimizers.check(optimizer)
        self.steps = steps
        self.head = head
        self.optimizer = optimizer


@dataclasses.dataclass(frozen=True)
class Phase:
    """A stretch of training.

    Attributes:
      optimizer: what trains.
      trained: the variables that are trained, by name; of one in parts, its parts.
      factors: of their gradients.
      frozen: the variables that no layer may change either, by `frozen.identities`.
      until: the global step at which it ends.
      prefix: of the names that the optimizer's variables have in a checkpoint.
      made: variables that an optimizer of TensorFlow 1 has made under a strategy.
    """

    optimizer: Any
    trained: Mapping[str, tf.Variable]
    factors: tuple[float, ...]
    frozen: frozenset[int]
    until: int = _NEVER
    prefix: str = ""
    made: list[tf.Variable] = dataclasses.field(default_factory=list)

    @functools.cached_property
    def apply_gradients(self) -> UserFunction:
        """Takes the optimizer's step; the optimizer may be a user's own."""
        return UserFunction(self.optimizer.apply_gradients)

    def alone(self, optimizer: Any) -> Phase:
        """The same by another optimizer, for ever."""
        return Phase(optimizer, self.trained, self.factors, self.frozen)

    def named_variables(self) -> dict[str, tf.Variable]:
        """The state of the optimizer by the name that it has in a checkpoint."""
        named = optimizers.named_variables(self.optimizer, self.made)
        return {self.prefix + name: variable for name, variable in named.items()}


def plan(
    model: Model,
    optimizer: Any,
    *,
    chosen: Sequence | None,
    kept: Patterns,
    multipliers: Mapping[str, float] | None,
    head_first: HeadFirst | None,
) -> tuple[Phase, ...]:
    """The phases of a training; see `make_train_step` for what is asked for.

    Raises:
      ValueError: a pattern matches nothing, or there is nothing to train.
    """
    known = model.named_variables
    fixed = set() if kept is None else set(patterns.select(known, kept, argument="frozen")[0])
    trained = {n: v for n, v in _to_train(model, chosen).items() if n not in fixed}
    if not trained:
        raise ValueError(
            f"There is nothing to train: frozen={kept!r} leaves no variable of {model.name}."
        )
    factors = gradients.multipliers_by_name(multipliers, list(trained))

    def phase(by: Any, names: Sequence[str], left_alone: Sequence[str], **when: Any) -> Phase:
        parts = [(name, sharding.parts(name, trained[name])) for name in names]
        return Phase(
            by,
            {part: variable for _, of_one in parts for part, variable in of_one.items()},
            tuple(factors.get(name, 1.0) for name, of_one in parts for _ in of_one),
            frozen.identities(known[name] for name in left_alone),
            **when,
        )

    last = phase(optimizer, list(trained), sorted(fixed))
    if head_first is None:
        return (last,)
    if head_first.optimizer is optimizer:
        raise ValueError(
            "head_first: its optimizer must be another one than that of all later steps: what "
            "that remembers of the head would not fit a net that begins to move."
        )
    head = set(patterns.select(known, head_first.head, argument="head_first.head")[0])
    names = [name for name in trained if name in head]
    if not names:
        raise ValueError(f"head_first: no variable of {head_first.head!r} is trained.")
    rest = [name for name in known if name not in head or name in fixed]
    when = {"until": head_first.steps, "prefix": "head_first/"}
    return (phase(head_first.optimizer, names, rest, **when), last)


def _to_train(model: Model, chosen: Sequence | None) -> dict[str, tf.Variable]:
    trainable = {name: v for name, v in model.named_variables.items() if v.trainable}
    taken = dict(trainable) if chosen is None else {}
    for item in chosen or ():
        if isinstance(item, str):
            names = patterns.select(trainable, [item], what="trainable variable")[0]
        else:
            names = [name for name, v in trainable.items() if v is item]
            if not names:
                raise ValueError(
                    f"variables_to_train: {getattr(item, 'name', item)!r} is not a trainable "
                    f"variable of {model.name}."
                )
        taken.update((name, trainable[name]) for name in names)
    if not taken:
        raise ValueError(f"There is nothing to train: {model.name} has no trainable variables.")
    return taken
