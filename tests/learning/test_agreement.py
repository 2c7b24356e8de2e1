"""The check at the end of a training: evaluation does what training does, or there is a warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.learning import agreement

RNG = np.random.RandomState(0)
LABELS = RNG.randint(0, 3, 60)
# Far from mean 0 and variance 1: by the initial averages all examples look alike.
X = (50.0 + 5.0 * np.eye(3)[LABELS] + 0.1 * RNG.randn(60, 3)).astype(np.float32)


def net(x, decay, outputs=3, norm=True, is_training=False):
    with slim.scope("net"):
        if norm:
            x = slim.batch_norm(x, decay=decay, is_training=is_training)
        return slim.fully_connected(x, outputs, activation_fn=None)


def fitted(labels=LABELS, loss=None, steps=30, rate=0.5, **kwargs):
    model = slim.Model(net, **kwargs).build([None, 3])
    step = slim.learning.make_train_step(
        model, loss or slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(rate)
    )
    data = tf.data.Dataset.from_tensors((X, labels)).repeat()
    slim.learning.fit(step, data, None, steps, hooks=[])
    return model


def one_hot_loss(logits, labels):
    return slim.losses.softmax_cross_entropy(logits, labels)


def squares(outputs, labels):
    return slim.losses.mean_squared_error(outputs, labels)


DISAGREE = {
    "classes": ({}, "are right, against 60.*batch_norm_decay=0.9"),
    "one-hot": ({"labels": np.eye(3)[LABELS], "loss": one_hot_loss}, "are right, against 60"),
    "numbers": (
        {"labels": X[:, :1] - 51.0, "loss": squares, "outputs": 1, "rate": 0.1},
        "the loss is .* against",
    ),
}


@pytest.mark.parametrize("case", DISAGREE)
def test_averages_that_never_moved(case):
    kwargs, words = DISAGREE[case]
    with pytest.warns(UserWarning, match=f"net does far worse in evaluation.*{words}"):
        model = fitted(decay=1.0, **kwargs)
    mean = model.named_variables["net/BatchNorm/moving_mean"]
    np.testing.assert_array_equal(mean, np.zeros(3), "the check changes nothing")


AGREE = {
    "warmed up": {"decay": 0.9997},
    "a low decay": {"decay": 0.5},
    "numbers": {"decay": 0.9997, **{k: v for k, v in DISAGREE["numbers"][0].items()}},
    "without batch norm": {"decay": 1.0, "norm": False, "rate": 0.001},
    "for inference on purpose": {"decay": 1.0, "is_training": False, "rate": 0.001},
    "untrained": {"decay": 0.9, "steps": 1, "rate": 0.0},
}


@pytest.mark.parametrize("case", AGREE)
def test_no_false_alarm(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(**AGREE[case])


def test_what_cannot_be_checked_is_no_error():
    model = slim.Model(net, decay=1.0).build([None, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agreement.warn(model, X[:, :2], LABELS)
        agreement.warn(model, X, {"names": ["a"]}, squares)


def test_what_a_net_assigns_in_training_is_given_back():
    def counting(x, is_training=False):
        count = tf.compat.v1.get_variable("count", [], trainable=False)
        if is_training:
            count.assign_add(1.0)
        return net(x, 1.0, is_training=is_training)

    model = slim.Model(counting).build([None, 3])
    before = [v.numpy() for v in model.variables]
    agreement.warn(model, X, LABELS)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_over_replicas(strategy2):
    with strategy2.scope():
        with pytest.warns(UserWarning, match="on the same 30 examples"):
            fitted(decay=1.0)
