"""What a user of Keras hands to `fit` and `evaluate` by habit: the error says what to write."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

IMAGES = np.ones([8, 4, 4, 1], np.float32)


def net(images):
    return slim.fully_connected(slim.flatten(images), 3, None, scope="fc")


@pytest.fixture(scope="module")
def step():
    model = slim.Model(net).build(tf.TensorSpec([None, 4, 4, 1]))
    loss = slim.losses.sparse_softmax_cross_entropy
    return slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))


def batches():
    return tf.data.Dataset.from_tensors((IMAGES, np.zeros([8], np.int64)))


FITS = {
    "images": (lambda: {"dataset": IMAGES}, r"dataset.*shape \[8, 4, 4, 1\].*from_tensor_slices"),
    "a pair": (lambda: {"dataset": (IMAGES, [0] * 8)}, "dataset.*array of shape.*slices"),
    "one tensor": (
        lambda: {"dataset": tf.data.Dataset.from_tensors(IMAGES)},
        "dataset.*elements.*Map it",
    ),
    "a callback": (
        lambda: {"hooks": [tf.keras.callbacks.EarlyStopping()]},
        "hooks.*EarlyStopping.*slim.hooks.Hook",
    ),
    "a function": (lambda: {"hooks": [print]}, "hooks.*function print"),
    "a class": (lambda: {"hooks": [slim.hooks.ProgressLines]}, "hooks.*class ProgressLines"),
    "a hook": (lambda: {"hooks": slim.hooks.ProgressLines()}, r"hooks=\[...\]"),
    "words as seconds": (lambda: {"save_every_secs": "60"}, "save_every_secs.*'60'"),
    "an array as steps": (lambda: {"number_of_steps": IMAGES}, r"number_of_steps.*shape \[8, 4"),
    "a model": (lambda: {"train_step": slim.Model(net)}, "train_step.*make_train_step.*Model"),
}


@pytest.mark.parametrize("name", FITS)
def test_fit(name, step):
    make, said = FITS[name]
    given = {"train_step": step, "dataset": batches(), "logdir": None, "number_of_steps": 1}
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        slim.learning.fit(**{**given, **make()})
    assert len(str(caught.value)) < 500


EVALUATIONS = {
    "a net": (lambda: {"model": net}, "model.*function net.*slim.Model"),
    "images": (lambda: {"dataset": IMAGES}, r"dataset.*shape \[8, 4, 4, 1\].*from_tensor_slices"),
    "a word": (lambda: {"metrics": "accuracy"}, "metrics.*'accuracy'"),
    "a hook": (lambda: {"on_batch": 3}, "on_batch.*3"),
}


@pytest.mark.parametrize("name", EVALUATIONS)
def test_evaluate(name, step):
    make, said = EVALUATIONS[name]
    metrics = slim.evaluation.classification_metrics(3)
    given = {"model": step.model, "dataset": batches(), "metrics": metrics}
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        slim.evaluation.evaluate(**{**given, **make()})
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("size", ["batch_size", "cycle_length", "num_epochs", "shuffle_buffer"])
def test_sizes_of_a_pipeline(size):
    spec = slim.data.get_dataset("digits", "test")
    for value in (2**62, "8", 2.5, IMAGES):
        with pytest.raises(ValueError, match=size) as caught:
            slim.data.Pipeline(spec, **{"batch_size": 8, size: value})
        assert len(str(caught.value)) < 300
