"""Runs recorded trainings: by `create_train_op` in a v1 graph, and by `make_train_step` elsewhere.

The recorded programs were written for v1 graphs. Elsewhere the same lines of them are put where
they belong: the call of the net into a Model, that of the loss into a loss function, and what they
tell `create_train_op` goes to `make_train_step`.
"""

from __future__ import annotations

import ast
import dataclasses
import types
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens import in_graph, scenario
from tests.goldens.departures import EAGER, V1
from tests.goldens.in_model import assign_initial_values
from tests.goldens.loader import Case

v1 = tf.compat.v1


@dataclasses.dataclass
class Trained:
    """The loss of each step, and all variables after the last one, by name."""

    losses: list[float]
    final: dict[str, np.ndarray]


def run(case: Case, mode: str) -> Trained:
    """Trains as recorded, in one mode."""
    if mode == V1:
        return _in_v1_graph(case)
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(mode == EAGER)
    try:
        return _by_train_step(case)
    finally:
        tf.config.run_functions_eagerly(before)


def _in_v1_graph(case: Case) -> Trained:
    train_op = scenario.execute(case["code"], V1)["train_op"]
    with train_op.graph.as_default(), v1.Session() as session:
        in_graph.initialize(session)
        losses = [float(session.run(train_op)) for _ in range(case["steps"])]
        return Trained(losses, session.run({v.op.name: v for v in v1.global_variables()}))


def _by_train_step(case: Case) -> Trained:
    program = _Program(case["code"])
    step = program.train_step()
    inputs, labels = program.names["x"], program.names["labels"]
    step.prepare(inputs, labels)
    assign_initial_values(step.model, lambda: program.model().build(inputs))
    losses = []
    for _ in range(case["steps"]):
        program.global_step.assign(step.global_step)
        losses.append(float(step(inputs, labels)))
    final = {program.recorded_name(step, name): v for name, v in step.named_variables().items()}
    return Trained(losses, {n: v.numpy() for n, v in {**final, **program.more_variables}.items()})


class _Program:
    """A recorded program in its parts: the net, the loss, and how it is trained."""

    def __init__(self, code: str):
        self._call, self._loss, self._training = "", "", []
        before = []
        for node in ast.parse(code).body:
            text = ast.unparse(node)
            if text.startswith("logits ="):
                self._call = ast.unparse(node.value)
            elif text.startswith("slim.losses."):
                self._loss = text
            elif self._call:
                if not text.startswith("loss ="):
                    self._training.append(text)
            elif "enable_resource_variables" not in text:
                before.append(text)
        self.global_step = tf.Variable(0, dtype=tf.int64)
        self.more_variables: dict[str, tf.Variable] = {}
        self.names: dict[str, Any] = {"slim": slim, "tf": v1, "np": np}
        exec("\n".join(before), self.names)

    def model(self) -> slim.Model:
        def net(x):
            return eval(self._call, {**self.names, "x": x})

        return slim.Model(net)

    def train_step(self):
        model = self.model().build(self.names["x"])
        made = []

        def create_train_op(total_loss, optimizer, **kwargs):
            kwargs["warm_up_averages"] = False  # the numbers of TensorFlow 1.15
            made.append(slim.learning.make_train_step(model, self._loss_of, optimizer, **kwargs))

        def optimize_loss(total_loss, global_step, learning_rate, make_optimizer, clip_gradients):
            rate = tf.Variable(learning_rate)
            self.more_variables["OptimizeLoss/learning_rate"] = rate
            create_train_op(total_loss, clipping_together(make_optimizer(rate), clip_gradients))

        def get_trainable_variables(scope):
            return [v for n, v in model.named_variables.items() if n.startswith(scope)]

        stand_in = types.SimpleNamespace(
            learning=types.SimpleNamespace(create_train_op=create_train_op),
            optimize_loss=optimize_loss,
            get_or_create_global_step=lambda: self.global_step,
            get_trainable_variables=get_trainable_variables,
            # Outside v1 graphs a variable is no key of a dict; its name is.
            get_unique_variable=lambda name: name,
        )
        exec("\n".join(self._training), {**self.names, "slim": stand_in, "loss": None})
        (step,) = made
        return step

    def recorded_name(self, step, name: str) -> str:
        """The name of a variable of training; `optimize_loss` makes the slots in a scope."""
        if not self.more_variables or name in step.model.named_variables or name == "global_step":
            return name
        return f"OptimizeLoss/{name}"

    def _loss_of(self, logits, labels):
        exec(self._loss, {**self.names, "logits": logits, "labels": labels})


def clipping_together(optimizer, max_norm: float):
    """Has an optimizer clip the norm of all gradients together, as `optimize_loss` does."""
    apply = optimizer.apply_gradients

    def apply_clipped(pairs, *args, **kwargs):
        grads, variables = zip(*pairs, strict=True)
        clipped, _ = tf.clip_by_global_norm(grads, max_norm)
        return apply(list(zip(clipped, variables, strict=True)), *args, **kwargs)

    optimizer.apply_gradients = apply_clipped
    return optimizer
