"""What TF-Slim's own documentation promised, one function a promise."""
from __future__ import division, print_function

import argparse
import json
import os

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim
from tensorflow.contrib.slim.nets import resnet_v1, vgg

RNG = np.random.RandomState(0)


def names(variables):
    return [v.op.name for v in variables]


def c01_arg_scope(_):
    x = tf.constant(RNG.randn(2, 8, 8, 3), tf.float32)
    with slim.arg_scope([slim.conv2d], padding='SAME',
                        weights_initializer=tf.truncated_normal_initializer(stddev=0.01),
                        weights_regularizer=slim.l2_regularizer(0.0005)) as sc:
        a = slim.conv2d(x, 4, [3, 3], scope='conv1')
        with slim.arg_scope([slim.conv2d], padding='VALID'):
            b = slim.conv2d(a, 4, [3, 3], scope='conv2')
    with slim.arg_scope(sc):
        c = slim.conv2d(b, 4, [3, 3], 2, scope='conv3')
    return {'shapes': [t.get_shape().as_list() for t in (a, b, c)],
            'losses': len(slim.losses.get_regularization_losses())}


def c02_native_ops(_):
    x = tf.constant(RNG.randn(2, 8, 8, 3), tf.float32)
    with tf.variable_scope('mixed'):
        net = slim.conv2d(x, 4, 3)
        kernel = tf.get_variable('own', [3, 3, 4, 5])
        net = tf.nn.relu(tf.nn.conv2d(net, kernel, [1, 2, 2, 1], 'SAME'))
        net = slim.fully_connected(slim.flatten(net), 2)
    return {'names': names(tf.global_variables()), 'shape': net.get_shape().as_list()}


def c03_kinds_of_variables(_):
    slim.model_variable('weights', shape=[2, 3], initializer=tf.zeros_initializer())
    slim.variable('my_var', shape=[2, 1], initializer=tf.zeros_initializer())
    mine = tf.Variable(1.0, name='mine')
    slim.add_model_variable(mine)
    return {'model': names(slim.get_model_variables()), 'all': names(slim.get_variables()),
            'restore': names(slim.get_variables_to_restore(exclude=['my_var']))}


def c04_devices(_):
    weights = slim.variable('weights', shape=[10, 10, 3, 3],
                            initializer=tf.truncated_normal_initializer(stddev=0.1),
                            regularizer=slim.l2_regularizer(0.05), device='/CPU:0')
    with slim.arg_scope([slim.variable], device=slim.VariableDeviceChooser(num_tasks=2)):
        a, b = slim.variable('a', []), slim.variable('b', [])
    return {'devices': [v.device for v in (weights, a, b)],
            'losses': len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))}


def c05_repeat_stack(_):
    x = tf.constant(RNG.randn(2, 8, 8, 3), tf.float32)
    net = slim.repeat(x, 3, slim.conv2d, 4, [3, 3], scope='conv3')
    net = slim.stack(slim.flatten(net), slim.fully_connected, [8, 4], scope='fc')
    net = slim.stack(tf.reshape(net, [2, 2, 2, 1]), slim.conv2d, [(2, [3, 3]), (3, [1, 1])],
                     scope='core')
    return {'names': [n for n in names(slim.get_model_variables()) if n.endswith('weights')]}


def c06_layers(_):
    x = tf.constant(RNG.randn(2, 8, 8, 4), tf.float32)
    outputs = [
        slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm),
        slim.conv2d(x, 4, 3, normalizer_fn=slim.layer_norm),
        slim.conv2d(x, 4, 3, normalizer_fn=slim.instance_norm),
        slim.conv2d(x, 4, 3, normalizer_fn=slim.group_norm, normalizer_params={'groups': 2}),
        slim.conv2d(x, 4, 3, rate=2), slim.conv2d_transpose(x, 4, 3, 2),
        slim.separable_conv2d(x, 6, 3, depth_multiplier=2), slim.avg_pool2d(x, 2),
        slim.conv2d_in_plane(x, 3), slim.unit_norm(x, dim=3), slim.dropout(x, 0.5),
    ]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = sess.run(outputs)
    return {'finite': bool(all(np.isfinite(v).all() for v in values)),
            'shapes': [list(v.shape) for v in values]}


