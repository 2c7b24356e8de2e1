"""The second process: waits for checkpoints and evaluates each."""
from __future__ import print_function

import json

import tensorflow as tf
import tensorflow.contrib.slim as slim

import two_processes

flags = tf.app.flags
flags.DEFINE_string('checkpoint_dir', None, 'Where the trainer saves.')
flags.DEFINE_string('eval_dir', None, 'Where summaries go.')
FLAGS = flags.FLAGS


def main(_):
    images, labels = two_processes.data()
    predictions = tf.argmax(two_processes.net(images), 1)
    names_to_values, names_to_updates = slim.metrics.aggregate_metric_map({
        'accuracy': slim.metrics.streaming_accuracy(predictions, labels),
        'error': slim.metrics.streaming_mean_absolute_error(predictions, labels),
    })
    for name, value in names_to_values.items():
        op = tf.summary.scalar('eval/' + name, value, collections=[])
        op = tf.Print(op, [value], name)
        tf.add_to_collection(tf.GraphKeys.SUMMARIES, op)
    seen = []
    for path in slim.evaluation.checkpoints_iterator(FLAGS.checkpoint_dir, timeout=120):
        values = slim.evaluation.evaluate_once(
            '', path, FLAGS.eval_dir, num_evals=2, eval_op=list(names_to_updates.values()),
            final_op=names_to_values)
        seen.append({name: float(value) for name, value in values.items()})
        if path.endswith('-60'):
            break
    print(json.dumps({'seen': seen}))


if __name__ == '__main__':
    tf.app.run()
