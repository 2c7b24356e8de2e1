"""Training from TFRecords: Dataset, decoder, DatasetDataProvider, batches, a prefetch queue."""
from __future__ import print_function

import argparse
import json
import os

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim

_ITEMS_TO_DESCRIPTIONS = {'image': 'An image of one of two kinds.', 'label': '0 or 1.'}


def int64_feature(values):
    if not isinstance(values, (tuple, list)):
        values = [values]
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def bytes_feature(values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[values]))


def convert(path, number):
    rng = np.random.RandomState(0)
    with tf.Graph().as_default():
        image_placeholder = tf.placeholder(dtype=tf.uint8)
        encoded = tf.image.encode_png(image_placeholder)
        with tf.Session('') as sess, tf.python_io.TFRecordWriter(path) as writer:
            for i in range(number):
                label = i % 2
                image = rng.randint(0, 100, [8, 8, 3]) + 150 * label
                png = sess.run(encoded, {image_placeholder: image.astype(np.uint8)})
                writer.write(tf.train.Example(features=tf.train.Features(feature={
                    'image/encoded': bytes_feature(png),
                    'image/format': bytes_feature(b'png'),
                    'image/class/label': int64_feature(label),
                })).SerializeToString())


def get_split(split_name, dataset_dir, file_pattern='toy_%s_*.tfrecord', reader=None):
    if not reader:
        reader = tf.TFRecordReader
    keys_to_features = {
        'image/encoded': tf.FixedLenFeature((), tf.string, default_value=''),
        'image/format': tf.FixedLenFeature((), tf.string, default_value='png'),
        'image/class/label': tf.FixedLenFeature([], tf.int64, default_value=-1),
    }
    items_to_handlers = {
        'image': slim.tfexample_decoder.Image(shape=[8, 8, 3], channels=3),
        'label': slim.tfexample_decoder.Tensor('image/class/label', shape=[]),
    }
    decoder = slim.tfexample_decoder.TFExampleDecoder(keys_to_features, items_to_handlers)
    return slim.dataset.Dataset(
        data_sources=os.path.join(dataset_dir, file_pattern % split_name), reader=reader,
        decoder=decoder, num_samples=40, items_to_descriptions=_ITEMS_TO_DESCRIPTIONS,
        num_classes=2, labels_to_names={0: 'dark', 1: 'light'})


def main(folder):
    convert(os.path.join(folder, 'toy_train_0.tfrecord'), 40)
    tf.set_random_seed(0)
    dataset = get_split('train', folder)
    provider = slim.dataset_data_provider.DatasetDataProvider(
        dataset, num_readers=2, common_queue_capacity=20, common_queue_min=10, shuffle=True)
    [image, label] = provider.get(['image', 'label'])
    image = tf.image.convert_image_dtype(image, tf.float32)
    images, labels = tf.train.batch([image, label], batch_size=8, num_threads=2, capacity=40)
    labels = slim.one_hot_encoding(labels, dataset.num_classes)
    queue = slim.prefetch_queue.prefetch_queue([images, labels], capacity=2)
    images, labels = queue.dequeue()

    net = slim.conv2d(images, 4, [3, 3], scope='conv1')
    logits = slim.fully_connected(slim.flatten(net), dataset.num_classes, activation_fn=None)
    slim.losses.softmax_cross_entropy(logits, labels)
    total_loss = slim.losses.get_total_loss()
    tf.summary.scalar('losses/total', total_loss)
    train_op = slim.learning.create_train_op(total_loss, tf.train.AdamOptimizer(0.01))
    logdir = os.path.join(folder, 'logs')
    final_loss = slim.learning.train(train_op, logdir, number_of_steps=30, save_summaries_secs=2,
                                     log_every_n_steps=10)
    print(json.dumps({
        'loss': float(final_loss), 'classes': dataset.num_classes,
        'names': dataset.labels_to_names[1], 'items': sorted(provider.list_items()),
        'samples': provider.num_samples(),
        'checkpoint': os.path.basename(tf.train.latest_checkpoint(logdir)),
        'files': sorted({name.split('.')[0] for name in os.listdir(logdir)}),
    }))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--folder')
    main(parser.parse_args().folder)
