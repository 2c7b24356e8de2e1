"""A Supervisor and a loop by hand; the parameter server waits for the word "done" of each worker."""
from __future__ import print_function

import time

import tensorflow as tf

import points

flags = tf.app.flags
flags.DEFINE_integer('task_index', None, 'Worker task index; 0 is the master worker task.')
flags.DEFINE_integer('replicas_to_aggregate', None, 'For sync_replicas; default: num_workers.')
flags.DEFINE_integer('train_steps', 50, 'Number of (global) training steps.')
flags.DEFINE_boolean('sync_replicas', False, 'Use the sync_replicas mode.')
flags.DEFINE_string('ps_hosts', '', 'Comma-separated list of hostname:port pairs')
flags.DEFINE_string('worker_hosts', '', 'Comma-separated list of hostname:port pairs')
flags.DEFINE_string('job_name', None, 'job name: worker or ps')
flags.DEFINE_string('logdir', None, 'Where to save.')
FLAGS = flags.FLAGS


def create_done_queues(num_ps, num_workers):
    queues = []
    for i in range(num_ps):
        with tf.device('/job:ps/task:%d' % i):
            queues.append(tf.FIFOQueue(num_workers, tf.int32, shared_name='done_queue%d' % i))
    return queues


def main(unused_argv):
    print('job name = %s' % FLAGS.job_name)
    ps_spec = FLAGS.ps_hosts.split(',')
    worker_spec = FLAGS.worker_hosts.split(',')
    num_workers = len(worker_spec)
    cluster = tf.train.ClusterSpec({'ps': ps_spec, 'worker': worker_spec})
    server = tf.train.Server(cluster, job_name=FLAGS.job_name, task_index=FLAGS.task_index)
    if FLAGS.job_name == 'ps':
        queue = create_done_queues(len(ps_spec), num_workers)[FLAGS.task_index]
        # Without the filter it would wait for every worker, also for one that has already ended.
        sess = tf.Session(server.target, config=tf.ConfigProto(device_filters=['/job:ps']))
        for i in range(num_workers):
            sess.run(queue.dequeue())
            print('ps %d received done %d' % (FLAGS.task_index, i))
        return

    is_chief = (FLAGS.task_index == 0)
    worker_device = '/job:worker/task:%d/cpu:0' % FLAGS.task_index
    with tf.device(tf.train.replica_device_setter(
            worker_device=worker_device, ps_device='/job:ps/cpu:0', cluster=cluster)):
        global_step = tf.Variable(0, name='global_step', trainable=False)
        hid_w = tf.Variable(tf.truncated_normal([2, 8], stddev=0.5, seed=1), name='hid_w')
        hid_b = tf.Variable(tf.zeros([8]), name='hid_b')
        sm_w = tf.Variable(tf.truncated_normal([8, 2], stddev=0.5, seed=2), name='sm_w')
        sm_b = tf.Variable(tf.zeros([2]), name='sm_b')
        x = tf.placeholder(tf.float32, [None, 2])
        y_ = tf.placeholder(tf.int64, [None])
        hid = tf.nn.relu(tf.nn.xw_plus_b(x, hid_w, hid_b))
        logits = tf.nn.xw_plus_b(hid, sm_w, sm_b)
        cross_entropy = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y_, logits=logits))
        opt = tf.train.AdamOptimizer(0.05)
        if FLAGS.sync_replicas:
            replicas_to_aggregate = FLAGS.replicas_to_aggregate or num_workers
            opt = tf.train.SyncReplicasOptimizer(
                opt,
                replicas_to_aggregate=replicas_to_aggregate,
                total_num_replicas=num_workers,
                name='points_sync_replicas')
        train_step = opt.minimize(cross_entropy, global_step=global_step)
        if FLAGS.sync_replicas:
            local_init_op = opt.local_step_init_op
            if is_chief:
                local_init_op = opt.chief_init_op
            ready_for_local_init_op = opt.ready_for_local_init_op
            # Initial token and chief queue runners required by the sync_replicas mode
            chief_queue_runner = opt.get_chief_queue_runner()
            sync_init_op = opt.get_init_tokens_op()
        init_op = tf.global_variables_initializer()
        done_ops = [queue.enqueue(1) for queue in create_done_queues(len(ps_spec), num_workers)]

    if FLAGS.sync_replicas:
        sv = tf.train.Supervisor(
            is_chief=is_chief,
            logdir=FLAGS.logdir,
            init_op=init_op,
            local_init_op=local_init_op,
            ready_for_local_init_op=ready_for_local_init_op,
            recovery_wait_secs=1,
            global_step=global_step)
    else:
        sv = tf.train.Supervisor(
            is_chief=is_chief,
            logdir=FLAGS.logdir,
            init_op=init_op,
            recovery_wait_secs=1,
            global_step=global_step)
    sess_config = tf.ConfigProto(
        allow_soft_placement=True,
        log_device_placement=False,
        device_filters=['/job:ps', '/job:worker/task:%d' % FLAGS.task_index])
    if is_chief:
        print('Worker %d: Initializing session...' % FLAGS.task_index)
    else:
        print('Worker %d: Waiting for session to be initialized...' % FLAGS.task_index)
    sess = sv.prepare_or_wait_for_session(server.target, config=sess_config)
    print('Worker %d: Session initialization complete.' % FLAGS.task_index)
    if FLAGS.sync_replicas and is_chief:
        # Chief worker will start the chief queue runner and call the init op.
        sess.run(sync_init_op)
        sv.start_queue_runners(sess, [chief_queue_runner])

    # Perform training
    time_begin = time.time()
    xs, ys = points.load(FLAGS.task_index)
    local_step = 0
    while True:
        sess.run(train_step, feed_dict={x: xs, y_: ys})
        step = sess.run(global_step)
        local_step += 1
        print('Worker %d: training step %d done (global step: %d)' % (
            FLAGS.task_index, local_step, step))
        if step >= FLAGS.train_steps:
            break
    print('Training elapsed time: %f s' % (time.time() - time_begin))
    val_xent = sess.run(cross_entropy, feed_dict={x: xs, y_: ys})
    print('worker %d: %d steps, loss %g' % (FLAGS.task_index, local_step, val_xent))
    for op in done_ops:
        sess.run(op)


if __name__ == '__main__':
    tf.app.run()
