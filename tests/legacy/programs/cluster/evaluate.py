"""slim.evaluation.evaluation_loop beside a cluster: reads the checkpoints that its chief writes."""
from __future__ import print_function

import tensorflow as tf

import points

slim = tf.contrib.slim

tf.app.flags.DEFINE_string('master', '', 'The session to use; local: a server of its own.')
tf.app.flags.DEFINE_string('checkpoint_dir', '', 'Where the chief of the cluster saves.')
tf.app.flags.DEFINE_string('eval_dir', '', 'Where summaries go.')
tf.app.flags.DEFINE_integer('max_number_of_evaluations', 1, 'After how many to end.')
FLAGS = tf.app.flags.FLAGS


def main(_):
    master = FLAGS.master
    if master == 'local':
        server = tf.train.Server.create_local_server()
        master = server.target
    with tf.Graph().as_default():
        slim.get_or_create_global_step()
        xs, ys = points.load(1)
        logits = slim.fully_connected(tf.constant(xs), 2, activation_fn=None, scope='logits')
        names_to_values, names_to_updates = slim.metrics.aggregate_metric_map({
            'accuracy': slim.metrics.streaming_accuracy(tf.argmax(logits, 1), tf.constant(ys)),
        })
        for name, value in names_to_values.items():
            tf.summary.scalar(name, value)
        value = slim.evaluation.evaluation_loop(
            master,
            FLAGS.checkpoint_dir,
            FLAGS.eval_dir,
            num_evals=1,
            eval_op=list(names_to_updates.values()),
            final_op=list(names_to_values.values()),
            variables_to_restore=slim.get_variables_to_restore(),
            eval_interval_secs=0.2,
            max_number_of_evaluations=FLAGS.max_number_of_evaluations,
            timeout=200)
        print('accuracy %g' % value[0])


if __name__ == '__main__':
    tf.app.run()
