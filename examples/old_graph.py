"""A program as it was written for TensorFlow 1: a graph, queues of steps, sessions, UPDATE_OPS.

It runs on today's TensorFlow by `tf.compat.v1`, with the checkpoints that it always made. Programs
that say `import tensorflow.contrib.slim` run unedited: `tf-slim run program.py`.

    python examples/old_graph.py
"""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim

tf1 = tf.compat.v1
LOGDIR = "runs/old_graph"


def net(images, is_training):
    with slim.arg_scope(
        [slim.conv2d, slim.fully_connected],
        weights_regularizer=slim.l2_regularizer(5e-4),
        weights_initializer=tf1.truncated_normal_initializer(stddev=0.1),
    ):
        with slim.arg_scope(
            [slim.conv2d],
            normalizer_fn=slim.batch_norm,
            normalizer_params={"is_training": is_training, "decay": 0.9},
        ):
            x = slim.repeat(images, 2, slim.conv2d, 16, [3, 3], scope="conv1")
        x = slim.max_pool2d(x, [2, 2], scope="pool1")
        x = slim.fully_connected(slim.flatten(x), 64, scope="fc2")
        x = slim.dropout(x, 0.8, is_training=is_training)
        return slim.fully_connected(x, 10, activation_fn=None, scope="logits")


def batches(split, size, is_training):
    spec = slim.data.get_dataset("digits", split)
    data = slim.data.Pipeline(spec, size, is_training=is_training).dataset()
    return tf1.data.make_one_shot_iterator(data).get_next()


with tf.Graph().as_default():
    images, labels = batches("train", 64, is_training=True)
    slim.losses.sparse_softmax_cross_entropy(net(images, is_training=True), labels)
    loss = slim.losses.get_total_loss()
    rate = tf1.train.exponential_decay(0.05, slim.get_or_create_global_step(), 100, 0.7)
    train_op = slim.learning.create_train_op(loss, tf1.train.MomentumOptimizer(rate, 0.9))
    last = slim.learning.train(train_op, LOGDIR, number_of_steps=150, log_every_n_steps=50)
    print(f"last loss: {last:.3f}")

with tf.Graph().as_default():
    images, labels = batches("test", 355, is_training=False)
    found = tf.argmax(net(images, is_training=False), 1)
    values, updates = slim.metrics.aggregate_metric_map(
        {"accuracy": slim.metrics.streaming_accuracy(found, labels)}
    )
    accuracy = slim.evaluation.evaluate_once(
        "",
        tf.train.latest_checkpoint(LOGDIR),
        LOGDIR,
        num_evals=1,
        eval_op=list(updates.values()),
        final_op=values["accuracy"],
    )
    print(f"test accuracy: {accuracy:.4f}")
