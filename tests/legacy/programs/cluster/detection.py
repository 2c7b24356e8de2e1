"""The cluster from TF_CONFIG, whose chief is called master; clones by model_deploy."""
import functools
import json
import os

import tensorflow as tf

from deployment import model_deploy

import points

slim = tf.contrib.slim

flags = tf.app.flags
flags.DEFINE_string('master', '', 'Name of the TensorFlow master to use.')
flags.DEFINE_integer('task', 0, 'task id')
flags.DEFINE_integer('num_clones', 1, 'Number of clones to deploy per worker.')
flags.DEFINE_boolean('clone_on_cpu', False, 'Force clones to be deployed on CPU.')
flags.DEFINE_integer('worker_replicas', 1, 'Number of worker+trainer replicas.')
flags.DEFINE_integer('ps_tasks', 0, 'Number of parameter server tasks.')
flags.DEFINE_string('train_dir', '', 'Directory to save the checkpoints and training summaries.')
flags.DEFINE_integer('num_steps', 40, 'Number of steps.')
flags.DEFINE_boolean('sync_replicas', False, 'Whether replicas step together.')
flags.DEFINE_integer('startup_delay_steps', 0, 'Steps that a replica waits for.')
FLAGS = flags.FLAGS


def create_input_queue(batch_size):
    xs, ys = points.load()
    x, y = tf.train.slice_input_producer([xs, ys], seed=0)
    return slim.prefetch_queue.prefetch_queue(
        tf.train.batch([x, y], batch_size=batch_size, capacity=128), capacity=4)


def create_losses(input_queue, weight_decay):
    x, y = input_queue.dequeue()
    with slim.arg_scope([slim.fully_connected],
                        weights_regularizer=slim.l2_regularizer(weight_decay)):
        net = slim.fully_connected(x, 8, scope='fc1',
                                   normalizer_fn=slim.batch_norm,
                                   normalizer_params={'is_training': True, 'decay': 0.9})
        logits = slim.fully_connected(net, 2, activation_fn=None, scope='fc2')
    tf.losses.sparse_softmax_cross_entropy(y, logits)


def train(create_queue_fn, master, task, num_clones, worker_replicas, clone_on_cpu, ps_tasks,
          worker_job_name, is_chief, train_dir):
    with tf.Graph().as_default():
        deploy_config = model_deploy.DeploymentConfig(
            num_clones=num_clones,
            clone_on_cpu=clone_on_cpu,
            replica_id=task,
            num_replicas=worker_replicas,
            num_ps_tasks=ps_tasks,
            worker_job_name=worker_job_name)
        with tf.device(deploy_config.variables_device()):
            global_step = tf.train.create_global_step()
        with tf.device(deploy_config.inputs_device()):
            input_queue = create_queue_fn()
        with tf.device(deploy_config.optimizer_device()):
            training_optimizer = tf.train.MomentumOptimizer(0.1, momentum=0.9)
        sync_optimizer = None
        if FLAGS.sync_replicas:
            training_optimizer = tf.train.SyncReplicasOptimizer(
                training_optimizer,
                replicas_to_aggregate=worker_replicas,
                total_num_replicas=worker_replicas)
            sync_optimizer = training_optimizer
        model_fn = functools.partial(create_losses, weight_decay=0.0001)
        clones = model_deploy.create_clones(deploy_config, model_fn, [input_queue])
        first_clone_scope = clones[0].scope
        update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS, first_clone_scope)
        with tf.device(deploy_config.optimizer_device()):
            total_loss, grads_and_vars = model_deploy.optimize_clones(
                clones, training_optimizer, regularization_losses=None)
            total_loss = tf.check_numerics(total_loss, 'LossTensor is inf or nan.')
            grads_and_vars = slim.learning.clip_gradient_norms(grads_and_vars, 10.0)
            grad_updates = training_optimizer.apply_gradients(
                grads_and_vars, global_step=global_step)
            update_ops.append(grad_updates)
            update_op = tf.group(*update_ops, name='update_barrier')
            with tf.control_dependencies([update_op]):
                train_tensor = tf.identity(total_loss, name='train_op')
        tf.summary.scalar('Losses/TotalLoss', total_loss)
        summary_op = tf.summary.merge_all()
        # Without filters a replica that begins late waits for those that have ended.
        session_config = tf.ConfigProto(
            allow_soft_placement=True,
            log_device_placement=False,
            device_filters=['/job:ps', '/job:' + worker_job_name] if ps_tasks else None)
        saver = tf.train.Saver(keep_checkpoint_every_n_hours=1.0)
        return slim.learning.train(
            train_tensor,
            logdir=train_dir,
            master=master,
            is_chief=is_chief,
            session_config=session_config,
            startup_delay_steps=FLAGS.startup_delay_steps * task,
            summary_op=summary_op,
            number_of_steps=FLAGS.num_steps,
            save_summaries_secs=120,
            sync_optimizer=sync_optimizer,
            saver=saver)


def main(_):
    env = json.loads(os.environ.get('TF_CONFIG', '{}'))
    cluster_data = env.get('cluster', None)
    cluster = tf.train.ClusterSpec(cluster_data) if cluster_data else None
    task_data = env.get('task', None) or {'type': 'master', 'index': 0}
    task_info = type('TaskSpec', (object,), task_data)

    ps_tasks = 0
    worker_replicas = 1
    worker_job_name = 'lonely_worker'
    task = 0
    is_chief = True
    master = ''
    if cluster_data and 'worker' in cluster_data:
        # Number of total worker replicas include "worker"s and the "master".
        worker_replicas = len(cluster_data['worker']) + 1
    if cluster_data and 'ps' in cluster_data:
        ps_tasks = len(cluster_data['ps'])
    if worker_replicas >= 1 and ps_tasks > 0:
        server = tf.train.Server(cluster, protocol='grpc', job_name=task_info.type,
                                 task_index=task_info.index)
        if task_info.type == 'ps':
            server.join()
            return
        worker_job_name = '%s/task:%d' % (task_info.type, task_info.index)
        task = task_info.index
        is_chief = (task_info.type == 'master')
        master = server.target

    loss = train(functools.partial(create_input_queue, 16), master, task, FLAGS.num_clones,
                 worker_replicas, FLAGS.clone_on_cpu, ps_tasks, worker_job_name, is_chief,
                 FLAGS.train_dir)
    print('%s %d: loss %s' % (task_info.type, task_info.index, loss))


if __name__ == '__main__':
    tf.app.run()
