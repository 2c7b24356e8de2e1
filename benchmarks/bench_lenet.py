"""LeNet on 28x28 images, batch 64: a training step and a prediction, beside Keras 3."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks.peers import compare

IMAGES = np.random.RandomState(0).randn(64, 28, 28, 1).astype(np.float32)
LABELS = np.random.RandomState(1).randint(0, 10, 64).astype(np.int64)


def keras_lenet() -> tf.keras.Model:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )


def slim_lenet() -> slim.Model:
    return slim.nets.create("lenet", num_classes=10).build(tf.TensorSpec([None, 28, 28, 1]))


@pytest.mark.filterwarnings("ignore")
def test_training_step(capsys):
    images, labels = tf.constant(IMAGES), tf.constant(LABELS)
    step = slim.learning.make_train_step(
        slim_lenet(),
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
    )
    old_style = slim.learning.make_train_step(
        slim_lenet(),
        slim.losses.sparse_softmax_cross_entropy,
        tf.compat.v1.train.MomentumOptimizer(0.01, 0.9),
    )
    keras = keras_lenet()
    keras.compile(
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    with capsys.disabled():
        compare(
            "LeNet, one training step",
            {
                "slim": lambda: step(images, labels).numpy(),
                "slim, tf.compat.v1 optimizer": lambda: old_style(images, labels).numpy(),
                "Keras 3 train_on_batch": lambda: keras.train_on_batch(images, labels),
            },
        )


def test_prediction(capsys):
    images = tf.constant(IMAGES)
    model = slim_lenet()
    ours = tf.function(lambda x: model(x, is_training=False)[0])
    keras = keras_lenet()
    theirs = tf.function(lambda x: keras(x, training=False))
    with capsys.disabled():
        compare(
            "LeNet, one prediction",
            {
                "slim": lambda: ours(images).numpy(),
                "Keras 3 in a tf.function": lambda: theirs(images).numpy(),
                "Keras 3 predict_on_batch": lambda: keras.predict_on_batch(images),
            },
        )
