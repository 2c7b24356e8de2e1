"""Exports a frozen graph, loads it again, and predicts the same."""
from __future__ import print_function

import argparse
import json
import os

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def net(images, is_training):
    with slim.arg_scope([slim.batch_norm], is_training=is_training):
        x = slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm, scope='conv1')
        x = slim.dropout(x, 0.5, is_training=is_training)
        logits = slim.fully_connected(slim.flatten(x), 3, activation_fn=None, scope='logits')
        return slim.softmax(logits, scope='Predictions')


def main(folder):
    rng = np.random.RandomState(0)
    images = rng.randn(2, 6, 6, 1).astype(np.float32)
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(0)
        placeholder = tf.placeholder(name='input', dtype=tf.float32, shape=[None, 6, 6, 1])
        predictions = net(placeholder, is_training=False)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            before = sess.run(predictions, {placeholder: images})
            tf.train.write_graph(graph.as_graph_def(), folder, 'graph.pbtxt')
            frozen = tf.graph_util.convert_variables_to_constants(
                sess, graph.as_graph_def(), ['Predictions/Reshape_1'])
    path = os.path.join(folder, 'frozen.pb')
    with tf.gfile.GFile(path, 'wb') as f:
        f.write(frozen.SerializeToString())

    graph_def = tf.GraphDef()
    with tf.gfile.GFile(path, 'rb') as f:
        graph_def.ParseFromString(f.read())
    with tf.Graph().as_default():
        output, = tf.import_graph_def(graph_def, name='',
                                      return_elements=['Predictions/Reshape_1:0'])
        with tf.Session() as sess:
            after = sess.run(output, {'input:0': images})
    ops = [node.op for node in graph_def.node]
    print(json.dumps({
        'same': bool(np.allclose(before, after, atol=1e-6)),
        'variables': sum('Variable' in op or op == 'VarHandleOp' for op in ops),
        'chain': [op for op in ops if op in ('Conv2D', 'FusedBatchNormV3', 'Relu', 'MatMul',
                                             'BiasAdd', 'Softmax')],
        'sum': float(after.sum()),
    }))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--folder')
    main(parser.parse_args().folder)
