"""Metrics: one definition, as a pair in a v1 graph and as an object everywhere else.

The numbers of the original are replayed by tests/goldens.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RNG = np.random.RandomState(5)
BATCHES = [(RNG.randint(0, 3, n), RNG.randint(0, 3, n), RNG.rand(n).astype(np.float32))
           for n in (7, 4, 1)]
SCORES = [(RNG.randn(n, 6).astype(np.float32), RNG.randint(0, 6, n)) for n in (7, 4, 1)]


def accuracy(batches):
    return np.mean(np.concatenate([p == y for p, y, _ in batches]))


def recall_at_2(batches):
    hits = [y[i] in np.argsort(-s[i])[:2] for s, y in batches for i in range(len(y))]
    return np.mean(hits)


def weighted_accuracy(batches):
    hits = np.concatenate([p == y for p, y, _ in batches])
    weights = np.concatenate([w for _, _, w in batches])
    return np.sum(hits * weights) / np.sum(weights)


# name -> (metric, batches of arguments, closed form over batches)
TABLE = {
    "accuracy": (slim.metrics.streaming_accuracy, [b[:2] for b in BATCHES],
                 lambda n: accuracy(BATCHES[:n])),
    "weighted accuracy": (slim.metrics.streaming_accuracy, BATCHES,
                          lambda n: weighted_accuracy(BATCHES[:n])),
    "mean": (slim.metrics.streaming_mean, [b[2:] for b in BATCHES],
             lambda n: np.mean(np.concatenate([b[2] for b in BATCHES[:n]]))),
    "recall at 2": (functools.partial(slim.metrics.streaming_recall_at_k, k=2), SCORES,
                    lambda n: recall_at_2(SCORES[:n])),
}


@pytest.mark.parametrize("name", TABLE)
def test_in_a_v1_graph(name):
    metric, batches, expected = TABLE[name]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        inputs = [tf.compat.v1.placeholder(v.dtype, [None, *v.shape[1:]]) for v in batches[0]]
        value, update = metric(*inputs)
        keys = tf.compat.v1.GraphKeys
        assert tf.compat.v1.get_collection(keys.METRIC_VARIABLES) == slim.get_local_variables()
        session.run(tf.compat.v1.local_variables_initializer())
        assert session.run(value) == 0.0
        for n, batch in enumerate(batches, 1):
            updated = session.run(update, dict(zip(inputs, batch, strict=True)))
            np.testing.assert_allclose(updated, expected(n), rtol=1e-5)
            np.testing.assert_allclose(session.run(value), expected(n), rtol=1e-5)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("name", TABLE)
def test_as_an_object(name, compiled):
    metric, batches, expected = TABLE[name]
    made = slim.metrics.stateful(metric)
    update = tf.function(made.update, reduce_retracing=True) if compiled else made.update
    for _ in range(2):
        made.reset()
        assert float(made.result()) == 0.0
        for n, batch in enumerate(batches, 1):
            update(*(tf.constant(v) for v in batch))
            np.testing.assert_allclose(made.result(), expected(n), rtol=1e-5)


@pytest.mark.parametrize("name", TABLE)
def test_replicas_are_added_up(name, strategy2):
    metric, batches, expected = TABLE[name]
    with strategy2.scope():
        made = slim.metrics.stateful(metric)
    made.reset()

    @tf.function
    def step():
        def replica():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            made.update(*(tf.constant(v) for v in batches[int(tf.get_static_value(index))]))

        strategy2.run(replica)

    step()
    np.testing.assert_allclose(made.result(), expected(2), rtol=1e-5)


def test_a_keras_metric_takes_predictions_first_here():
    made = slim.metrics.stateful(tf.keras.metrics.SparseCategoricalAccuracy())
    for scores, labels in SCORES:
        made.update(scores, labels)
    expected = np.mean(np.concatenate([np.argmax(s, 1) == y for s, y in SCORES]))
    np.testing.assert_allclose(made.result(), expected, rtol=1e-6)
    made.reset()
    assert float(made.result()) == 0.0


def test_aggregates():
    with tf.Graph().as_default():
        one, two = slim.metrics.streaming_mean([1.0]), slim.metrics.streaming_mean([2.0])
        values, updates = slim.metrics.aggregate_metrics(one, two)
        assert (values, updates) == ([one[0], two[0]], [one[1], two[1]])
        values, updates = slim.metrics.aggregate_metric_map({"a": one, "b": two})
        assert list(values) == list(updates) == ["a", "b"]
        with pytest.raises(ValueError):
            slim.metrics.aggregate_metrics()


def test_a_streaming_function_alone_has_nowhere_to_keep_its_state():
    with pytest.raises(RuntimeError, match=r"slim\.metrics\.stateful"):
        slim.metrics.streaming_mean([1.0])


BAD = {
    "no metric": (lambda: slim.metrics.stateful(3), TypeError),
    "unknown argument": (
        lambda: slim.metrics.stateful(slim.metrics.streaming_accuracy, k=1), TypeError),
    "setting missing": (
        lambda: slim.metrics.stateful(slim.metrics.streaming_recall_at_k), TypeError),
    "shapes differ": (lambda: slim.metrics.stateful(slim.metrics.streaming_accuracy).update(
        [1, 2], [1, 2, 3]), ValueError),
    "weights do not fit": (lambda: slim.metrics.stateful(slim.metrics.streaming_mean).update(
        [1.0, 2.0], [1.0, 2.0, 3.0]), ValueError),
    "k beyond the classes": (
        lambda: slim.metrics.stateful(slim.metrics.streaming_recall_at_k, k=7).update(
            SCORES[0][0], SCORES[0][1]), ValueError),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, error = BAD[case]
    with pytest.raises(error):
        call()
