"""The optimizers of `tf-slim train`, against those of TensorFlow 1."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.cli import training_step
from tf_slim.cli.config import load

v1 = tf.compat.v1.train

# The name -> what is said besides, and the same optimizer of research/slim.
OPTIMIZERS = {
    "sgd": ([], lambda: v1.GradientDescentOptimizer(0.1)),
    "momentum": (["momentum=0.8"], lambda: v1.MomentumOptimizer(0.1, 0.8)),
    "adam": (
        ["beta_1=0.8", "beta_2=0.95", "epsilon=1e-8"],
        lambda: v1.AdamOptimizer(0.1, 0.8, 0.95, 1e-8),
    ),
    "adadelta": (
        ["rho=0.95", "epsilon=1.0"],
        lambda: v1.AdadeltaOptimizer(0.1, rho=0.95, epsilon=1.0),
    ),
    "adagrad": (
        ["initial_accumulator_value=0.2", "epsilon=1e-12"],
        lambda: v1.AdagradOptimizer(0.1, initial_accumulator_value=0.2),
    ),
    "ftrl": (
        ["learning_rate_power=-0.4", "initial_accumulator_value=0.2", "l1=0.01", "l2=0.02"],
        lambda: v1.FtrlOptimizer(
            0.1,
            learning_rate_power=-0.4,
            initial_accumulator_value=0.2,
            l1_regularization_strength=0.01,
            l2_regularization_strength=0.02,
        ),
    ),
}
START = np.float32([1.0, -2.0, 0.5])


def _ours(name: str, options: list[str]) -> np.ndarray:
    constant = ["learning_rate=0.1", "schedule=constant", "warmup_steps=0"]
    said = [f"optimizer.{one}" for one in (f"name={name}", *constant, *options)]
    optimizer = training_step.optimizer(load(None, said))
    variable = tf.Variable(START)
    for _ in range(4):
        optimizer.apply_gradients([(2.0 * variable, variable)])
    return variable.numpy()


def _of_tensorflow_1(made) -> np.ndarray:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable = tf.compat.v1.get_variable("v", initializer=START)
        step = made().minimize(tf.reduce_sum(variable**2))
        session.run(tf.compat.v1.global_variables_initializer())
        for _ in range(4):
            session.run(step)
        return session.run(variable)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_that_of_tensorflow_1(name):
    options, made = OPTIMIZERS[name]
    ours = _ours(name, options)
    assert not np.allclose(ours, START)
    np.testing.assert_allclose(ours, _of_tensorflow_1(made), rtol=1e-5)