def c07_nets(_):
    images = tf.placeholder(tf.float32, [1, 224, 224, 3])
    logits, ends = vgg.vgg_16(images, num_classes=7)
    with slim.arg_scope(resnet_v1.resnet_arg_scope()):
        features, resnet_ends = resnet_v1.resnet_v1_50(images, num_classes=None,
                                                       is_training=False)
    head = slim.conv2d(ends['vgg_16/pool5'], 3, [1, 1], scope='head')
    return {'logits': logits.get_shape().as_list(), 'features': features.get_shape().as_list(),
            'head': head.get_shape().as_list(), 'ends': len(ends),
            'block': resnet_ends['resnet_v1_50/block2'].get_shape().as_list()}


def c08_reuse(_):
    def net(x, is_training, reuse=None):
        with slim.arg_scope([slim.batch_norm], is_training=is_training):
            with tf.variable_scope('net', reuse=reuse):
                return slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm)
    x = tf.constant(RNG.randn(2, 8, 8, 3), tf.float32)
    net(x, True)
    count = len(tf.global_variables())
    net(x, False, reuse=True)
    return {'same': len(tf.global_variables()) == count}


def c09_losses(_):
    predictions = tf.constant([[1.0], [2.0]])
    labels = tf.constant([[0.0], [0.0]])
    w = slim.variable('w', [2], initializer=tf.ones_initializer(),
                      regularizer=slim.l2_regularizer(1.0))
    slim.losses.mean_squared_error(predictions, labels)
    slim.losses.add_loss(tf.constant(10.0))
    total = slim.losses.get_total_loss(add_regularization_losses=True)
    bare = slim.losses.get_total_loss(add_regularization_losses=False)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return {'totals': [float(v) for v in sess.run([total, bare])], 'w': w.op.name}


def _toy():
    x = tf.constant(RNG.randn(16, 4), tf.float32)
    y = tf.constant(np.arange(16) % 2)
    net = slim.fully_connected(x, 8, normalizer_fn=slim.batch_norm, scope='fc1')
    logits = slim.fully_connected(net, 2, activation_fn=None, scope='logits')
    slim.losses.sparse_softmax_cross_entropy(logits, y)
    return slim.losses.get_total_loss(), logits, y


def c10_create_train_op(_):
    loss, _, _ = _toy()
    train_op = slim.learning.create_train_op(
        loss, tf.train.GradientDescentOptimizer(0.1), clip_gradient_norm=4, check_numerics=True,
        gradient_multipliers={'logits/weights': 2.0}, summarize_gradients=True,
        variables_to_train=slim.get_variables('logits') + slim.get_variables('fc1/weights'))
    moving, = slim.get_variables_by_name('moving_mean')
    beta, = slim.get_variables_by_name('beta')
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        before = sess.run([moving, beta])
        losses = [float(sess.run(train_op)) for _ in range(15)]
        after = sess.run([moving, beta])
        return {'losses': losses, 'step': int(sess.run(slim.get_global_step())),
                'moved': [bool(np.any(a != b)) for a, b in zip(before, after)]}


def c11_train(folder):
    calls, ends = [], []

    def step_fn(sess, *args, **kwargs):
        calls.append(1)
        return slim.learning.train_step(sess, *args, **kwargs)

    for steps in (5, 9):
        with tf.Graph().as_default():
            loss, _, _ = _toy()
            tf.summary.scalar('loss', loss)
            train_op = slim.learning.create_train_op(loss, tf.train.AdamOptimizer(0.01))
            slim.learning.train(train_op, folder, number_of_steps=steps, train_step_fn=step_fn,
                                save_summaries_secs=1, save_interval_secs=1, log_every_n_steps=2,
                                trace_every_n_steps=4)
        ends.append(os.path.basename(tf.train.latest_checkpoint(folder)))
    return {'ends': ends, 'calls': len(calls),
            'traced': any('tf_trace' in name for name in os.listdir(folder))}


def c12_cluster(folder):
    ports = tf.train.Server.create_local_server()
    loss, _, _ = _toy()
    train_op = slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
    value = slim.learning.train(train_op, folder, master=ports.target, is_chief=True,
                                number_of_steps=4)
    return {'loss': float(value), 'target': ports.target[:7]}


def _saved(folder):
    with tf.Graph().as_default(), tf.Session() as sess:
        slim.variable('a/w', initializer=tf.constant([1.0, 2.0]))
        slim.variable('a/b', initializer=tf.constant([3.0]))
        slim.variable('c/w', initializer=tf.constant([4.0]))
        slim.get_or_create_global_step()
        sess.run(tf.global_variables_initializer())
        return tf.train.Saver().save(sess, os.path.join(folder, 'model.ckpt'))


