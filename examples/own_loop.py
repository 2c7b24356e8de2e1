"""A training loop of one's own: the tape, the losses, the update and the log are all in sight.

python examples/own_loop.py
"""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim

STEPS = 200

train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 256)


def net(images, is_training=False):
    with slim.arg_scope(
        [slim.conv2d], normalizer_fn=slim.batch_norm, normalizer_params={"is_training": is_training}
    ):
        x = slim.conv2d(images, 16, 3, scope="conv1")
        x = slim.conv2d(x, 32, 3, stride=2, scope="conv2")
    x = slim.dropout(slim.flatten(x), 0.8, is_training=is_training)
    return slim.fully_connected(x, 10, activation_fn=None, scope="logits")


model = slim.Model(net).build(train.element_spec[0])
optimizer = tf.keras.optimizers.AdamW(tf.keras.optimizers.schedules.CosineDecay(0.01, STEPS))


@tf.function
def step(images, labels):
    # What layers and losses leave behind (penalties, summaries, updates) is in `got`.
    with tf.GradientTape() as tape, slim.collect() as got:
        slim.losses.sparse_softmax_cross_entropy(model(images, is_training=True), labels)
        loss = got.total_loss()
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 5.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss, norm


for number, (images, labels) in enumerate(train.dataset().take(STEPS), start=1):
    loss, norm = step(images, labels)
    if number % 50 == 0:
        print(f"step {number}: loss {loss:.3f}, norm of the gradients {norm:.2f}")

right = [tf.argmax(model(images), 1) == tf.cast(labels, tf.int64) for images, labels in test]
print(f"test accuracy: {tf.reduce_mean(tf.cast(tf.concat(right, 0), tf.float32)):.4f}")
model.save("own_loop.safetensors")
