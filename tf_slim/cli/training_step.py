"""From a configuration to a step of training: optimizer, loss, and what they change when."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import schedules
from tf_slim.cli.config import Config, OptimizerOptions
from tf_slim.cli.options import ConfigError

_AUXILIARY = "AuxLogits"
"""The end point that Inception, NASNet and PNASNet call their auxiliary head."""


def train_step(
    config: Config, net: slim.Model, *, multi_label: bool = False
) -> slim.learning.TrainStep:
    """One step of training of a built net.

    Args:
      config: the configuration, a resolved one.
      net: the net.
      multi_label: whether a picture may be of several classes.

    Raises:
      ConfigError: a pattern of variable names matches none, or the net has no head.
    """
    options, trainer = config.train, optimizer(config)
    try:
        return slim.learning.make_train_step(
            net,
            loss(config, net, multi_label=multi_label),
            trainer,
            variables_to_train=options.trainable or None,
            frozen=[*options.frozen, *_averages(config, net)] or None,
            head_first=_head_first(config),
            average_decay=options.average_decay,
            clip_global_norm=options.clip_global_norm,
            gradient_multipliers=options.gradient_multipliers or None,
            clip_gradient_norm=options.clip_gradient_norm,
            seed=options.seed,
            jit_compile=options.jit_compile,
            accumulate=options.accumulate,
        )
    except ValueError as error:
        raise ConfigError(
            f"A pattern of variable names (train.trainable, .frozen, .head, .gradient_multipliers)"
            f" does not fit {config.model.name}: {error}"
        ) from error


def _averages(config: Config, net: slim.Model) -> list[str]:
    """The averages of batch norms, if these are to stay as they are."""
    if not config.train.freeze_batch_norm:
        return []
    endings = ("/moving_mean", "/moving_variance")
    return [name for name in net.named_variables if name.endswith(endings)]


def loss(config: Config, net: slim.Model, *, multi_label: bool = False) -> Callable:
    """The loss: cross entropy with the labels, be they classes or mixtures, smoothed if asked.

    An auxiliary head, if the net has one, has the same loss with a weight of its own.
    """
    cross_entropy = functools.partial(
        slim.losses.label_cross_entropy,
        label_smoothing=config.train.label_smoothing,
        multi_label=multi_label,
    )
    share = config.train.aux_loss
    if not share:
        return cross_entropy

    def with_auxiliary(logits, labels, weights=1.0):
        auxiliary = net.end_points.get(_AUXILIARY)
        total = cross_entropy(logits, labels, weights)
        if auxiliary is None:
            return total
        # End points are as they were computed, maybe in bfloat16.
        return total + share * cross_entropy(tf.cast(auxiliary, total.dtype), labels, weights)

    return with_auxiliary


def optimizer(config: Config) -> Any:
    """The Keras optimizer, with its schedule; where the head is trained first, that of later."""
    options, head_steps = config.optimizer, config.train.head_steps
    if head_steps:
        factor = config.train.rate_after_head
        options = dataclasses.replace(
            options,
            learning_rate=options.learning_rate * factor,
            end_learning_rate=options.end_learning_rate * factor,
        )
    return _optimizer(options, max(1, config.train.steps - head_steps))


def _head_first(config: Config) -> slim.learning.HeadFirst | None:
    """How the head is trained at first: at the full rate, which does not fall."""
    options = config.train
    if not options.head_steps:
        return None
    head = options.head or slim.nets.spec(config.model.name).logits_patterns
    if not head:
        raise ConfigError(
            f"train.head_steps is {options.head_steps}, and the net {config.model.name} does not "
            "say what its head is: set train.head=[patterns of variable names]."
        )
    constant = dataclasses.replace(config.optimizer, schedule="constant")
    return slim.learning.HeadFirst(
        options.head_steps, head, _optimizer(constant, options.head_steps)
    )


def _optimizer(options: OptimizerOptions, number_of_steps: int) -> Any:
    rate = schedules.learning_rate(options, number_of_steps)
    keras = tf.keras.optimizers
    if options.name == "sgd":
        return keras.SGD(rate)
    if options.name in ("momentum", "nesterov"):
        return keras.SGD(rate, momentum=options.momentum, nesterov=options.name == "nesterov")
    if options.name == "rmsprop":
        return keras.RMSprop(
            rate, rho=options.rho, momentum=options.momentum, epsilon=options.epsilon
        )
    if options.name == "adadelta":
        return keras.Adadelta(rate, rho=options.rho, epsilon=options.epsilon)
    start = options.initial_accumulator_value
    if options.name == "adagrad":
        return keras.Adagrad(rate, initial_accumulator_value=start, epsilon=options.epsilon)
    if options.name == "ftrl":
        return keras.Ftrl(
            rate,
            learning_rate_power=options.learning_rate_power,
            initial_accumulator_value=start,
            l1_regularization_strength=options.l1,
            l2_regularization_strength=options.l2,
        )
    adam = {"beta_1": options.beta_1, "beta_2": options.beta_2, "epsilon": options.epsilon}
    if options.name == "adamw":
        return keras.AdamW(rate, weight_decay=options.weight_decay, **adam)
    return keras.Adam(rate, **adam)
