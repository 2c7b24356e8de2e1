"""A linear problem in a v1 graph: what it learns in each step can be told without a session."""

from __future__ import annotations

import contextlib

import numpy as np
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

RATE = 0.1
X = np.random.RandomState(0).uniform(-1, 1, (16, 3)).astype(np.float32)
Y = X @ np.array([[1.0], [-2.0], [0.5]], np.float32)


def loss():
    """The mean squared error of `X @ w`, where `w` starts from 0."""
    weights = slim.model_variable("w", [3, 1], initializer=tf.compat.v1.zeros_initializer())
    slim.losses.mean_squared_error(tf.matmul(tf.constant(X), weights), tf.constant(Y))
    return slim.losses.get_total_loss()


def train_op(optimizer=None, **kwargs):
    """Plain gradient descent on it."""
    optimizer = optimizer or v1.train.GradientDescentOptimizer(RATE)
    return slim.learning.create_train_op(loss(), optimizer, **kwargs)


def expected(steps: int) -> tuple[np.ndarray, list[float]]:
    """The weights after some steps, and the loss of each step, by numpy."""
    weights, losses = np.zeros((3, 1)), []
    for _ in range(steps):
        error = X @ weights - Y
        losses.append(float(np.mean(error**2)))
        weights = weights - RATE * 2 * X.T @ error / len(X)
    return weights, losses


def saved(folder) -> tuple[np.ndarray, int]:
    """The weights and the global step in the latest checkpoint of a folder."""
    reader = tf.train.load_checkpoint(str(folder))
    return reader.get_tensor("w"), int(reader.get_tensor("global_step"))


def scalars(folder) -> dict[str, list[int]]:
    """The steps at which each scalar summary in the event files of a folder was written."""
    found: dict[str, list[int]] = {}
    for path in sorted(tf.io.gfile.glob(f"{folder}/events*")):
        for event in v1.train.summary_iterator(path):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


@contextlib.contextmanager
def info_logs(caplog):
    """Has `tf.compat.v1.logging` say what it says at level INFO."""
    with caplog.at_level("INFO", logger="tensorflow"):
        yield
