"""A net of the released tf_slim 1.1.0 in a session of TensorFlow 1, in turns with others.

    python benchmarks/programs/of_the_release.py NET PIXELS BATCH train|infer

It is run where the release and tf_keras are, which TensorFlow asks for its layers of old.
"""

from __future__ import annotations

import importlib
import os
import sys

from turns import serve

CLASSES = 1000
# The module of a net, and the scope that it is built in.
NETS = {
    "resnet_v1_50": ("resnet_v1", "resnet_arg_scope"),
    "vgg_16": ("vgg", "vgg_arg_scope"),
    "inception_v3": ("inception_v3", "inception_v3_arg_scope"),
}
# Factor of expansion, channels, repeats, stride: M. Sandler et al., "MobileNetV2: Inverted
# Residuals and Linear Bottlenecks", 2018, table 2. The release has no such net of its own.
MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def mend_tensorflow() -> None:
    """TensorFlow 2.21 looks for the old layers where tf_keras had them in earlier releases."""
    for name in ("", ".base", ".convolutional", ".core", ".normalization", ".pooling"):
        module = importlib.import_module(f"tf_keras.src.legacy_tf_layers{name}")
        sys.modules.setdefault(f"tf_keras.legacy_tf_layers{name}", module)


def mobilenet_v2(images, is_training: bool):
    import tensorflow.compat.v1 as tf

    import tf_slim as slim

    options = {"is_training": is_training, "decay": 0.997, "epsilon": 0.001}
    with slim.arg_scope(
        [slim.conv2d, slim.separable_conv2d],
        normalizer_fn=slim.batch_norm,
        normalizer_params=options,
        activation_fn=tf.nn.relu6,
    ):
        with slim.arg_scope([slim.conv2d], weights_regularizer=slim.l2_regularizer(4e-5)):
            net = slim.conv2d(images, 32, 3, stride=2)
            for factor, channels, repeats, first in MOBILENET_V2:
                for repeat in range(repeats):
                    before, stride = net, first if repeat == 0 else 1
                    if factor > 1:
                        net = slim.conv2d(net, factor * int(net.shape[-1]), 1)
                    net = slim.separable_conv2d(net, None, 3, stride=stride)
                    net = slim.conv2d(net, channels, 1, activation_fn=None)
                    if repeat:
                        net = net + before
            net = slim.conv2d(net, 1280, 1)
            net = tf.reduce_mean(net, [1, 2], keepdims=True)
            net = slim.conv2d(net, CLASSES, 1, activation_fn=None, normalizer_fn=None)
    return tf.squeeze(net, [1, 2])


def logits_of(name: str, images, is_training: bool):
    import tensorflow.compat.v1 as tf

    import tf_slim as slim

    if name == "mobilenet_v2":
        return mobilenet_v2(images, is_training)
    module, scope = NETS[name]
    net = importlib.import_module(f"tf_slim.nets.{module}")
    options = {"create_aux_logits": False} if name == "inception_v3" else {}
    with slim.arg_scope(getattr(net, scope)()):
        logits, _ = getattr(net, name)(
            images, num_classes=CLASSES, is_training=is_training, **options
        )
    return tf.reshape(logits, [-1, CLASSES])


def made(name: str, pixels: int, batch: int, mode: str):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    mend_tensorflow()
    import numpy as np
    import tensorflow.compat.v1 as tf

    import tf_slim as slim

    tf.disable_v2_behavior()
    random = np.random.RandomState(0)
    shape = [batch, pixels, pixels, 3]
    images = tf.constant(random.uniform(-1, 1, shape).astype(np.float32))
    logits = logits_of(name, images, mode == "train")
    fetched = logits
    if mode == "train":
        labels = tf.constant(random.randint(0, CLASSES, batch))
        tf.losses.sparse_softmax_cross_entropy(labels, logits)
        fetched = slim.learning.create_train_op(
            tf.losses.get_total_loss(), tf.train.MomentumOptimizer(0.001, 0.9)
        )
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return lambda: session.run(fetched)


def main(name: str, pixels: str, batch: str, mode: str) -> None:
    serve(lambda: made(name, int(pixels), int(batch), mode))


if __name__ == "__main__":
    main(*sys.argv[1:])
