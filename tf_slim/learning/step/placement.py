"""That a model, its optimizer and its step are made under one `tf.distribute` strategy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from tf_slim.learning.step import optimizers
from tf_slim.ops import sharding
from tf_slim.ops.model import Model


def check(model: Model, optimizer: Any) -> None:
    """Raises ValueError if one of them was not made under the strategy that is in force now.

    Strategies of one replica are not told apart, but for one of parameter servers: the variables of
    the others are plain ones.
    """
    _require(f"the model {model.name}", model.variables, "slim.Model(net).build(spec)")
    if not optimizers.is_v1(optimizer):  # one of TensorFlow 1 makes its variables in a step
        called = f"tf.keras.optimizers.{type(optimizer).__name__}(...)"
        made = [getattr(variable, "value", variable) for variable in optimizer.variables]
        _require("the optimizer", made, called)


def check_step(made_under: tf.distribute.Strategy) -> None:
    """Raises ValueError if a step is taken in the scope of another strategy than its own."""
    if tf.distribute.has_strategy() and tf.distribute.get_strategy() is not made_under:
        raise ValueError(
            f"The step was made {_under(made_under)}, and is taken "
            f"{_under(tf.distribute.get_strategy())}. Call make_train_step there, with the model "
            "and the optimizer: `with strategy.scope(): ...`."
        )


def _require(what: str, variables: Iterable[Any], called: str) -> None:
    here = tf.distribute.get_strategy()
    for variable in variables:
        if _is_on_server(variable) != sharding.has_servers(here):
            where = "on parameter servers" if _is_on_server(variable) else "in this process"
            raise ValueError(
                f"make_train_step is called {_under(here)}, and {what} has its variables {where}. "
                f"Make all in one scope: `with strategy.scope():` {called}, then make_train_step."
            )
        there = getattr(variable, "distribute_strategy", None)
        if there is here or max(_replicas(here), _replicas(there)) == 1:
            continue
        raise ValueError(
            f"make_train_step is called {_under(here)}, and {what} was made {_under(there)}. Make "
            f"all in one scope: `with strategy.scope():` {called}, then make_train_step."
        )


def _replicas(strategy: tf.distribute.Strategy | None) -> int:
    return 1 if strategy is None else strategy.num_replicas_in_sync


def scope_to_evaluate(strategy: tf.distribute.Strategy) -> contextlib.AbstractContextManager:
    """What to measure a model in. With parameter servers it is the coordinator that measures."""
    return contextlib.nullcontext() if sharding.has_servers(strategy) else strategy.scope()


def _is_on_server(variable: Any) -> bool:
    part = next(iter(sharding.parts("", variable).values()))
    return "/job:ps/" in str(getattr(part, "device", ""))


def _under(strategy: tf.distribute.Strategy | None) -> str:
    if sharding.has_servers(strategy):
        return "in the scope of a ParameterServerStrategy"
    if _replicas(strategy) == 1:
        return "outside the scope of a strategy of several replicas"
    return f"in the scope of a {type(strategy).__name__} of {_replicas(strategy)} replicas"
