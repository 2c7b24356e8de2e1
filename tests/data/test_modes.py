"""The same batches in a v1 graph, in a tf.function, and shared out between replicas."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.data import made
from tf_slim import data


def training():
    return data.Pipeline(data.get_dataset("digits", "train"), 40, is_training=True, seed=1)


def test_in_a_v1_graph():
    expected = made.batches(training().dataset(2).take(3))
    with tf.Graph().as_default():
        following = tf.compat.v1.data.make_one_shot_iterator(training().dataset(2)).get_next()
        with tf.compat.v1.Session() as session:
            got = [session.run(following) for _ in range(3)]
    made.assert_same(got, expected)


def test_errors_are_explained_in_a_v1_graph(tmp_path):
    data.write_examples(tmp_path / "x", [made.example(1), made.example(2, label=70)])
    with tf.Graph().as_default() as graph:
        pipeline = data.Pipeline(made.describe(tmp_path / "x"), 2)
        following = tf.compat.v1.data.make_one_shot_iterator(pipeline.dataset()).get_next()
        with tf.compat.v1.Session() as session:
            try:
                with pipeline.diagnosing():
                    session.run(following)
            except data.DataError as error:
                assert error.record == 1
            else:
                raise AssertionError("the label 70 went through")
        assert tf.compat.v1.get_default_graph() is graph


def test_in_a_function():
    expected = made.batches(training().dataset().take(5))

    @tf.function
    def total(dataset):
        images_sum, labels_sum = tf.constant(0.0), tf.constant(0, tf.int64)
        for images, labels in dataset:
            images_sum += tf.reduce_sum(images)
            labels_sum += tf.reduce_sum(labels)
        return images_sum, labels_sum

    images_sum, labels_sum = total(training().dataset().take(5))
    assert labels_sum == sum(labels.sum() for _, labels in expected)
    np.testing.assert_allclose(images_sum, sum(images.sum() for images, _ in expected), rtol=1e-4)


def test_replicas_share_a_batch(strategy2):
    expected = made.batches(training().dataset(3).take(4))
    shared = iter(strategy2.experimental_distribute_dataset(training().dataset(3)))
    for images, labels in expected:
        parts = next(shared)
        first, second = (strategy2.experimental_local_results(part) for part in parts)
        assert [part.shape[0] for part in first] == [20, 20]
        np.testing.assert_array_equal(np.concatenate([part.numpy() for part in first]), images)
        np.testing.assert_array_equal(np.concatenate([part.numpy() for part in second]), labels)


def test_replicas_share_the_last_smaller_batch_of_an_evaluation(strategy2):
    evaluation = data.Pipeline(data.get_dataset("digits", "test"), 100)
    seen = []
    for _, labels in strategy2.experimental_distribute_dataset(evaluation.dataset()):
        seen += [part.numpy() for part in strategy2.experimental_local_results(labels)]
    expected = [labels for _, labels in made.batches(evaluation.dataset())]
    np.testing.assert_array_equal(np.concatenate(seen), np.concatenate(expected))


def test_keras_takes_it():
    evaluation = data.Pipeline(data.get_dataset("digits", "test"), 50)
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10)])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=["accuracy"])
    history = model.fit(
        training().dataset(),
        steps_per_epoch=20,
        epochs=2,
        verbose=0,
        validation_data=evaluation.dataset(),
    )
    losses = history.history["loss"]
    assert losses[1] < losses[0]
    assert len(history.history["val_accuracy"]) == 2
