"""What a classifier of several labels a picture is measured by, and trained on."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

import tf_slim as slim

CLASSES = 4
RNG = np.random.RandomState(5)
INPUTS = RNG.randn(50, 6).astype(np.float32)
TARGETS = (RNG.rand(50, CLASSES) < 0.4).astype(np.float32)
METRICS = slim.evaluation.classification_metrics(CLASSES, multi_label=True)


def net(inputs):
    return slim.fully_connected(inputs, CLASSES, activation_fn=None, scope="logits")


def data():
    return tf.data.Dataset.from_tensor_slices((INPUTS, TARGETS)).batch(16)


def test_metrics_are_those_of_scikit_learn():
    model = slim.Model(net).build(tf.TensorSpec([None, 6]))
    logits = model(INPUTS).numpy()
    results = slim.evaluation.evaluate(model, data(), METRICS)
    answers, sk = logits > 0, sklearn.metrics
    losses = np.logaddexp(0, logits) - logits * TARGETS
    expected = {
        "accuracy": (answers == TARGETS).mean(),
        "f1": sk.f1_score(TARGETS, answers, average="micro"),
        "mean_average_precision": sk.average_precision_score(TARGETS, logits),
        "auc": sk.roc_auc_score(TARGETS, logits),
        "loss": losses.mean(),
    }
    assert list(results) == list(expected)
    for name, value in expected.items():
        # Scores within 1/128 of each other count as equal.
        assert results[name] == pytest.approx(value, abs=5e-3), name


def test_a_net_learns_them():
    model = slim.Model(net).build(tf.TensorSpec([None, 6]))
    separable = (INPUTS[:, :CLASSES] > 0).astype(np.float32)
    step = slim.learning.make_train_step(
        model,
        lambda logits, labels, weights: slim.losses.label_cross_entropy(
            logits, labels, weights, multi_label=True
        ),
        tf.keras.optimizers.SGD(2.0),
    )
    for _ in range(60):
        step(INPUTS, separable, tf.ones([50]))
    batches = tf.data.Dataset.from_tensor_slices((INPUTS, separable)).batch(25)
    results = slim.evaluation.evaluate(model, batches, METRICS)
    assert results["f1"] > 0.95 and results["mean_average_precision"] > 0.98
