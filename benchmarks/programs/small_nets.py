"""Two nets of the same shapes here and in Keras: one has much to send for its work, one little."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim

SIDES = {"lenet": 28, "small": 24}


def data(kind: str, batch: int) -> tf.data.Dataset:
    """Batches without end."""
    side = SIDES[kind]
    rng = np.random.RandomState(0)
    images = rng.randn(4 * batch, side, side, 1).astype(np.float32)
    labels = rng.randint(0, 10, 4 * batch).astype(np.int64)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    whole = tf.data.Dataset.from_tensor_slices((images, labels)).repeat()
    return whole.batch(batch, drop_remainder=True).prefetch(2).with_options(options)


def slim_net(kind: str) -> slim.Model:
    side = SIDES[kind]
    model = slim.nets.create("lenet", num_classes=10) if kind == "lenet" else slim.Model(_small)
    return model.build(tf.TensorSpec([None, side, side, 1]))


def _small(x):
    x = slim.max_pool2d(slim.conv2d(x, 16, 3), 2)
    x = slim.max_pool2d(slim.conv2d(x, 32, 3), 2)
    x = tf.reduce_mean(slim.conv2d(x, 64, 3), [1, 2])
    return slim.fully_connected(x, 10, activation_fn=None)


class SeveralWorkers(tf.keras.Sequential):
    """A model of Keras 3.15 whose `fit` does not fail under MultiWorkerMirroredStrategy.

    There it takes a mean over the first axis of what a step tells, which has no axis, and a mean of
    the first batch, in order to see its shape.
    """

    def train_step(self, data):
        return {name: tf.reshape(one, [1]) for name, one in super().train_step(data).items()}

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        if iterator is None:  # else it was built by a batch before
            super()._maybe_symbolic_build(data_batch=data_batch)


def keras_net(kind: str) -> tf.keras.Model:
    layers = tf.keras.layers
    side = SIDES[kind]

    def conv(filters: int, kernel: int):
        return layers.Conv2D(filters, kernel, padding="same", activation="relu")

    if kind == "lenet":
        body = [conv(32, 5), layers.MaxPooling2D(2), conv(64, 5), layers.MaxPooling2D(2)]
        body += [layers.Flatten(), layers.Dense(1024, activation="relu"), layers.Dropout(0.5)]
    else:
        body = [conv(16, 3), layers.MaxPooling2D(2), conv(32, 3), layers.MaxPooling2D(2)]
        body += [conv(64, 3), layers.GlobalAveragePooling2D()]
    return SeveralWorkers([layers.Input((side, side, 1)), *body, layers.Dense(10)])
