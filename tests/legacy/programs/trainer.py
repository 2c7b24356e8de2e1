"""The first of two processes: trains and saves."""
from __future__ import print_function

import sys

import tensorflow as tf
import tensorflow.contrib.slim as slim

import two_processes

flags = tf.app.flags
flags.DEFINE_string('logdir', None, 'Where to save.')
FLAGS = flags.FLAGS


def main(_):
    tf.set_random_seed(0)
    images, labels = two_processes.data()
    logits = two_processes.net(images)
    slim.losses.sparse_softmax_cross_entropy(logits, labels)
    train_op = slim.learning.create_train_op(
        slim.losses.get_total_loss(), tf.train.AdamOptimizer(0.01))
    loss = slim.learning.train(train_op, FLAGS.logdir, number_of_steps=60, save_interval_secs=1,
                               save_summaries_secs=None, log_every_n_steps=20)
    print('loss', loss)
    sys.stdout.flush()


if __name__ == '__main__':
    tf.app.run()
