"""Weights for the examples of a batch, on their way into a loss function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tf_slim.ops.arguments import takes
from tf_slim.ops.net_signature import name_of

_NAMES = ("weights", "sample_weight")


def call(loss: Callable, outputs: Any, labels: Any, weights: Any) -> Any:
    """Calls a loss function, with weights where there are any.

    Args:
      loss: of a user.
      outputs: its first argument.
      labels: its second one.
      weights: `[batch]`, or None.

    Returns:
      What the function returns.

    Raises:
      TypeError: there are weights, and it takes none.
    """
    if weights is None:
        return loss(outputs, labels)
    return loss(outputs, labels, **{_name(loss): weights})


def _name(loss: Callable) -> str:
    """The argument of a loss function that takes the weights."""
    loss = inspect.unwrap(loss)
    given = getattr(loss, "keywords", {})  # of a functools.partial
    parameters = inspect.signature(loss).parameters
    for name in _NAMES:
        if name in given:
            raise TypeError(
                f"The batches have weights of the examples, and the loss has {name}={given[name]!r}"
                " already, by functools.partial, in their place. Leave one of the two out, or "
                "write a loss that multiplies them: def loss(outputs, labels, weights): ..."
            )
        if name in parameters:
            return name
    if takes(loss, _NAMES[0]):
        return _NAMES[0]
    raise TypeError(
        "The batches have weights of the examples, (inputs, labels, weights), and the loss takes "
        f"none: {name_of(loss)}. Give it a third argument of the name: "
        "def loss(outputs, labels, weights): ...; the losses of slim.losses have it. Or leave the "
        "weights out of the data."
    )
