"""Variables in parts on several servers, as a `tf.distribute.ParameterServerStrategy` makes them.

Such a strategy may have a partitioner (`tf.distribute.experimental.partitioners`), which divides
variables along their first axis. To the net and to checkpoints a variable is whole, under its own
name; to gradients and optimizers each part is a variable, called `NAME/part_0` and so on, and what
an optimizer remembers is on the server of the part. Only what is trained is divided.
"""

from __future__ import annotations

import collections
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

_PART = "part"  # what TensorFlow calls one


def has_servers(strategy: Any) -> bool:
    """Whether the variables of a `tf.distribute` strategy are on parameter servers."""
    return isinstance(strategy, tf.distribute.ParameterServerStrategy)


def is_sharded(variable: Any) -> bool:
    """Whether this is a variable in parts."""
    return bool(getattr(variable, "is_sharded_variable", False))


def parts(name: str, variable: Any) -> dict[str, Any]:
    """The variables that a variable consists of, by name: its parts, or itself.

    Args:
      name: of the variable.
      variable: of any kind.
    """
    if not is_sharded(variable):
        return {name: variable}
    return {f"{name}/{_PART}_{index}": part for index, part in enumerate(variable.variables)}


def as_tensor(variable: Any) -> Any:
    """The value of a variable in parts; any other one as it is."""
    return tf.concat(variable.variables, 0) if is_sharded(variable) else variable


@contextlib.contextmanager
def undivided() -> Iterator[None]:
    """Variables made inside are not divided, whatever the partitioner."""
    strategy = tf.distribute.get_strategy()
    if not has_servers(strategy):
        yield
        return
    # A scalar never is, and is on the server whose turn it is.
    with strategy.extended.colocate_vars_with(tf.Variable(0.0, trainable=False)):
        yield


def beside(variable: Any) -> contextlib.AbstractContextManager[Any]:
    """Variables made inside are on the server of another one, and not divided."""
    strategy = tf.distribute.get_strategy()
    if not has_servers(strategy):
        return contextlib.nullcontext()
    return strategy.extended.colocate_vars_with(variable)


def made(variable: Any, name: str, trainable: bool | None) -> Any:
    """A new variable; one in parts with what TensorFlow does not tell it."""
    if not is_sharded(variable):
        return variable
    whole = type(variable)(list(variable.variables), name=name)
    whole.trainable = trainable
    return whole


def initial_value(make: Callable[..., Any]) -> Callable[..., Any]:
    """The initial value of a variable that may be divided.

    Args:
      make: a function that makes it; of keyword arguments that say which part is wanted, it may
        know nothing.

    Returns:
      A function that makes a part where `make` can, and all of it otherwise, once.
    """
    whole: list[Any] = []

    def value(**part: Any) -> Any:
        if part:
            return make(**part)
        if not whole:
            with tf.device(None):  # a server does not see the others, which need theirs of it
                whole.append(make())
        return whole[0]

    return value


def joined(state: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The state of training that belongs to parts of variables, as that of the whole ones.

    Args:
      state: by the name that it has in a checkpoint, such as slots of optimizers.
      variables: of the model, by name.

    Returns:
      The state by the names that it has where no variable is divided.
    """
    result = dict(state)
    for name, whole in variables.items():
        if not is_sharded(whole):
            continue
        # As TensorFlow 1 calls slots, and as Keras does.
        for stem, mark in ((name, f"/{_PART}_"), (name.replace("/", "_"), f"_{_PART}_")):
            _join(result, whole, re.compile(rf"(.*/)?{re.escape(stem)}{mark}(\d+)(?!\d)(.*)"), stem)
    return result


def _join(state: dict[str, Any], whole: Any, pattern: re.Pattern, stem: str) -> None:
    found = collections.defaultdict(dict)
    for name in state:
        match = pattern.fullmatch(name)
        if match:
            before, index, after = match.groups()
            found[f"{before or ''}{stem}{after}"][int(index)] = name
    for name, members in found.items():
        names = [members[index] for index in sorted(members)]
        slots = [state[member] for member in names]
        if [slot.shape for slot in slots] == [part.shape for part in whole.variables]:
            for member in names:
                del state[member]
            state[name] = type(whole)(slots, name=name)
