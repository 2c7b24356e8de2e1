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
    "images": (lambda: {"dataset": IMAGES}, r"dataset.*shape \[8, 4, 4, 1\].*from_arrays"),
    "a pair": (lambda: {"dataset": (IMAGES, [0] * 8)}, "dataset.*array of shape.*from_arrays"),
    "a generator": (lambda: {"dataset": (b for b in batches())}, "dataset.*from_generator"),
    "one tensor": (
        lambda: {"dataset": tf.data.Dataset.from_tensors(IMAGES)},
        "dataset.*elements.*Map it",
    ),
    "a callback": (
        lambda: {"hooks": [tf.keras.callbacks.EarlyStopping()]},
        "hooks.*EarlyStopping.*from_keras.*patience=",
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
    "images": (lambda: {"dataset": IMAGES}, r"dataset.*shape \[8, 4, 4, 1\].*from_arrays"),
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


# ------------------------------------------------------------------ callbacks


class Diary(tf.keras.callbacks.Callback):
    """Notes what it is told."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    def on_train_begin(self, logs=None):
        self.lines.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.lines.append((epoch, sorted(logs), len(self.model.get_weights())))

    def on_train_batch_end(self, batch, logs=None):
        self.lines.append((batch, logs["loss"] > 0))

    def on_train_end(self, logs=None):
        self.lines.append("end")


def trained_by(callback, steps=4, **changes):
    model = slim.Model(net).build(tf.TensorSpec([None, 4, 4, 1]))
    loss = slim.losses.sparse_softmax_cross_entropy
    step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
    hooks = [slim.hooks.from_keras(callback)]
    given = {"hooks": hooks, "validation": batches(), "validate_every": 1, **changes}
    return slim.learning.fit(step, batches().repeat(), None, steps, **given)


def test_a_callback_of_keras_is_a_hook():
    lines = []
    trained_by(Diary(lines), validate_every=2)
    epoch = ["loss", "val_accuracy", "val_loss"]
    assert lines == [
        *("begin", (0, True), (1, True), (0, epoch, 2), (2, True), (3, True), (1, epoch, 2), "end")
    ]


def test_a_callback_of_functions_is_called_after_each_step():
    losses = []
    trained_by(
        tf.keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: losses.append((batch, logs["loss"] > 0))
        )
    )
    assert losses == [(step, True) for step in range(4)]


def test_callbacks_of_keras_act():
    run = trained_by(tf.keras.callbacks.EarlyStopping("val_loss", min_delta=9.0, patience=2))
    assert (run.step, run.stop) == (3, "EarlyStopping stopped it")
    run = trained_by(tf.keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2))
    # Before each of its epochs, the one after the last validation included.
    assert float(run.train_step.optimizer.learning_rate) == pytest.approx(0.1 / 2**5)
    with pytest.raises(AttributeError, match="ModelCheckpoint asks for 'save.*slim.hooks.Hook"):
        trained_by(tf.keras.callbacks.ModelCheckpoint("x.keras", monitor="val_loss"))
    with pytest.raises(TypeError, match="callback.*function print"):
        slim.hooks.from_keras(print)
