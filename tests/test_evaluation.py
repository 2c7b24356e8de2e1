"""evaluate: every example once, by several metrics, in one pass."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

METRICS = slim.evaluation.classification_metrics(2)


def expected(model):
    logits = model(toy.X).numpy()
    right = np.argmax(logits, 1) == toy.Y
    shifted = logits - logits.max(1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return right.mean(), -log_probabilities[np.arange(len(toy.Y)), toy.Y].mean()


def whole(batch):
    return tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(batch)


@pytest.mark.parametrize("batch", [64, 16, 30, 1])
def test_every_example_counts_once_whatever_the_batch(batch):
    model = toy.model()
    done = []
    results = slim.evaluation.evaluate(model, whole(batch), METRICS, on_batch=done.append)
    accuracy, loss = expected(model)
    assert list(results) == ["accuracy", "loss"]
    np.testing.assert_allclose(results["accuracy"], accuracy, rtol=1e-6)
    np.testing.assert_allclose(results["loss"], loss, rtol=1e-5)
    assert done == list(range(1, -(-64 // batch) + 1))


def test_two_replicas(strategy2):
    with strategy2.scope():
        model = toy.model()
        results = slim.evaluation.evaluate(model, whole(30), METRICS)
    np.testing.assert_allclose(results["accuracy"], expected(model)[0], rtol=1e-6)


def observed(model, batch):
    seen = []
    slim.evaluation.evaluate(model, whole(batch), METRICS, observe=lambda *args: seen.append(args))
    return [np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*seen)]


@pytest.mark.parametrize("replicas", [1, 2])
def test_what_is_observed(replicas, request):
    alone = tf.distribute.get_strategy()
    strategy = request.getfixturevalue("strategy2") if replicas == 2 else alone
    with strategy.scope():
        model = toy.model()
        inputs, outputs, labels = observed(model, 30)
    order = [int(np.flatnonzero((x == toy.X).all(1))[0]) for x in inputs]
    assert sorted(order) == list(range(64))
    np.testing.assert_array_equal(labels, toy.Y[order])
    np.testing.assert_allclose(outputs, model(toy.X).numpy()[order], rtol=1e-5, atol=1e-6)


def test_findings_observe():
    found = slim.report.Findings(2)
    model = toy.model()
    slim.evaluation.evaluate(model, whole(30), METRICS, observe=found.add)
    assert found.examples == 64
    assert found.right / 64 == pytest.approx(expected(model)[0])


def test_keras_metrics_over_replicas(strategy2):
    with strategy2.scope():
        model = toy.model()
        metrics = {"keras": tf.keras.metrics.SparseCategoricalAccuracy(), **METRICS}
        results = slim.evaluation.evaluate(model, whole(30), metrics)
    np.testing.assert_allclose(results["keras"], expected(model)[0], rtol=1e-6)
    assert results["keras"] == pytest.approx(results["accuracy"])


def test_a_net_that_returns_nan_is_not_measured():
    model = toy.model()
    model.variables[0].assign(np.full(model.variables[0].shape, np.nan))
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
        slim.evaluation.evaluate(model, whole(30), METRICS)


def test_evaluation_is_not_training():
    seen = []

    def net(x, is_training=True):
        seen.append(is_training)
        return toy.dense(x, 2)

    model = slim.Model(net).build([None, 5])
    assert set(seen) == {True}
    seen.clear()
    slim.evaluation.evaluate(model, whole(64), METRICS)
    assert set(seen) == {False}


def test_keras_metrics_and_metrics_made_before():
    model = toy.model()
    mine = slim.metrics.stateful(slim.metrics.streaming_mean)
    results = slim.evaluation.evaluate(model, whole(30), {
        "keras": tf.keras.metrics.SparseCategoricalAccuracy(),
        "largest": (mine, lambda logits, labels: (tf.reduce_max(logits, -1),)),
    })
    np.testing.assert_allclose(results["keras"], expected(model)[0], rtol=1e-6)
    np.testing.assert_allclose(results["largest"], model(toy.X).numpy().max(1).mean(), rtol=1e-5)


def test_digits_in_a_pipeline_and_recall_at_5():
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 100)
    model = slim.nets.create("lenet", num_classes=10).build(test.element_spec[0])
    done = []
    results = slim.evaluation.evaluate(
        model, test, slim.evaluation.classification_metrics(10), on_batch=done.append
    )
    assert len(done) == test.steps_per_epoch == 4
    assert 0 <= results["accuracy"] <= results["recall_at_5"] <= 1


BAD = {
    "empty": (lambda: slim.evaluation.evaluate(toy.model(), whole(8).take(0), METRICS),
              ValueError, "empty"),
    "endless": (lambda: slim.evaluation.evaluate(toy.model(), whole(8).repeat(), METRICS),
                ValueError, "never ends"),
    "no labels": (lambda: slim.evaluation.evaluate(
        toy.model(), whole(8).map(lambda x, y: x), METRICS), ValueError, "inputs, labels"),
    "not built": (lambda: slim.evaluation.evaluate(slim.Model(toy.net), whole(8), METRICS),
                  ValueError, "Build it"),
    "not a model": (lambda: slim.evaluation.evaluate(toy.net, whole(8), METRICS), TypeError,
                    r"slim\.Model"),
    "not a metric": (lambda: slim.evaluation.evaluate(toy.model(), whole(8), {"a": 3}), TypeError,
                     "metric"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, error, text = BAD[case]
    with pytest.raises(error, match=text):
        call()
