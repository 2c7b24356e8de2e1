"""The time before a net runs: tracing it, and building it in a v1 graph beside `tf_slim` 1.1.0."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import peers, recording, settings
from benchmarks.programs.ours import batch_of

NETS = settings.sized(("lenet", "mobilenet_v2", "resnet_v1_50"), slim.nets.names())

pytestmark = pytest.mark.filterwarnings("ignore")


def test_every_net(capsys):
    """Trace time and graph size of each net, and one step of training whose numbers are finite."""
    with capsys.disabled():
        print(f"\n{'net':<32} {'trace':>8} {'nodes':>7} {'step':>8} {'nodes':>7}")
        for name in settings.chosen_nets(NETS):
            trace, nodes, step_trace, step_nodes = _traced(name)
            recording.record(f"tracing {name}", "slim", trace, "s")
            recording.record(f"tracing a step of {name}", "slim", step_trace, "s")
            print(f"{name:<32} {trace:7.2f}s {nodes:7} {step_trace:7.2f}s {step_nodes:7}")


def _traced(name: str) -> tuple[float, int, float, int]:
    spec = slim.nets.spec(name)
    model = slim.nets.create(name).build(tf.TensorSpec(spec.input_shape))
    images, _ = batch_of(name, 1)
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


def test_building_in_a_v1_graph(capsys):
    found = peers.beside_the_release(BUILDER, json.dumps(BUILT))
    with capsys.disabled():
        for name in BUILT:
            title = f"building {name} in a v1 graph"
            print(f"\n{title}")
            recording.show(
                [
                    recording.record(title, who, [one[name] for one in rounds], "s")
                    for who, rounds in found.items()
                ]
            )
