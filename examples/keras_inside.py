"""Slim and Keras 3, one within the other: layers of Keras in a net, and the net in a Keras model.

python examples/keras_inside.py
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim

keras = tf.keras


def batch(split):
    data = slim.data.Pipeline(slim.data.get_dataset("digits", split), 128)
    images, labels = zip(*data)
    return np.concatenate(images), np.concatenate(labels)


def net(images, is_training=False):
    """Convolutions of Slim; attention and normalization of Keras."""
    x = slim.conv2d(images, 32, 3, stride=2, scope="conv1")
    size = x.shape[1] * x.shape[2]
    tokens = tf.reshape(x, [-1, size, 32])
    attention = slim.keras_layer(
        keras.layers.MultiHeadAttention, num_heads=2, key_dim=16, scope="attention"
    )
    tokens = slim.keras_layer(keras.layers.LayerNormalization, scope="norm")(
        tokens + attention(tokens, tokens)
    )
    return tf.reduce_mean(tokens, 1)


model = slim.Model(net)
inputs = keras.Input([8, 8, 1])
outputs = keras.layers.Dense(10)(slim.as_keras_layer(model, name="slim_net")(inputs))
classifier = keras.Model(inputs, outputs)
classifier.compile(
    keras.optimizers.Adam(0.005),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)

images, labels = batch("train")
history = classifier.fit(images, labels, batch_size=64, epochs=12, verbose=0)
print("loss of each third epoch:", [round(one, 2) for one in history.history["loss"][::3]])
_, accuracy = classifier.evaluate(*batch("test"), verbose=0)
print(f"test accuracy: {accuracy:.3f}")

# The variables of the net are those of Slim, by name, whoever has trained them.
print(list(model.named_variables)[:3])
model.save("keras_inside.npz")
