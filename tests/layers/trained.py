"""Values and gradients of a net in each mode, to compare two nets that must be the same."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.goldens.in_graph import tf1_graphs

v1 = tf.compat.v1

MODES = ("v1", "tf1", "eager", "function", "xla")
"""`tf1` is a v1 graph after tf.disable_v2_behavior()."""


class Run(NamedTuple):
    """What one step of training computes."""

    names: list[str]
    loss: np.ndarray
    gradients: list[np.ndarray]
    after: list[np.ndarray]
    regularized: int


def value_of(name: str, shape) -> np.ndarray:
    """A fixed value for each variable, by its name."""
    return np.random.RandomState(zlib.crc32(name.encode())).uniform(0.1, 1.0, shape)


def fill(variables: Iterable) -> None:
    """Assigns the fixed values."""
    for variable in variables:
        variable.assign(value_of(_name(variable), variable.shape))


def run(mode: str, net: Callable, x: np.ndarray) -> Run:
    """One step: loss, its gradients by the inputs and variables, and the variables afterwards.

    Args:
      mode: one of `MODES`.
      net: a function of a tensor to a scalar, the loss.
      x: the inputs.
    """
    if mode in ("v1", "tf1"):
        with tf1_graphs() if mode == "tf1" else contextlib.nullcontext():
            return _in_graph(net, x)
    model = slim.Model(net, is_training=True).build(tf.TensorSpec([None, *x.shape[1:]]))
    fill(model.variables)

    def step(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = model(inputs)
        return loss, tape.gradient(loss, [inputs, *model.trainable_variables])

    if mode != "eager":
        step = tf.function(step, jit_compile=mode == "xla", autograph=False)
    loss, gradients = step(tf.constant(x))
    return Run(
        [_name(v) for v in model.variables],
        loss.numpy(),
        [gradient.numpy() for gradient in gradients],
        [v.numpy() for v in model.variables],
        len(model.losses),
    )


def _in_graph(net: Callable, x: np.ndarray) -> Run:
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = v1.placeholder(tf.float32, [None, *x.shape[1:]])
        loss = net(inputs)
        gradients = v1.gradients(loss, [inputs, *v1.trainable_variables()])
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        session.run(v1.global_variables_initializer())
        for variable in v1.global_variables():
            variable.load(value_of(_name(variable), variable.shape.as_list()), session)
        values = session.run([loss, gradients], {inputs: x})
        session.run(updates, {inputs: x})
        return Run(
            [_name(v) for v in v1.global_variables()],
            *values,
            session.run(v1.global_variables()),
            len(v1.losses.get_regularization_losses()),
        )


def assert_same(ours: Run, theirs: Run) -> None:
    """Compares all of two runs."""
    assert ours.names == theirs.names
    assert ours.regularized == theirs.regularized
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=1e-4)
    pairs = [
        *zip(ours.gradients, theirs.gradients, strict=True),
        *zip(ours.after, theirs.after, strict=True),
    ]
    for mine, other in pairs:
        scale = max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(mine, other, atol=2e-4 * scale)


def _name(variable) -> str:
    return variable.name.removesuffix(":0")
