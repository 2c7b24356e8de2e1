"""slim.learning.train between processes, one of them with --job_name=ps.

python slim_train.py --job_name=ps --task_index=0 --ps_hosts=... --worker_hosts=... &
python slim_train.py --job_name=worker --task_index=0 ... &
python slim_train.py --job_name=worker --task_index=1 ...
"""
from __future__ import print_function

import os
import time

import tensorflow as tf
import tensorflow.contrib.slim as slim

import points

tf.app.flags.DEFINE_string('job_name', '', 'One of "ps", "worker"')
tf.app.flags.DEFINE_integer('task_index', 0, 'Index of task within the job')
tf.app.flags.DEFINE_string('ps_hosts', '', 'Comma-separated list of hostname:port pairs')
tf.app.flags.DEFINE_string('worker_hosts', '', 'Comma-separated list of hostname:port pairs')
tf.app.flags.DEFINE_string('train_dir', '/tmp/points', 'Where checkpoints go.')
tf.app.flags.DEFINE_integer('max_steps', 100, 'Number of steps.')
tf.app.flags.DEFINE_boolean('sync_replicas', False, 'Whether replicas step together.')
tf.app.flags.DEFINE_integer('save_interval_secs', 600, 'How often to save.')
tf.app.flags.DEFINE_integer('startup_delay_steps', 0, 'Steps the others wait for the chief.')
tf.app.flags.DEFINE_float('pause', 0.0, 'Seconds between steps.')
tf.app.flags.DEFINE_string('hold', '', 'A file to wait for after eight steps.')
FLAGS = tf.app.flags.FLAGS


def main(_):
    tf.logging.set_verbosity(tf.logging.INFO)
    ps_hosts = FLAGS.ps_hosts.split(',')
    worker_hosts = FLAGS.worker_hosts.split(',')
    cluster = tf.train.ClusterSpec({'ps': ps_hosts, 'worker': worker_hosts})
    server = tf.train.Server(cluster, job_name=FLAGS.job_name, task_index=FLAGS.task_index)
    if FLAGS.job_name == 'ps':
        server.join()
        return

    is_chief = FLAGS.task_index == 0
    num_workers = len(worker_hosts)
    with tf.Graph().as_default():
        with tf.device(tf.train.replica_device_setter(
                worker_device='/job:worker/task:%d' % FLAGS.task_index, cluster=cluster)):
            global_step = slim.get_or_create_global_step()
            images, labels = points.load()
            with tf.name_scope('input'):
                image, label = tf.train.slice_input_producer([images, labels], shuffle=False)
                images, labels = tf.train.batch([image, label], batch_size=64)
            with slim.arg_scope([slim.fully_connected],
                                weights_regularizer=slim.l2_regularizer(0.0001),
                                weights_initializer=tf.zeros_initializer()):
                logits = slim.fully_connected(images, 2, activation_fn=None, scope='logits')
            slim.losses.sparse_softmax_cross_entropy(logits, labels)
            total_loss = slim.losses.get_total_loss()
            tf.summary.scalar('losses/total', total_loss)

            opt = tf.train.GradientDescentOptimizer(0.5)
            if FLAGS.sync_replicas:
                averages = tf.train.ExponentialMovingAverage(0.9, global_step)
                opt = tf.train.SyncReplicasOptimizer(
                    opt,
                    replicas_to_aggregate=num_workers,
                    total_num_replicas=num_workers,
                    variable_averages=averages,
                    variables_to_average=slim.get_model_variables())
            train_op = slim.learning.create_train_op(total_loss, opt, global_step=global_step)

        def train_step_fn(sess, *args, **kwargs):
            result = slim.learning.train_step(sess, *args, **kwargs)
            train_step_fn.steps += 1
            time.sleep(FLAGS.pause)
            while FLAGS.hold and train_step_fn.steps >= 8 and not os.path.exists(FLAGS.hold):
                time.sleep(0.02)
            return result
        train_step_fn.steps = 0

        # Each worker speaks to the parameter servers alone: others may have ended already.
        session_config = tf.ConfigProto(
            device_filters=['/job:ps', '/job:worker/task:%d' % FLAGS.task_index])
        loss = slim.learning.train(
            train_op,
            FLAGS.train_dir,
            session_config=session_config,
            train_step_fn=train_step_fn,
            master=server.target,
            is_chief=is_chief,
            number_of_steps=FLAGS.max_steps,
            startup_delay_steps=FLAGS.startup_delay_steps * FLAGS.task_index,
            log_every_n_steps=10,
            save_summaries_secs=2,
            save_interval_secs=FLAGS.save_interval_secs,
            sync_optimizer=opt if FLAGS.sync_replicas else None)
        print('worker %d: %d steps, loss %s' % (FLAGS.task_index, train_step_fn.steps, loss))


if __name__ == '__main__':
    tf.app.run()
