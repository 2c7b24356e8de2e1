"""Asynchronous advantage actor-critic on a toy corridor: threads, a global net, an LSTM."""
from __future__ import print_function

import json
import multiprocessing
import threading

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def update_target_graph(from_scope, to_scope):
    from_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, from_scope)
    to_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, to_scope)
    return [to_var.assign(from_var) for from_var, to_var in zip(from_vars, to_vars)]


def normalized_columns_initializer(std=1.0):
    def _initializer(shape, dtype=None, partition_info=None):
        out = np.random.randn(*shape).astype(np.float32)
        out *= std / np.sqrt(np.square(out).sum(axis=0, keepdims=True))
        return tf.constant(out)
    return _initializer


class AC_Network(object):
    def __init__(self, s_size, a_size, scope, trainer):
        with tf.variable_scope(scope):
            self.inputs = tf.placeholder(shape=[None, s_size], dtype=tf.float32)
            hidden = slim.fully_connected(self.inputs, 16, activation_fn=tf.nn.elu)
            lstm_cell = tf.contrib.rnn.BasicLSTMCell(8, state_is_tuple=True)
            c_in = tf.placeholder(tf.float32, [1, lstm_cell.state_size.c])
            h_in = tf.placeholder(tf.float32, [1, lstm_cell.state_size.h])
            self.state_in = (c_in, h_in)
            self.state_init = [np.zeros((1, 8), np.float32), np.zeros((1, 8), np.float32)]
            rnn_in = tf.expand_dims(hidden, [0])
            step_size = tf.shape(self.inputs)[:1]
            state = tf.contrib.rnn.LSTMStateTuple(c_in, h_in)
            outputs, _ = tf.nn.dynamic_rnn(lstm_cell, rnn_in, initial_state=state,
                                           sequence_length=step_size, time_major=False)
            rnn_out = tf.reshape(outputs, [-1, 8])
            self.policy = slim.fully_connected(
                rnn_out, a_size, activation_fn=tf.nn.softmax,
                weights_initializer=normalized_columns_initializer(0.01), biases_initializer=None)
            self.value = slim.fully_connected(
                rnn_out, 1, activation_fn=None,
                weights_initializer=normalized_columns_initializer(1.0), biases_initializer=None)
            if scope != 'global':
                self.actions = tf.placeholder(shape=[None], dtype=tf.int32)
                actions_onehot = slim.one_hot_encoding(self.actions, a_size)
                self.target_v = tf.placeholder(shape=[None], dtype=tf.float32)
                advantages = self.target_v - tf.stop_gradient(tf.reshape(self.value, [-1]))
                responsible = tf.reduce_sum(self.policy * actions_onehot, [1])
                value_loss = 0.5 * tf.reduce_sum(tf.square(self.target_v -
                                                           tf.reshape(self.value, [-1])))
                entropy = -tf.reduce_sum(self.policy * tf.log(self.policy + 1e-8))
                policy_loss = -tf.reduce_sum(tf.log(responsible + 1e-8) * advantages)
                self.loss = 0.5 * value_loss + policy_loss - entropy * 0.01
                local_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope)
                grads, _ = tf.clip_by_global_norm(tf.gradients(self.loss, local_vars), 40.0)
                global_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, 'global')
                self.apply_grads = trainer.apply_gradients(zip(grads, global_vars))


class Worker(object):
    def __init__(self, number, trainer):
        self.name = 'worker_' + str(number)
        self.local_ac = AC_Network(3, 2, self.name, trainer)
        self.update_local_ops = update_target_graph('global', self.name)
        self.rng = np.random.RandomState(number)
        self.done = 0

    def work(self, episodes, sess, coord):
        with sess.as_default(), sess.graph.as_default():
            while not coord.should_stop() and self.done < episodes:
                sess.run(self.update_local_ops)
                states = self.rng.randint(0, 3, 12)
                inputs = np.eye(3)[states]
                net = self.local_ac
                feed = {net.inputs: inputs, net.state_in[0]: net.state_init[0],
                        net.state_in[1]: net.state_init[1]}
                policy = sess.run(net.policy, feed)
                actions = np.array([self.rng.choice(2, p=p / p.sum()) for p in policy])
                rewards = (actions == (states > 0)).astype(np.float32)
                feed.update({net.actions: actions, net.target_v: rewards})
                sess.run(net.apply_grads, feed)
                self.done += 1


def main():
    np.random.seed(0)
    tf.set_random_seed(0)
    with tf.device('/cpu:0'):
        trainer = tf.train.AdamOptimizer(learning_rate=1e-2)
        master = AC_Network(3, 2, 'global', None)
        workers = [Worker(i, trainer) for i in range(min(2, multiprocessing.cpu_count() + 1))]
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        sess.run(tf.global_variables_initializer())
        threads = []
        for worker in workers:
            thread = threading.Thread(target=lambda w=worker: w.work(60, sess, coord))
            thread.start()
            threads.append(thread)
        coord.join(threads)
        policy = sess.run(master.policy, {
            master.inputs: np.eye(3)[[0, 1, 2] * 4], master.state_in[0]: master.state_init[0],
            master.state_in[1]: master.state_init[1]})
        right = [policy[i, int(i % 3 > 0)] for i in range(12)]
    print(json.dumps({'episodes': [w.done for w in workers], 'right': float(np.mean(right)),
                      'names': [v.op.name for v in tf.trainable_variables('global')]}))


if __name__ == '__main__':
    main()
