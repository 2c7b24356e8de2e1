"""slim.precision: low types where they save time, float32 where they would cost exactness."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

LOW = {"mixed_bfloat16": tf.bfloat16, "mixed_float16": tf.float16}
IMAGES = np.random.RandomState(0).uniform(-1, 1, [2, 6, 6, 3]).astype(np.float32)


def net(images, seen=None):
    """Notes the type of each intermediate output in `seen`."""
    with slim.scope("net"), slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm):
        conv = slim.conv2d(images, 4, 3, weights_regularizer=slim.l2_regularizer(0.1))
        pooled = slim.max_pool2d(conv, 2)
        raw = pooled * v1.get_variable("raw", [4], pooled.dtype, v1.ones_initializer())
        normed = slim.layer_norm(raw)
        logits = slim.fully_connected(slim.flatten(normed), 2, activation_fn=None, scope="logits")
    if seen is not None:
        seen.update(conv=conv, pooled=pooled, raw=raw, normed=normed, logits=logits)
        seen.update({name: tensor.dtype for name, tensor in seen.items()})
    return logits


NAMES = [
    "net/Conv/weights",
    "net/Conv/BatchNorm/beta",
    "net/Conv/BatchNorm/moving_mean",
    "net/Conv/BatchNorm/moving_variance",
    "net/raw",
    "net/LayerNorm/beta",
    "net/LayerNorm/gamma",
    "net/logits/weights",
    "net/logits/biases",
]


def check(variables, seen, low):
    assert [v.name.removesuffix(":0") for v in variables] == NAMES
    assert {v.dtype.base_dtype for v in variables} == {tf.float32}
    assert set(seen.values()) == {low}


@pytest.mark.parametrize("name", LOW)
def test_in_a_v1_graph(name):
    seen = {}
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None, 6, 6, 3])
        with slim.precision(name):
            logits = net(images, seen)
        check(v1.global_variables(), seen, LOW[name])
        assert [t.dtype for t in v1.losses.get_regularization_losses()] == [tf.float32]
        loss = slim.losses.sparse_softmax_cross_entropy(logits, tf.constant([0, 1]))
        assert loss.dtype == tf.float32
        for gradient in tf.gradients(loss, v1.trainable_variables()):
            assert gradient.dtype == tf.float32
        convolution, *_ = [op for op in images.graph.get_operations() if op.type == "Conv2D"]
        assert {t.dtype for t in convolution.inputs} == {LOW[name]}
        session.run(v1.global_variables_initializer())
        assert np.isfinite(session.run(loss, {images: IMAGES}))
        # The scope is over: its getter too.
        assert v1.get_variable("after", [1], LOW[name]).dtype.base_dtype == LOW[name]


@pytest.mark.parametrize("name", LOW)
def test_over_the_default_store(name):
    seen = {}
    with slim.precision(name):
        net(tf.constant(IMAGES), seen)
    check(slim.get_variables(), seen, LOW[name])


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("name", LOW)
def test_as_an_argument_of_a_model(name, graph):
    seen = {}

    def with_end_points(images):
        logits = net(images, seen)
        return logits, {"logits": logits}

    with tf.Graph().as_default() if graph else tf.init_scope():
        model = slim.Model(with_end_points, precision=name)
        logits, ends = model(tf.constant(IMAGES))
        assert (logits.dtype, ends["logits"].dtype) == (tf.float32, LOW[name])
        check(model.variables, seen, LOW[name])
        assert [loss.dtype for loss in model.losses] == [tf.float32]
    assert model.precision == name


def test_a_model_takes_the_precision_it_is_made_in():
    with slim.precision("mixed_bfloat16"):
        model = slim.Model(net)
    seen = {}
    assert model(tf.constant(IMAGES), seen).dtype == tf.float32
    assert seen["conv"] == tf.bfloat16
    assert slim.Model(net).precision is None


def test_models_in_models():
    inner = slim.Model(lambda x: slim.conv2d(x, 2, 1))
    low = slim.Model(lambda x: slim.conv2d(x, 2, 1), precision="mixed_bfloat16")
    types = []

    def outer(images):
        for model in (inner, low):
            images = model(images)
            types.append(images.dtype)
        return images

    assert slim.Model(outer, precision="mixed_bfloat16")(IMAGES).dtype == tf.float32
    slim.Model(outer)(IMAGES)
    # Between layers of one precision nothing is cast; a net in full precision gets full outputs.
    assert types == [tf.bfloat16] * 2 + [tf.float32] * 2


def test_a_part_of_a_net_in_full_precision():
    def net(images):
        images = slim.conv2d(images, 2, 3)
        with slim.precision("float32"):
            return slim.fully_connected(slim.flatten(images), 2)

    with slim.precision("mixed_bfloat16"):
        assert net(tf.constant(IMAGES)).dtype == tf.float32
        with slim.precision(None):
            assert slim.conv2d(IMAGES, 2, 1).dtype == tf.bfloat16


@pytest.mark.parametrize("name", LOW)
def test_numbers_and_gradients_are_near_those_of_float32(name):
    def run(precision):
        tf.random.set_seed(1)
        model = slim.Model(net, precision=precision).build(IMAGES.shape)
        with tf.GradientTape() as tape, slim.collect() as got:
            slim.losses.sparse_softmax_cross_entropy(model(IMAGES), [0, 1])
            loss = got.total_loss()
        return [loss, *tape.gradient(loss, model.trainable_variables)]

    for full, low in zip(run("float32"), run(name), strict=True):
        assert low.dtype == tf.float32
        scale = float(tf.norm(full)) + 1e-3
        assert 0 < float(tf.norm(full - low)) < 0.05 * scale


def test_in_a_function_and_compiled():
    model = slim.Model(net, precision="mixed_bfloat16").build([None, 6, 6, 3])
    eager = model(IMAGES)
    for jit in (False, True):
        np.testing.assert_allclose(
            tf.function(model, jit_compile=jit)(IMAGES), eager, rtol=0.03, atol=0.03
        )


def test_in_two_replicas(strategy2):
    with strategy2.scope():
        model = slim.Model(net, precision="mixed_bfloat16").build([None, 6, 6, 3])
    types = []

    @tf.function
    def call():
        def replica():
            seen = {}
            outputs = model(IMAGES, seen)
            types.append(seen["conv"])
            return outputs

        return strategy2.run(replica)

    for outputs in strategy2.experimental_local_results(call()):
        assert outputs.dtype == tf.float32
    assert types == [tf.bfloat16] * 2


def test_checkpoints_do_not_tell(tmp_path):
    low = slim.Model(net, precision="mixed_float16").build(IMAGES.shape)
    full = slim.Model(net).build(IMAGES.shape)
    report = full.restore(low.save(tmp_path / "model"))
    assert len(report.restored) == len(NAMES)
    low.restore(full.save(tmp_path / "again"))


def test_the_precision_must_be_known():
    with pytest.raises(ValueError, match=r"'mixed_bfloat16'.*got 'bfloat16'"):
        slim.Model(net, precision="bfloat16")
    with pytest.raises(ValueError, match="'half'"), slim.precision("half"):
        pass