def c13_full_restore(folder):
    path = _saved(folder)
    v = [slim.variable(n, s) for n, s in (('a/w', [2]), ('a/b', [1]), ('c/w', [1]))]
    with tf.Session() as sess:
        tf.train.Saver().restore(sess, path)
        return {'values': [x.tolist() for x in sess.run(v)]}


def c14_partial_restore(folder):
    path = _saved(folder)
    for n, s in (('a/w', [2]), ('a/b', [1]), ('c/w', [1]), ('new', [1])):
        slim.variable(n, s, initializer=tf.zeros_initializer())
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tf.train.Saver(slim.get_variables_to_restore(include=['a'], exclude=['a/b'])).restore(
            sess, path)
        return {'by_name': names(slim.get_variables_by_name('w')),
                'by_suffix': names(slim.get_variables_by_suffix('w')),
                'by_scope': names(slim.get_variables('a')),
                'excluded': names(slim.get_variables_to_restore(exclude=['a', 'new'])),
                'values': [x.tolist() for x in sess.run(tf.global_variables())]}


def c15_other_names(folder):
    path = _saved(folder)
    slim.variable('x/w', [2])
    slim.variable('x/b', [1])

    def name_in_checkpoint(var):
        return var.op.name.replace('x/', 'a/')

    variables = {name_in_checkpoint(v): v for v in slim.get_variables('x')}
    init_fn = slim.assign_from_checkpoint_fn(path, variables)
    with tf.Session() as sess:
        init_fn(sess)
        return {'values': [x.tolist() for x in sess.run(slim.get_variables('x'))]}


def c16_missing_and_reshaped(folder):
    path = _saved(folder)
    slim.variable('a/w', [2, 1])
    slim.variable('new', [1], initializer=tf.zeros_initializer())
    init_fn = slim.assign_from_checkpoint_fn(path, slim.get_variables(), ignore_missing_vars=True,
                                             reshape_variables=True)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        init_fn(sess)
        return {'values': [x.tolist() for x in sess.run(slim.get_variables())]}


def c17_from_memory(_):
    slim.variable('w', [2])
    init_op, feed = slim.assign_from_values({'w': np.array([5.0, 6.0], np.float32)})
    with tf.Session() as sess:
        sess.run(init_op, feed)
        one = sess.run('w:0').tolist()
        slim.assign_from_values_fn({'w': np.array([7.0, 8.0], np.float32)})(sess)
        return {'values': [one, sess.run('w:0').tolist()]}


def c18_other_task(folder):
    path = _saved(folder)
    slim.variable('a/w', [2])
    slim.variable('c/w', [3], initializer=tf.zeros_initializer())
    variables = slim.get_variables_to_restore(exclude=['c'])
    slim.losses.add_loss(tf.reduce_sum(tf.square(slim.get_unique_variable('c/w') - 1)) +
                         tf.reduce_sum(slim.get_unique_variable('a/w')))
    train_op = slim.learning.create_train_op(
        slim.losses.get_total_loss(), tf.train.GradientDescentOptimizer(0.1),
        variables_to_train=slim.get_variables('c'))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        slim.assign_from_checkpoint_fn(path, variables)(sess)
        sess.run(train_op)
        return {'values': [x.tolist() for x in sess.run(slim.get_variables('[ac]'))]}


def c19_metrics(_):
    predictions = tf.placeholder(tf.int64, [None])
    labels = tf.placeholder(tf.int64, [None])
    values, updates = slim.metrics.aggregate_metric_map({
        'accuracy': slim.metrics.streaming_accuracy(predictions, labels),
        'mean': slim.metrics.streaming_mean(predictions)})
    v, u = slim.metrics.aggregate_metrics(slim.metrics.streaming_mean_absolute_error(
        predictions, labels), slim.metrics.streaming_mean_squared_error(predictions, labels))
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        for p, l in (([1, 0], [1, 1]), ([3, 1], [1, 1])):
            sess.run([list(updates.values()), u], {predictions: p, labels: l})
        found = sess.run(values)
        return {'values': [float(found['accuracy']), float(found['mean'])],
                'more': [float(x) for x in sess.run(v)]}


