"""A one-shot detector: boxes and classes from two feature maps, losses from two libraries."""
from __future__ import division, print_function

import collections
import json

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim

Params = collections.namedtuple('Params', ['num_classes', 'feat_layers', 'anchors'])
PARAMS = Params(num_classes=3, feat_layers=['block2', 'block3'], anchors=2)


def backbone(inputs, scope='ssd'):
    end_points = {}
    with tf.variable_scope(scope, 'ssd', [inputs]):
        net = slim.repeat(inputs, 2, slim.conv2d, 8, [3, 3], scope='conv1')
        net = slim.max_pool2d(net, [2, 2], scope='pool1')
        net = slim.repeat(net, 2, slim.conv2d, 12, [3, 3], scope='conv2')
        end_points['block2'] = net
        net = slim.max_pool2d(net, [2, 2], scope='pool2')
        net = slim.conv2d(net, 16, [3, 3], rate=2, scope='conv3')
        end_points['block3'] = net
        predictions, localisations = [], []
        for layer in PARAMS.feat_layers:
            with tf.variable_scope(layer + '_box'):
                loc = slim.conv2d(end_points[layer], PARAMS.anchors * 4, [3, 3],
                                  activation_fn=None, scope='conv_loc')
                cls = slim.conv2d(end_points[layer], PARAMS.anchors * PARAMS.num_classes, [3, 3],
                                  activation_fn=None, scope='conv_cls')
                batch = tf.shape(loc)[0]
                localisations.append(tf.reshape(loc, [batch, -1, 4]))
                predictions.append(tf.reshape(cls, [batch, -1, PARAMS.num_classes]))
        return tf.concat(predictions, 1), tf.concat(localisations, 1), end_points


def arg_scope(weight_decay=0.0005, data_format='NHWC'):
    with slim.arg_scope([slim.conv2d, slim.fully_connected],
                        activation_fn=tf.nn.relu,
                        weights_regularizer=slim.l2_regularizer(weight_decay),
                        weights_initializer=tf.contrib.layers.xavier_initializer(),
                        biases_initializer=tf.zeros_initializer()):
        with slim.arg_scope([slim.conv2d, slim.max_pool2d], padding='SAME',
                            data_format=data_format) as sc:
            return sc


def smooth_l1(x):
    absx = tf.abs(x)
    return tf.where(absx < 1, 0.5 * x ** 2, absx - 0.5)


def main():
    tf.set_random_seed(3)
    rng = np.random.RandomState(0)
    images = tf.constant(rng.randn(4, 16, 16, 3).astype(np.float32))
    with slim.arg_scope(arg_scope()):
        logits, boxes, end_points = backbone(images)
    total = logits.get_shape()[1].value
    labels = tf.constant(rng.randint(0, PARAMS.num_classes, (4, total)))
    targets = tf.constant(rng.rand(4, total, 4).astype(np.float32))
    positive = tf.cast(labels > 0, tf.float32)

    with tf.name_scope('losses'):
        tf.losses.sparse_softmax_cross_entropy(labels, logits)
        box_loss = tf.reduce_sum(smooth_l1(boxes - targets), axis=2)
        slim.losses.compute_weighted_loss(box_loss, positive)
        tf.add_to_collection('EXTRA_LOSSES', tf.reduce_mean(boxes))
    total_loss = slim.losses.get_total_loss()
    step = slim.get_or_create_global_step()
    train_op = slim.learning.create_train_op(total_loss, tf.train.MomentumOptimizer(0.02, 0.9),
                                             global_step=step, clip_gradient_norm=2.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [float(sess.run(train_op)) for _ in range(25)]
        print(json.dumps({
            'first': losses[0], 'last': losses[-1], 'priors': total,
            'losses': len(slim.losses.get_losses()),
            'regularization': len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)),
            'names': [v.op.name for v in slim.get_model_variables()],
        }))


if __name__ == '__main__':
    main()
