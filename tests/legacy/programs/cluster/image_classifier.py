"""Trains a net of the factory, as research/slim does, through servers that are there already."""
from __future__ import absolute_import, division, print_function

import numpy as np
import tensorflow as tf
from tensorflow.contrib import slim

from deployment import model_deploy
from nets import nets_factory

tf.app.flags.DEFINE_string('master', '', 'The address of the TensorFlow master to use.')
tf.app.flags.DEFINE_string('train_dir', '/tmp/tfmodel/', 'Where checkpoints and logs go.')
tf.app.flags.DEFINE_integer('num_clones', 1, 'Number of model clones to deploy.')
tf.app.flags.DEFINE_boolean('clone_on_cpu', False, 'Use CPUs to deploy clones.')
tf.app.flags.DEFINE_integer('worker_replicas', 1, 'Number of worker replicas.')
tf.app.flags.DEFINE_integer('num_ps_tasks', 0, 'The number of parameter servers.')
tf.app.flags.DEFINE_integer('task', 0, 'Task id of the replica running the training.')
tf.app.flags.DEFINE_boolean('sync_replicas', False, 'Whether to synchronize the replicas.')
tf.app.flags.DEFINE_integer('replicas_to_aggregate', 1, 'Gradients to collect before updating.')
tf.app.flags.DEFINE_float('moving_average_decay', None, 'The decay to use for the moving average.')
tf.app.flags.DEFINE_integer('batch_size', 8, 'The number of samples in each batch.')
tf.app.flags.DEFINE_integer('max_number_of_steps', None, 'The maximum number of training steps.')
FLAGS = tf.app.flags.FLAGS


def digits():
    rng = np.random.RandomState(0)
    labels = np.arange(64) % 4
    images = 0.1 * rng.randn(64, 28, 28, 1).astype(np.float32)
    for image, label in zip(images, labels):
        image[7 * label:7 * label + 7] += 1
    return images, labels.astype(np.int64)


def main(_):
    tf.logging.set_verbosity(tf.logging.INFO)
    with tf.Graph().as_default():
        deploy_config = model_deploy.DeploymentConfig(
            num_clones=FLAGS.num_clones,
            clone_on_cpu=FLAGS.clone_on_cpu,
            replica_id=FLAGS.task,
            num_replicas=FLAGS.worker_replicas,
            num_ps_tasks=FLAGS.num_ps_tasks)
        with tf.device(deploy_config.variables_device()):
            global_step = slim.create_global_step()
        network_fn = nets_factory.get_network_fn('cifarnet', num_classes=4, is_training=True)
        with tf.device(deploy_config.inputs_device()):
            image, label = tf.train.slice_input_producer(list(digits()), seed=FLAGS.task)
            images, labels = tf.train.batch(
                [image, label], batch_size=FLAGS.batch_size, num_threads=1, capacity=40)
            labels = slim.one_hot_encoding(labels, 4)
            batch_queue = slim.prefetch_queue.prefetch_queue(
                [images, labels], capacity=2 * deploy_config.num_clones)

        def clone_fn(batch_queue):
            images, labels = batch_queue.dequeue()
            logits, end_points = network_fn(images)
            slim.losses.softmax_cross_entropy(logits, labels, label_smoothing=0.0, weights=1.0)
            return end_points

        summaries = set(tf.get_collection(tf.GraphKeys.SUMMARIES))
        clones = model_deploy.create_clones(deploy_config, clone_fn, [batch_queue])
        first_clone_scope = deploy_config.clone_scope(0)
        update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS, first_clone_scope)
        for loss in tf.get_collection(tf.GraphKeys.LOSSES, first_clone_scope):
            summaries.add(tf.summary.scalar('losses/%s' % loss.op.name, loss))
        if FLAGS.moving_average_decay:
            moving_average_variables = slim.get_model_variables()
            variable_averages = tf.train.ExponentialMovingAverage(
                FLAGS.moving_average_decay, global_step)
        else:
            moving_average_variables, variable_averages = None, None
        with tf.device(deploy_config.optimizer_device()):
            learning_rate = tf.train.exponential_decay(
                0.05, global_step, 100, 0.94, staircase=True,
                name='exponential_decay_learning_rate')
            optimizer = tf.train.RMSPropOptimizer(
                learning_rate * 0.02, decay=0.9, momentum=0.9, epsilon=1.0)
            summaries.add(tf.summary.scalar('learning_rate', learning_rate))
        if FLAGS.sync_replicas:
            optimizer = tf.train.SyncReplicasOptimizer(
                opt=optimizer,
                replicas_to_aggregate=FLAGS.replicas_to_aggregate,
                total_num_replicas=FLAGS.worker_replicas,
                variable_averages=variable_averages,
                variables_to_average=moving_average_variables)
        elif FLAGS.moving_average_decay:
            update_ops.append(variable_averages.apply(moving_average_variables))
        total_loss, clones_gradients = model_deploy.optimize_clones(
            clones, optimizer, var_list=tf.trainable_variables())
        summaries.add(tf.summary.scalar('total_loss', total_loss))
        grad_updates = optimizer.apply_gradients(clones_gradients, global_step=global_step)
        update_ops.append(grad_updates)
        update_op = tf.group(*update_ops)
        with tf.control_dependencies([update_op]):
            train_tensor = tf.identity(total_loss, name='train_op')
        summaries |= set(tf.get_collection(tf.GraphKeys.SUMMARIES, first_clone_scope))
        summary_op = tf.summary.merge(list(summaries), name='summary_op')
        loss = slim.learning.train(
            train_tensor,
            logdir=FLAGS.train_dir,
            master=FLAGS.master,
            is_chief=(FLAGS.task == 0),
            summary_op=summary_op,
            number_of_steps=FLAGS.max_number_of_steps,
            log_every_n_steps=1,
            save_summaries_secs=600,
            save_interval_secs=600,
            sync_optimizer=optimizer if FLAGS.sync_replicas else None)
        print('worker %d: loss %s' % (FLAGS.task, loss))


if __name__ == '__main__':
    tf.app.run()
