"""evaluate: every example once, by several metrics, in one pass."""

from __future__ import annotations

import functools

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


def test_a_last_batch_that_leaves_a_replica_without_examples(strategy2):
    def net(images, is_training=False):
        features = slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm)
        return slim.fully_connected(slim.flatten(slim.max_pool2d(features, 2)), 3)

    rng = np.random.RandomState(0)
    images, labels = rng.rand(9, 6, 6, 1).astype(np.float32), rng.randint(0, 3, 9)
    sizes = []
    with strategy2.scope():
        model = slim.Model(net).build(tf.TensorSpec([None, 6, 6, 1]))
        results = slim.evaluation.evaluate(
            model,
            tf.data.Dataset.from_tensor_slices((images, labels)).batch(4),
            slim.evaluation.classification_metrics(3),
            observe=lambda inputs, outputs, labels: sizes.append(len(labels)),
        )
    logits = model(images).numpy()
    np.testing.assert_allclose(results["accuracy"], (logits.argmax(1) == labels).mean(), rtol=1e-6)
    shifted = logits - logits.max(1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(9), labels]
    np.testing.assert_allclose(results["loss"], losses.mean(), rtol=1e-5)
    assert sorted(sizes) == [1, 2, 2, 2, 2]


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


def test_a_second_evaluation_is_not_traced_again():
    traced = []

    def net(x, is_training=True):
        traced.append(is_training)
        return toy.dense(x, 7)

    model = slim.Model(net).build([None, 5])
    traced.clear()
    evaluate = slim.evaluation.evaluate
    results = []
    for _ in range(3):
        metrics = slim.evaluation.classification_metrics(7)  # new objects each time
        results.append(evaluate(model, whole(32), metrics))
        model.variables[0].assign_add(tf.ones_like(model.variables[0]) * [1, 0, 0, 0, 0, 0, 3.0])
    assert traced == [False]
    assert results[0]["loss"] != results[1]["loss"] != results[2]["loss"]
    evaluate(model, whole(32), [slim.metrics.streaming_mean])
    assert len(traced) == 2, "other metrics are another function"
    model.replace_variable("fc/weights", tf.Variable(model.variables[0]))
    evaluate(model, whole(32), slim.evaluation.classification_metrics(7))
    assert len(traced) == 3, "one that was traced keeps the old variable"
    for _ in range(20):
        evaluate(model, whole(32), {"mean": (slim.metrics.streaming_mean, lambda o, y: (o,))})
    assert len(model.evaluated_by) <= 8


def test_a_list_of_metrics_has_their_own_names():
    mine = slim.metrics.stateful(slim.metrics.streaming_mean)
    given = [
        functools.partial(slim.metrics.streaming_recall_at_k, k=1),
        METRICS["accuracy"],
        tf.keras.metrics.SparseCategoricalAccuracy(name="keras"),
        (mine, lambda logits, labels: (labels,)),
    ]
    model = toy.model()
    results = slim.evaluation.evaluate(model, whole(30), given[1:])
    assert results["accuracy"] == pytest.approx(expected(model)[0]) == results["keras"]
    assert len(results) == 3
    recall = slim.evaluation.evaluate(model, whole(30), given[:1])
    assert recall == {"recall_at_k": pytest.approx(expected(model)[0])}
    with pytest.raises(ValueError, match="two of the list are called 'accuracy'"):
        slim.evaluation.evaluate(model, whole(30), [METRICS["accuracy"]] * 2)
    for wrong in (slim.metrics.streaming_accuracy, "accuracy", None):
        with pytest.raises(TypeError, match="a dict by name, or a list"):
            slim.evaluation.evaluate(model, whole(30), wrong)


def test_keras_metrics_and_metrics_made_before():
    model = toy.model()
    mine = slim.metrics.stateful(slim.metrics.streaming_mean)
    results = slim.evaluation.evaluate(
        model,
        whole(30),
        {
            "keras": tf.keras.metrics.SparseCategoricalAccuracy(),
            "largest": (mine, lambda logits, labels: (tf.reduce_max(logits, -1),)),
        },
    )
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
    "empty": (
        lambda: slim.evaluation.evaluate(toy.model(), whole(8).take(0), METRICS),
        ValueError,
        "empty",
    ),
    "endless": (
        lambda: slim.evaluation.evaluate(toy.model(), whole(8).repeat(), METRICS),
        ValueError,
        "never ends",
    ),
    "no labels": (
        lambda: slim.evaluation.evaluate(toy.model(), whole(8).map(lambda x, y: x), METRICS),
        ValueError,
        "inputs, labels",
    ),
    "not built": (
        lambda: slim.evaluation.evaluate(slim.Model(toy.net), whole(8), METRICS),
        ValueError,
        "Build it",
    ),
    "not a model": (
        lambda: slim.evaluation.evaluate(toy.net, whole(8), METRICS),
        TypeError,
        r"slim\.Model",
    ),
    "not a metric": (
        lambda: slim.evaluation.evaluate(toy.model(), whole(8), {"a": 3}),
        TypeError,
        "metric",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, error, text = BAD[case]
    with pytest.raises(error, match=text):
        call()
