"""MonitoredTrainingSession with hooks; variables spread over parameter servers by their size."""
from __future__ import absolute_import, division, print_function

import argparse
import sys

import numpy as np
import tensorflow as tf

import points

FLAGS = None


class CountHook(tf.train.SessionRunHook):

    def begin(self):
        self.steps = 0
        self.sessions = 0

    def after_create_session(self, session, coord):
        self.sessions += 1

    def before_run(self, run_context):
        return tf.train.SessionRunArgs('loss:0')

    def after_run(self, run_context, run_values):
        self.steps += 1
        self.loss = run_values.results


def model(points_in):
    with tf.variable_scope('net'):
        table = tf.get_variable('table', [6, 2], partitioner=tf.fixed_size_partitioner(2),
                                initializer=tf.constant_initializer(0.1))
        bins = tf.to_int64(tf.floor(points_in * 2.99 / 2 + 1.5))
        embedded = tf.nn.embedding_lookup(table, bins[:, 0] + 3 * (bins[:, 1] // 2))
        return tf.contrib.layers.fully_connected(
            tf.concat([points_in, embedded], 1), 2, activation_fn=None,
            weights_initializer=tf.zeros_initializer())


def main(_):
    tf.logging.set_verbosity(tf.logging.INFO)
    cluster = tf.train.ClusterSpec({
        'ps': FLAGS.ps_hosts.split(','), 'worker': FLAGS.worker_hosts.split(',')})
    config = tf.ConfigProto()
    config.device_filters.append('/job:ps')
    config.device_filters.append('/job:worker/task:%d' % FLAGS.task_index)
    server = tf.train.Server(
        cluster, job_name=FLAGS.job_name, task_index=FLAGS.task_index)
    if FLAGS.job_name == 'ps':
        server.join()
        sys.exit(0)

    num_workers = cluster.num_tasks('worker')
    is_chief = FLAGS.task_index == 0
    strategy = tf.contrib.training.GreedyLoadBalancingStrategy(
        cluster.num_tasks('ps'), tf.contrib.training.byte_size_load_fn)
    setter = tf.train.replica_device_setter(
        worker_device='/job:worker/task:%d' % FLAGS.task_index, cluster=cluster,
        ps_strategy=strategy)
    with tf.device(setter):
        global_step = tf.contrib.framework.get_or_create_global_step()
        xs, ys = points.load()
        dataset = tf.data.Dataset.from_tensor_slices((xs, ys)).repeat().batch(64)
        x, y = dataset.make_one_shot_iterator().get_next()
        loss = tf.identity(tf.losses.sparse_softmax_cross_entropy(y, model(x)), name='loss')
        opt = tf.train.MomentumOptimizer(0.1, 0.9)
        if FLAGS.sync:
            opt = tf.train.SyncReplicasOptimizer(
                opt, replicas_to_aggregate=num_workers, total_num_replicas=num_workers)
        train_op = opt.minimize(loss, global_step=global_step)

    count = CountHook()
    hooks = [count, tf.train.StopAtStepHook(last_step=FLAGS.train_steps),
             tf.train.NanTensorHook(loss)]
    if FLAGS.sync:
        hooks.append(opt.make_session_run_hook(is_chief))
    with tf.train.MonitoredTrainingSession(
            master=server.target,
            is_chief=is_chief,
            checkpoint_dir=FLAGS.log_dir,
            save_checkpoint_secs=FLAGS.save_secs,
            scaffold=tf.train.Scaffold(saver=tf.train.Saver(sharded=True)),
            hooks=hooks,
            config=config,
            stop_grace_period_secs=5) as sess:
        while not sess.should_stop():
            sess.run(train_op)
    print('worker %d: %d steps, loss %g' % (FLAGS.task_index, count.steps, np.float64(count.loss)))
    print('devices', sorted({v.device for v in tf.global_variables()}))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.register('type', 'bool', lambda v: v.lower() == 'true')
    parser.add_argument('--ps_hosts', type=str, default='')
    parser.add_argument('--worker_hosts', type=str, default='')
    parser.add_argument('--job_name', type=str, default='', help='One of "ps", "worker"')
    parser.add_argument('--task_index', type=int, default=0)
    parser.add_argument('--train_steps', type=int, default=50)
    parser.add_argument('--save_secs', type=int, default=600)
    parser.add_argument('--sync', type='bool', default=False)
    parser.add_argument('--log_dir', type=str, default=None)
    FLAGS, unparsed = parser.parse_known_args()
    tf.app.run(main=main, argv=[sys.argv[0]] + unparsed)
