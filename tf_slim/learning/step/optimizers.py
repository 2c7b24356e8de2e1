"""One way to use the two kinds of optimizers: Keras 3's and `tf.compat.v1.train`'s."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops.arguments import describe

# What Keras calls a variable that its optimizer gave no name, by its number in the process.
_NAMELESS = re.compile(r"variable(_\d+)?")


def is_v1(optimizer: Any) -> bool:
    """Whether this is a `tf.compat.v1.train.Optimizer`."""
    return isinstance(optimizer, tf.compat.v1.train.Optimizer)


def check(optimizer: Any) -> None:
    """Raises TypeError unless this is an optimizer of either kind."""
    if not is_v1(optimizer) and not all(
        hasattr(optimizer, name) for name in ("build", "apply_gradients", "variables")
    ):
        raise TypeError(
            "optimizer: expected a Keras 3 optimizer (tf.keras.optimizers.SGD(0.1)) or a "
            f"tf.compat.v1.train one (tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)); got "
            f"{describe(optimizer)}."
        )


def build(optimizer: Any, variables: Sequence[tf.Variable]) -> None:
    """Makes the slots of a Keras optimizer. One of TensorFlow 1 makes them in its first step.

    Raises:
      TypeError: the optimizer takes the variables of Keras' own layers only.
    """
    if is_v1(optimizer) or getattr(optimizer, "built", False):
        return
    try:
        optimizer.build(list(variables))
    except (AttributeError, TypeError, ValueError) as error:
        # Adafactor hands on their names, which Keras does not take for ones, Muon asks for a path.
        raise TypeError(
            f"optimizer: {type(optimizer).__name__} of Keras {tf.keras.__version__} cannot train a "
            f"slim.Model: it takes variables that Keras has made only ({error}). Choose another "
            "one, such as tf.keras.optimizers.AdamW; or train the net as a Keras layer: "
            "slim.as_keras_layer(model)."
        ) from error


def named_variables(optimizer: Any, made: Sequence[tf.Variable] = ()) -> dict[str, tf.Variable]:
    """The optimizer's variables by the name that they get in a checkpoint.

    Args:
      optimizer: of either kind.
      made: what an optimizer of TensorFlow 1 has made under a strategy, where it does not tell.

    Slots of TensorFlow 1 optimizers have the names that they always had
    (`LeNet/fc4/weights/Momentum`). Those of Keras optimizers are put under `optimizer/`; the
    name of the optimizer itself is left out, since Keras numbers the optimizers of a process.
    """
    if is_v1(optimizer):
        return _named_slots(optimizer, optimizer.variables() or made)
    named: dict[str, tf.Variable] = {}
    for variable in optimizer.variables:
        path = getattr(variable, "path", variable.name)
        if _NAMELESS.fullmatch(path):
            path = "variable"
        name = f"optimizer/{path.split('/', 1)[-1]}"
        while name in named:  # Keras writes both a/b_c and a_b/c as a_b_c.
            name += "_"
        named[name] = getattr(variable, "value", variable)
    return named


def _named_slots(optimizer: Any, variables: Sequence[tf.Variable]) -> dict[str, tf.Variable]:
    """Slot variables by the names of TensorFlow 1: `w/Adam`, `w/Adam_1`.

    The names that they bear count on where another optimizer of this process has stopped.
    """
    slot = re.compile(rf"(.+)/{re.escape(optimizer.get_name())}(?:_(\d+))?$")
    named, slots = {}, collections.defaultdict(list)
    for variable in variables:
        name = re.sub(r":\d+$", "", variable.name)
        match = slot.match(name)
        if match:
            slots[match[1]].append((int(match[2] or 0), variable))
        else:
            named[name] = variable
    for primary, members in slots.items():
        for index, (_, variable) in enumerate(sorted(members, key=lambda member: member[0])):
            suffix = f"_{index}" if index else ""
            named[f"{primary}/{optimizer.get_name()}{suffix}"] = variable
    return named


def learning_rate(optimizer: Any) -> float | None:
    """The learning rate in force, or None if the optimizer does not tell."""
    if is_v1(optimizer):
        return None
    rate = getattr(optimizer, "learning_rate", None)
    return None if rate is None else float(tf.convert_to_tensor(rate))
