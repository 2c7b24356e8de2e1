"""`tf.contrib.quantize`: names of variables, what is computed, and programs that are run again."""

from __future__ import annotations

import json
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.house.sources import run_python
from tf_slim.legacy.contrib import quantize
from tf_slim.nets import mobilenet_v1

v1 = tf.compat.v1

IMAGES = np.random.RandomState(0).uniform(-1, 1, [2, 32, 32, 3]).astype(np.float32)
FIRST = "MobilenetV1/MobilenetV1/Conv2d_0"


@pytest.fixture(autouse=True)
def _nobody_watches_afterwards():
    """No other test has layers looked at."""
    yield
    quantize.stop_watching()


def mobilenet(images, is_training):
    scope = mobilenet_v1.mobilenet_v1_arg_scope(is_training=is_training)
    with slim.arg_scope(scope):
        return mobilenet_v1.mobilenet_v1(
            images, 11, is_training=is_training, depth_multiplier=0.25
        )[0]


def names():
    return [v.op.name for v in v1.global_variables()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint of a few steps, and what its graph had for variables, before and after."""
    path = str(tmp_path_factory.mktemp("quantized") / "model.ckpt")
    with tf.Graph().as_default():
        mobilenet(tf.constant(IMAGES), is_training=True)
        plain = names()
    with tf.Graph().as_default(), v1.Session() as session:
        quantize.create_training_graph(quant_delay=2)
        logits = mobilenet(tf.constant(IMAGES), is_training=True)
        quantize.create_training_graph(quant_delay=2)
        session.run(v1.global_variables_initializer())
        for _ in range(3):
            session.run([logits, *v1.get_collection(v1.GraphKeys.UPDATE_OPS)])
        found = set(names())
        values = dict(zip(names(), session.run(v1.global_variables()), strict=True))
        v1.train.Saver().save(session, path)
    quantize.stop_watching()
    return path, plain, found, values


def test_the_variables_of_a_training_graph(trained):
    _, plain, found, values = trained
    new = found - set(plain)
    assert len(new) == 225
    average = f"{FIRST}/act_quant/{FIRST}/act_quant"
    assert {
        "fake_quantization_step",
        f"{FIRST}/weights_quant/min",
        f"{FIRST}/weights_quant/max",
        f"{FIRST}/act_quant/min",
        f"{FIRST}/act_quant/max",
        f"{average}/min/biased",
        f"{average}/max/local_step",
        "MobilenetV1/MobilenetV1/Conv2d_1_depthwise/weights_quant/min",
        "MobilenetV1/Logits/Conv2d_1c_1x1/act_quant/max",
    } <= new
    assert values["fake_quantization_step"] == values[f"{average}/max/local_step"] == 3
    assert values[f"{FIRST}/act_quant/min"] == 0 < values[f"{FIRST}/act_quant/max"] <= 6


def test_an_evaluation_graph_takes_a_checkpoint_of_it(trained):
    path, plain, _, values = trained
    with tf.Graph().as_default(), v1.Session() as session:
        quantize.create_eval_graph()
        mobilenet(tf.constant(IMAGES), is_training=False)
        assert len(names()) == len(plain) + 112
        v1.train.Saver().restore(session, path)
        graph = v1.get_default_graph()
        (activation,) = [
            op.outputs[0]
            for op in graph.get_operations()
            if op.type == "FakeQuantWithMinMaxVars" and op.name.startswith(f"{FIRST}/act_quant")
        ]
        outputs = session.run(activation)
    # Folded, rounded with the ranges of the checkpoint, and nothing else.
    of = {name.removeprefix("MobilenetV1/Conv2d_0/"): v for name, v in values.items()}
    factor = of["BatchNorm/gamma"] / np.sqrt(of["BatchNorm/moving_variance"] + 0.001)
    low, high = (values[f"{FIRST}/weights_quant/{end}"] for end in ("min", "max"))
    weights = tf.quantization.fake_quant_with_min_max_vars(
        of["weights"] * factor, low, high, narrow_range=True
    )
    exact = tf.nn.conv2d(IMAGES, weights, 2, "SAME") + (
        of["BatchNorm/beta"] - of["BatchNorm/moving_mean"] * factor
    )
    low, high = (values[f"{FIRST}/act_quant/{end}"] for end in ("min", "max"))
    expected = tf.quantization.fake_quant_with_min_max_vars(tf.nn.relu6(exact), low, high)
    assert np.abs(outputs - expected).max() < 1.01 * (high - low) / 255
    assert np.mean(np.abs(outputs - expected) > 1e-5) < 0.01


def layers(images):
    net = slim.conv2d(images, 4, 3, scope="conv")
    net = slim.separable_conv2d(net, 4, 3, scope="separable")
    return slim.fully_connected(slim.flatten(net), 2, scope="logits")


def test_bits_symmetry_and_scope():
    with tf.Graph().as_default(), v1.Session() as session:
        quantize.experimental_create_training_graph(
            weight_bits=4, activation_bits=5, symmetric=True, scope="inside"
        )
        outside = slim.conv2d(tf.constant(IMAGES), 4, 3, scope="outside")
        with slim.scope("inside"):
            net = layers(outside)
        assert all(name.startswith(("inside/", "outside/", "fake_")) for name in names())
        assert not [name for name in names() if "outside" in name and "quant" in name]
        assert [name for name in names() if name.endswith("weights_quant/min")] == [
            "inside/conv/weights_quant/min",
            "inside/separable/weights_quant/min",
            "inside/separable/pointwise_weights_quant/min",
            "inside/logits/weights_quant/min",
        ]
        rounders = {
            op.name: op for op in net.graph.get_operations() if op.type == "FakeQuantWithMinMaxVars"
        }
        session.run(v1.global_variables_initializer())
        for name, op in rounders.items():
            low, high = session.run(list(op.inputs)[1:])
            narrow = "weights" in name
            assert op.get_attr("num_bits") == (4 if narrow else 5)
            np.testing.assert_allclose(-low, high * (1 if narrow else 16 / 15), rtol=1e-5)


@pytest.mark.parametrize("normalizer", [None, slim.batch_norm])
def test_it_learns_and_what_it_gives_is_rounded(normalizer):
    images = np.random.RandomState(0).uniform(-1, 1, [16, 8, 8, 3]).astype(np.float32)
    labels = (images.mean((1, 2, 3)) > 0).astype(np.int64)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(0)
        quantize.create_training_graph(quant_delay=3)
        with slim.arg_scope([slim.conv2d, slim.separable_conv2d], normalizer_fn=normalizer):
            logits = layers(tf.constant(images))
        loss = v1.losses.sparse_softmax_cross_entropy(labels, logits)
        op = slim.learning.create_train_op(loss, v1.train.AdamOptimizer(0.03))
        session.run(v1.global_variables_initializer())
        first, outputs = session.run([op, logits])
        for _ in range(40):
            last, outputs = session.run([op, logits])
        values = dict(zip(names(), session.run(v1.global_variables()), strict=True))
    assert last < 0.75 * first
    width = values["logits/act_quant/max"] - values["logits/act_quant/min"]
    steps = outputs / (width / 255)
    np.testing.assert_allclose(steps, np.round(steps), atol=0.02)


def test_a_finished_graph_is_refused_with_two_ways_out():
    with tf.Graph().as_default() as graph:
        net = slim.conv2d(tf.constant(IMAGES), 4, 3)
        with pytest.raises(RuntimeError, match="before the net is built.*tf-slim run"):
            quantize.create_training_graph(graph)
        assert net.graph is graph


def test_a_graph_is_quantized_in_one_way():
    with tf.Graph().as_default():
        quantize.create_training_graph()
        layers(tf.constant(IMAGES))
        quantize.create_training_graph()
        with pytest.raises(ValueError, match="is_training=True.*is_training=False"):
            quantize.create_eval_graph()


def test_what_is_not_provided():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="freeze_bn_delay"):
        quantize.experimental_create_training_graph(freeze_bn_delay=10)


def test_products_of_others_are_named():
    with tf.Graph().as_default():
        quantize.create_eval_graph()
        net = layers(tf.constant(IMAGES))
        tf.matmul(net, tf.ones([2, 2]), name="of_my_own")
        with pytest.warns(UserWarning, match="of_my_own"):
            quantize.create_eval_graph()


PROGRAM = """
    import json, sys
    import tensorflow as tf
    import tensorflow.contrib.slim as slim
    from tensorflow.contrib import quantize as contrib_quantize

    other = tf.Graph()
    with other.as_default():
        slim.conv2d(tf.zeros([1, 4, 4, 3]), 2, 3)
    net = slim.conv2d(tf.zeros([1, 4, 4, 3]), 2, 3, normalizer_fn=slim.batch_norm, scope="conv")
    print("built", sys.argv[1:])
    contrib_quantize.create_training_graph(quant_delay=5)
    found = [v.op.name for v in tf.global_variables()]
    with other.as_default():
        print(json.dumps([found, len(tf.global_variables())]))
    sys.exit(3)
"""


def test_a_program_is_run_again_with_other_layers(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM))
    done = run_python(
        "import sys; from tf_slim.cli.main import run; sys.exit(run(sys.argv[1:]))",
        *("run", str(script), "--steps", "7"),
    )
    assert done.returncode == 3, done.stderr
    assert "is started anew" in done.stderr and "Traceback" not in done.stderr
    first, again, last = done.stdout.splitlines()
    assert first == again == "built ['--steps', '7']"
    found, others = json.loads(last)
    assert {"conv/weights_quant/min", "conv/act_quant/max", "conv/weights"} < set(found)
    assert others == 2