def c20_evaluation(folder):
    path = _saved(folder)
    w = slim.variable('a/w', [2])
    value, update = slim.metrics.streaming_mean(w)
    summary = tf.summary.scalar('mean', value)
    once = slim.evaluation.evaluate_once('', path, folder, num_evals=3, eval_op=update,
                                         final_op=value)
    loop = slim.evaluation.evaluation_loop('', folder, os.path.join(folder, 'eval'), num_evals=2,
                                           eval_op=update, final_op=value, eval_interval_secs=0,
                                           max_number_of_evaluations=1, summary_op=summary,
                                           timeout=1)
    none = slim.evaluation.evaluation_loop('', os.path.join(folder, 'none'), folder, num_evals=1,
                                           eval_op=update, timeout=1)
    events = [n for n in os.listdir(os.path.join(folder, 'eval')) if n.startswith('events')]
    return {'once': float(once), 'loop': float(loop), 'none': none, 'events': len(events)}


def c21_input(folder):
    path = os.path.join(folder, 'data.tfrecord')
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(6):
            writer.write(tf.train.Example(features=tf.train.Features(feature={
                'label': tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
                'xmin': tf.train.Feature(float_list=tf.train.FloatList(value=[0.1] * i)),
                'ymin': tf.train.Feature(float_list=tf.train.FloatList(value=[0.2] * i)),
                'xmax': tf.train.Feature(float_list=tf.train.FloatList(value=[0.3] * i)),
                'ymax': tf.train.Feature(float_list=tf.train.FloatList(value=[0.4] * i)),
            })).SerializeToString())
    keys = {n: tf.VarLenFeature(tf.float32) for n in ('xmin', 'ymin', 'xmax', 'ymax')}
    keys['label'] = tf.FixedLenFeature([], tf.int64)
    decoder = slim.tfexample_decoder.TFExampleDecoder(keys, {
        'label': slim.tfexample_decoder.Tensor('label'),
        'boxes': slim.tfexample_decoder.BoundingBox(['ymin', 'xmin', 'ymax', 'xmax'])})
    dataset = slim.dataset.Dataset(path, tf.TFRecordReader, decoder, 6, {'label': 'a number'})
    provider = slim.dataset_data_provider.DatasetDataProvider(dataset, shuffle=False, num_epochs=1)
    label, boxes = provider.get(['label', 'boxes'])
    seen = []
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        with slim.queues.QueueRunners(sess):
            try:
                while True:
                    number, found = sess.run([label, boxes])
                    seen.append([int(number), list(found.shape)])
            except tf.errors.OutOfRangeError:
                pass
    return {'seen': seen, 'box': [round(float(x), 3) for x in found[0]]}


def c22_analysis(_):
    slim.conv2d(tf.zeros([1, 8, 8, 3]), 4, 3)
    return {'vars': list(map(int, slim.model_analyzer.analyze_vars(slim.get_model_variables()))),
            'ops': int(slim.model_analyzer.analyze_ops(tf.get_default_graph())) > 0}


def c23_summaries(_):
    x = tf.nn.relu(tf.constant(RNG.randn(2, 4, 4, 3), tf.float32), name='x')
    slim.summaries.add_histogram_summaries([x], prefix='h')
    slim.summaries.add_zero_fraction_summary(x)
    slim.summaries.add_image_summary(x)
    slim.summaries.add_scalar_summary(tf.reduce_mean(x), 'mean', prefix='p')
    merged = tf.summary.merge_all()
    with tf.Session() as sess:
        found = tf.Summary.FromString(sess.run(merged))
    return {'tags': sorted(value.tag for value in found.value)}


def c24_gradients(_):
    x = tf.constant([[1.0, 2.0, 3.0, 4.0]])
    scaled = slim.scale_gradient(x, tf.constant(-0.5))

    def f(side):
        return slim.fully_connected(side, 2, scope='f')

    def g(side):
        return slim.fully_connected(side, 2, scope='g')

    y1, y2 = slim.rev_block(x[:, :2], x[:, 2:], f, g, num_layers=2)
    grads = tf.gradients(y1 + y2, [x] + tf.trainable_variables())
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return {'scaled': sess.run(tf.gradients(scaled, x)[0]).tolist(),
                'finite': bool(all(np.isfinite(v).all() for v in sess.run(grads))),
                'variables': len(tf.trainable_variables())}


def main(folder):
    found = {}
    for name, function in sorted(globals().items()):
        if name.startswith('c') and name[1:3].isdigit():
            place = os.path.join(folder, name)
            os.makedirs(place)
            with tf.Graph().as_default():
                tf.set_random_seed(0)
                try:
                    found[name[:3]] = function(place)
                except Exception as error:
                    found[name[:3]] = '%s: %s' % (type(error).__name__, error)
    print(json.dumps(found))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--folder')
    main(parser.parse_args().folder)
