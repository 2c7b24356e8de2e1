"""The nets: images a second beside `keras.applications`, building times beside `tf_slim` 1.1.0.

    make bench ARGS="benchmarks/bench_nets.py"
    SLIM_BENCH_NETS='resnet*' SLIM_BENCH_BATCH=4 make bench ARGS="benchmarks/bench_nets.py -k train"

`SLIM_BENCH_NETS` is a glob over the names of the nets, `SLIM_BENCH_BATCH` the size of a batch (16).
All is float32 on whatever devices there are; XLA is used on none.
"""

from __future__ import annotations

import fnmatch
import json
import os
import pathlib
import time
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import peers
from benchmarks.peers import compare

BATCH = int(os.environ.get("SLIM_BENCH_BATCH", "16"))
NETS = os.environ.get("SLIM_BENCH_NETS", "*")

# Our net -> its name in keras.applications. The ResNet-50 there has biases in its convolutions and
# the strides in other ones, which is 11 % more multiply-adds.
PEERS = {
    "resnet_v1_50": "ResNet50",
    "vgg_16": "VGG16",
    "inception_v3": "InceptionV3",
    "mobilenet_v2": "MobileNetV2",
}
CLASSES = 1000

pytestmark = pytest.mark.filterwarnings("ignore")
each_peer = pytest.mark.parametrize(
    "name", [name for name in PEERS if fnmatch.fnmatchcase(name, NETS)]
)


def batch_for(name: str, size: int = BATCH) -> tuple[tf.Tensor, tf.Tensor]:
    """Images and labels, at random."""
    random = np.random.RandomState(0)
    shape = [size, *slim.nets.spec(name).input_shape[1:]]
    images = tf.constant(random.uniform(-1, 1, shape), tf.float32)
    return images, tf.constant(random.randint(0, CLASSES, size), tf.int64)


def ours(name: str) -> slim.Model:
    """Our net, with its own weight decay, and without a head that Keras's lacks."""
    options: dict[str, Any] = {"create_aux_logits": False} if name == "inception_v3" else {}
    model = slim.nets.create(name, CLASSES, **options)
    return model.build(tf.TensorSpec(slim.nets.spec(name).input_shape))


def theirs(name: str) -> tf.keras.Model:
    """The net of `keras.applications`, with the same weight decay, so far as it has any."""
    spec = slim.nets.spec(name)
    shape = (spec.image_size, spec.image_size, spec.channels)
    plain = getattr(tf.keras.applications, PEERS[name])(
        weights=None, input_shape=shape, classes=CLASSES, classifier_activation=None
    )
    config = plain.get_config()
    # Ours is a factor of half the square, theirs of the square.
    decay = {
        "module": "keras.regularizers",
        "class_name": "L2",
        "config": {"l2": spec.weight_decay / 2},
        "registered_name": None,
    }
    for layer in config["layers"]:
        if "kernel_regularizer" in layer["config"]:
            layer["config"]["kernel_regularizer"] = decay
    return type(plain).from_config(config)


def images_a_second(best: dict[str, float]) -> None:
    """Prints the rates that belong to a table of `compare`."""
    print("  " + ", ".join(f"{name}: {BATCH / value:.1f} images/s" for name, value in best.items()))


