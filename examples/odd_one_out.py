"""Finds what was never seen: an autoencoder draws digits 0 to 8 well, and others badly.

python examples/odd_one_out.py
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim

UNSEEN = 9


def pictures(split):
    data = slim.data.Pipeline(slim.data.get_dataset("digits", split), 256)
    images, labels = zip(*data)
    return np.concatenate(images), np.concatenate(labels)


def autoencoder(images):
    """8x8 pixels through 6 numbers, and back."""
    with slim.arg_scope([slim.conv2d, slim.conv2d_transpose], stride=2):
        x = slim.conv2d(images, 32, 3, scope="conv1")
        x = slim.conv2d(x, 64, 3, scope="conv2")
        code = slim.fully_connected(slim.flatten(x), 6, activation_fn=None, scope="code")
        x = tf.reshape(slim.fully_connected(code, 2 * 2 * 64, scope="fc"), [-1, 2, 2, 64])
        x = slim.conv2d_transpose(x, 32, 3, scope="up1")
        return slim.conv2d_transpose(x, 1, 3, activation_fn=None, scope="up2")


images, labels = pictures("train")
known = images[labels != UNSEEN]
batches = tf.data.Dataset.from_tensor_slices((known, known)).shuffle(2000, seed=0)

model = slim.Model(autoencoder).build(tf.TensorSpec([None, 8, 8, 1]))
step = slim.learning.make_train_step(
    model, slim.losses.mean_squared_error, tf.keras.optimizers.Adam(0.003)
)
slim.learning.fit(
    step, batches.batch(128, drop_remainder=True), None, epochs=60, hooks=[], steps_per_call=20
)

images, labels = pictures("test")
errors = np.mean((model(images).numpy() - images) ** 2, axis=(1, 2, 3))
odd = labels == UNSEEN
print(f"mean error: {errors[~odd].mean():.3f} of what was seen, {errors[odd].mean():.3f} of a nine")

# The chance that a nine has a larger error than another digit.
auc = np.mean(errors[odd][:, None] > errors[~odd][None])
print(f"area under the curve: {auc:.2f}")
