"""A small problem that trains in no time, on floor 0 alone."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import dense
from tf_slim.ops import randomness

RNG = np.random.RandomState(0)
X = RNG.randn(64, 5).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def net(x, is_training=False, noise=True):
    """Two layers with noise between them in training."""
    with slim.scope("net"):
        hidden = tf.nn.relu(dense(x, 8))
        seed = randomness.next_seed()
        if noise and is_training and seed is not None:
            hidden += tf.random.stateless_normal(tf.shape(hidden), seed, stddev=0.1)
        return dense(hidden, 2, "logits")


def loss(logits, labels):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def data(batch: int = 16) -> tf.data.Dataset:
    whole = tf.data.Dataset.from_tensor_slices((X, Y))
    return whole.shuffle(64, seed=1).repeat().batch(batch, drop_remainder=True)


def broken_data() -> tf.data.Dataset:
    """Data that give three batches, and then an error of the system."""

    def broken():
        for row, batch in enumerate(data()):
            if row == 3:
                raise OSError("the disk is gone")
            yield batch

    return tf.data.Dataset.from_generator(broken, output_signature=data().element_spec)


def model(noise: bool = True) -> slim.Model:
    """A built model, always with the same weights."""
    built = slim.Model(net, noise=noise).build(tf.TensorSpec([None, 5]))
    for index, variable in enumerate(built.variables):
        value = 0.3 * np.random.RandomState(index).randn(*variable.shape)
        variable.assign(value.astype(np.float32))
    return built


OPTIMIZERS = {
    "keras_sgd": lambda: tf.keras.optimizers.SGD(0.1, momentum=0.9),
    "keras_adam": lambda: tf.keras.optimizers.Adam(0.01),
    "keras_schedule": lambda: tf.keras.optimizers.SGD(
        tf.keras.optimizers.schedules.CosineDecay(0.1, 40)
    ),
    "v1_momentum": lambda: tf.compat.v1.train.MomentumOptimizer(0.1, 0.9),
    "v1_adam": lambda: tf.compat.v1.train.AdamOptimizer(0.01),
    "v1_rmsprop": lambda: tf.compat.v1.train.RMSPropOptimizer(0.01, momentum=0.9),
}


def step(optimizer: str = "keras_sgd", noise: bool = True, **kwargs):
    """(model, train step)"""
    made = model(noise)
    return made, slim.learning.make_train_step(made, loss, OPTIMIZERS[optimizer](), **kwargs)