@each_peer
def test_training(name, capsys):
    images, labels = batch_for(name)
    task_loss = slim.losses.sparse_softmax_cross_entropy
    # TensorFlow 1's optimizer updates a weight in one operation, Keras's in six.
    step = slim.learning.make_train_step(
        ours(name), task_loss, tf.compat.v1.train.MomentumOptimizer(0.001, 0.9)
    )
    keras_step = slim.learning.make_train_step(
        ours(name), task_loss, tf.keras.optimizers.SGD(0.001, momentum=0.9)
    )
    keras = theirs(name)
    keras.compile(
        tf.keras.optimizers.SGD(0.001, momentum=0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    with capsys.disabled():
        best = compare(
            f"{name}, one training step of {BATCH} images",
            {
                "slim": lambda: step(images, labels).numpy(),
                "slim, optimizer of Keras": lambda: keras_step(images, labels).numpy(),
                "keras.applications": lambda: keras.train_on_batch(images, labels),
            },
            rounds=3,
            calls=2,
        )
        images_a_second(best)


@each_peer
def test_inference(name, capsys):
    images, _ = batch_for(name)
    model, keras = ours(name), theirs(name)
    predict = tf.function(lambda x: model(x, is_training=False)[0])
    keras_predict = tf.function(lambda x: keras(x, training=False))
    with capsys.disabled():
        best = compare(
            f"{name}, one prediction of {BATCH} images",
            {
                "slim": lambda: predict(images).numpy(),
                "keras.applications": lambda: keras_predict(images).numpy(),
            },
            rounds=3,
            calls=3,
        )
        images_a_second(best)


def test_every_net(capsys):
    """Trace time and graph size of each net, and one step of training whose numbers are finite."""
    with capsys.disabled():
        print(f"\n{'net':<32} {'trace':>8} {'nodes':>7} {'step':>8} {'nodes':>7}")
        for name in slim.nets.names(NETS):
            trace, nodes, step_trace, step_nodes = _traced(name)
            print(f"{name:<32} {trace:7.2f}s {nodes:7} {step_trace:7.2f}s {step_nodes:7}")


def _traced(name: str) -> tuple[float, int, float, int]:
    spec = slim.nets.spec(name)
    model = slim.nets.create(name).build(tf.TensorSpec(spec.input_shape))
    images, _ = batch_for(name, 1)
    if spec.frames:
        images = images[:, :16]  # a whole clip needs more memory than many machines have

    @tf.function
    def predict(x):
        return model(x, is_training=False)[0]

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            logits = model(x, is_training=True)[0]
            loss = tf.reduce_mean(tf.square(logits)) + tf.add_n([0.0, *model.losses])
        return loss, tape.gradient(loss, model.trainable_variables)

    times, sizes = [], []
    for function in (predict, step):
        start = time.perf_counter()
        concrete = function.get_concrete_function(images)
        times.append(time.perf_counter() - start)
        sizes.append(len(concrete.graph.get_operations()))
    loss, gradients = step(images)
    assert np.isfinite(loss), name
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        # What an auxiliary head alone has, this loss does not see.
        assert gradient is None or np.isfinite(tf.reduce_sum(tf.abs(gradient))), variable.name
    return times[0], sizes[0], times[1], sizes[1]


# ---------------------------------------------------------- building, beside the released package

BUILT = {"vgg_16": ("vgg", 224), "alexnet_v2": ("alexnet", 224), "overfeat": ("overfeat", 231)}

BUILDER = """
import importlib, json, sys, time
import tensorflow.compat.v1 as tf
import tf_slim as slim

tf.disable_v2_behavior()
times = {}
for name, (module, size) in json.loads(sys.argv[1]).items():
    net = importlib.import_module("tf_slim.nets." + module)
    scope = getattr(net, name.partition("_1")[0] + "_arg_scope")()
    for repeat in range(8):
        with tf.Graph().as_default():
            images = tf.placeholder(tf.float32, [16, size, size, 3])
            # Building keeps one core busy: its own time says more on a machine that others use.
            start = time.process_time()
            with slim.arg_scope(scope):
                getattr(net, name)(images)
            seconds = time.process_time() - start
            if repeat:
                times[name] = min(seconds, times.get(name, seconds))
print(json.dumps([slim.__file__, times]))
"""


def building_times(path: pathlib.Path) -> dict[str, float]:
    """Seconds to build each net in a v1 graph, in a process that finds `tf_slim` in `path`."""
    return peers.measured_in(path, BUILDER, json.dumps(BUILT))


def test_building_in_a_v1_graph(capsys, tmp_path_factory):
    peer = peers.released(tmp_path_factory.mktemp("released"))
    here = pathlib.Path(slim.__file__).parent.parent
    rounds = [(building_times(here), building_times(peer)) for _ in range(3)]
    with capsys.disabled():
        print("\nbuilding in a v1 graph         slim   tf_slim 1.1.0")
        for name in BUILT:
            mine, other = (min(one[side][name] for one in rounds) for side in (0, 1))
            print(f"  {name:<20} {mine * 1e3:9.1f} ms {other * 1e3:9.1f} ms {other / mine:6.2f}x")
