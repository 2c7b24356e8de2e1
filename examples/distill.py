"""Distillation: a small net learns from a large one what the labels alone do not say.

python examples/distill.py
"""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim

TEMPERATURE = 4.0

train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)


def large(images, is_training=False):
    x = slim.conv2d(images, 32, 3, scope="conv1")
    x = slim.conv2d(x, 64, 3, stride=2, scope="conv2")
    x = slim.dropout(slim.flatten(x), 0.5, is_training=is_training)
    return slim.fully_connected(x, 10, activation_fn=None, scope="logits")


def small(images):
    x = slim.conv2d(images, 4, 3, stride=2, scope="conv1")
    x = slim.fully_connected(slim.flatten(x), 16, scope="fc2")
    return slim.fully_connected(x, 10, activation_fn=None, scope="logits")


def trained(net, data, loss, steps):
    model = slim.Model(net).build(train.element_spec[0])
    step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.Adam(0.003))
    slim.learning.fit(step, data, None, number_of_steps=steps, hooks=[], steps_per_call=20)
    scores = slim.evaluation.evaluate(model, test, slim.evaluation.classification_metrics(10))
    print(f"{model}: {scores['accuracy']:.3f}")
    return model


teacher = trained(large, train.dataset(), slim.losses.sparse_softmax_cross_entropy, 150)


def with_teacher(images, labels):
    """The labels of the teacher beside those of people."""
    return images, {"true": labels, "teacher": teacher(images)}


def imitate(logits, labels):
    """The loss of Hinton et al., 2015."""
    soft = tf.nn.softmax(labels["teacher"] / TEMPERATURE)
    slim.losses.softmax_cross_entropy(logits / TEMPERATURE, soft, weights=TEMPERATURE**2)
    slim.losses.sparse_softmax_cross_entropy(logits, labels["true"])


print("from the labels, from the teacher:")
trained(small, train.dataset(), slim.losses.sparse_softmax_cross_entropy, 150)
trained(small, train.dataset().map(with_teacher), imitate, 150)
