"""`slim.export.folded`: what is folded, what must stay, and that the numbers are the model's."""

from __future__ import annotations

import collections

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.export import graph as graphs
from tf_slim.export.errors import ExportError

SPEC = tf.TensorSpec([None, 12, 12, 3])
IMAGES = np.random.default_rng(0).normal(size=[3, 12, 12, 3]).astype(np.float32)
norm = slim.batch_norm


def trained(fn, *specs, **options):
    """A built model, whose statistics are none of those that a model begins with."""
    model = slim.Model(fn, **options).build(*(specs or (SPEC,)))
    random = np.random.default_rng(1)
    for variable in model.variables:
        low, high = (0.5, 2.0) if "variance" in variable.name else (-1.0, 1.0)
        variable.assign(random.uniform(low, high, variable.shape))
    return model


def conv(images, **options):
    return slim.conv2d(images, 4, 3, normalizer_fn=norm, **options)


def with_bias(images):
    x = slim.conv2d(images, 4, 3, activation_fn=None, scope="conv")
    return tf.nn.relu(norm(x, scale=True))


def depthwise(images):
    x = slim.separable_conv2d(images, None, 3, 2, normalizer_fn=norm)
    return slim.separable_conv2d(x, 5, 3, normalizer_fn=norm, scope="both")


def transposed(images):
    return slim.conv2d_transpose(images, 4, 3, stride=2, normalizer_fn=norm)


def dilated_depthwise(images):
    return slim.separable_conv2d(images, None, 3, 1, rate=2, normalizer_fn=norm)


def in_plane(images):
    return slim.conv2d_in_plane(images, 3, normalizer_fn=norm)


def one_dimension(images):
    return slim.conv1d(images[:, 0], 4, 3, normalizer_fn=norm)


def three_dimensions(images):
    return slim.conv3d(images[:, None], 4, 3, normalizer_fn=norm)


def products(images):
    x = slim.fully_connected(slim.flatten(images), 6, normalizer_fn=norm)
    return slim.fully_connected(x, 4, normalizer_fn=norm, scope="last")


def scaled_branch(images):
    return images + 0.2 * slim.conv2d(images, 3, 1, activation_fn=None)


def shared(images):
    x = slim.conv2d(images, 3, 3, normalizer_fn=norm, scope="conv")
    return slim.conv2d(x, 3, 3, normalizer_fn=norm, scope="conv", reuse=True)


def shared_with_other_norms(images):
    x = slim.conv2d(images, 3, 3, activation_fn=None, biases_initializer=None, scope="conv")
    x = norm(x, scope="first")
    x = slim.conv2d(x, 3, 3, activation_fn=None, biases_initializer=None, scope="conv", reuse=True)
    return norm(x, scope="second")


def before_activation(images):
    return slim.conv2d(tf.nn.relu(norm(images, scale=True)), 4, 3)


def taken_twice(images):
    x = slim.conv2d(images, 4, 3, activation_fn=None, biases_initializer=None)
    return norm(x) + x


def given_out(images):
    x = slim.conv2d(images, 4, 3, activation_fn=None, biases_initializer=None)
    return {"conv": x, "norm": norm(x)}


def of_one_channel(images):
    # [batch, 1] times [4] is no scaling of one channel.
    x = slim.fully_connected(slim.flatten(images), 1, activation_fn=None)
    return x * tf.constant([1.0, 2.0, 3.0, 4.0])


# Name: the net, how many are folded, and how many fused batch norms are left.
ROWS = {
    "a convolution": (conv, 1, 0),
    "scale and center": (lambda x: conv(x, normalizer_params={"scale": True}), 1, 0),
    "neither": (lambda x: conv(x, normalizer_params={"center": False}), 1, 0),
    "unfused": (lambda x: conv(x, normalizer_params={"fused": False, "scale": True}), 1, 0),
    "dilated": (lambda x: conv(x, rate=2), 1, 0),
    "a bias": (with_bias, 1, 0),
    "depthwise": (depthwise, 2, 0),
    "dilated depthwise": (dilated_depthwise, 1, 0),
    "in plane": (in_plane, 1, 0),
    "transposed": (transposed, 1, 0),
    "one dimension": (one_dimension, 1, 0),
    "three dimensions": (three_dimensions, 1, 0),
    "products": (products, 2, 0),
    "a scaled branch": (scaled_branch, 1, 0),
    "one convolution used twice": (shared, 2, 0),
    "used twice, with other norms": (shared_with_other_norms, 2, 0),
    "before the activation": (before_activation, 0, 1),
    "a convolution whose output is taken": (taken_twice, 0, 1),
    "a convolution that is given out": (given_out, 0, 1),
    "a product with more channels": (of_one_channel, 0, 0),
}


def operations(folded):
    return collections.Counter(node.op for node in folded.graph_def.node)


@pytest.mark.parametrize("name", ROWS)
def test_it_computes_what_the_model_does(name):
    fn, folds, left = ROWS[name]
    model = trained(fn)
    folded = slim.export.folded(model, SPEC)
    found, expected = folded.function(IMAGES), model(IMAGES)
    largest = max(np.abs(one).max() for one in tf.nest.flatten(expected))
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(1, largest)),
        found,
        expected,
    )
    assert folded.folds == folds
    ops = operations(folded)
    assert ops["FusedBatchNormV3"] == left
    assert not set(ops) & {"ReadVariableOp", "VarHandleOp", "Rsqrt"}
    if folds and name != "a scaled branch":
        assert not ops["Mul"]
    unfolded = slim.export.folded(model, SPEC, fold=False)
    assert unfolded.folds == 0


def test_channels_first():
    def net(images):
        x = tf.transpose(images, [0, 3, 1, 2])
        with slim.arg_scope([slim.conv2d, norm], data_format="NCHW"):
            x = slim.conv2d(x, 4, 3, normalizer_fn=norm)
            x = slim.conv2d(x, 5, 3, normalizer_fn=norm, normalizer_params={"fused": False})
            return 0.5 * slim.conv2d(x, 5, 1, activation_fn=None)

    model = trained(net)
    folded = slim.export.folded(model, SPEC)
    assert folded.folds == 3
    assert operations(folded)["BiasAdd"] == 3
    assert not operations(folded)["Mul"]
    # XLA has convolutions with the channels first on processors, too.
    expected = tf.function(lambda x: model(x), jit_compile=True, autograph=False)(IMAGES)
    found = tf.function(folded.function, jit_compile=True, autograph=False)(IMAGES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_weights_of_a_low_precision_are_scaled_before_they_are_rounded(precision):
    model = trained(conv)
    low = slim.export.folded(model, SPEC, precision=precision)
    assert low.folds == 1
    assert low.function(IMAGES).dtype == tf.float32
    exact = slim.export.folded(model, SPEC)

    def weights(folded):
        (node,) = (n for n in folded.graph_def.node if n.name.endswith("folded_weights"))
        return tf.make_ndarray(node.attr["value"].tensor)

    assert (
        weights(low).dtype
        == {"mixed_bfloat16": tf.bfloat16, "mixed_float16": tf.float16}[precision]
    )
    np.testing.assert_array_equal(weights(low), weights(exact).astype(weights(low).dtype))
    np.testing.assert_allclose(low.function(IMAGES), model(IMAGES), rtol=0, atol=0.2)


def test_a_low_model_as_float32():
    low, exact = trained(conv, precision="mixed_bfloat16"), trained(conv)
    found = slim.export.folded(low, SPEC, precision="float32").function(IMAGES)
    np.testing.assert_allclose(found, exact(IMAGES), rtol=0, atol=1e-5)


def test_weights_that_a_type_cannot_hold_are_not_scaled():
    model = trained(lambda x: conv(x, normalizer_params={"scale": True}))
    named = model.named_variables
    named["Conv/BatchNorm/gamma"].assign(tf.fill([4], 1e6))
    assert slim.export.folded(model, SPEC, precision="mixed_float16").folds == 0
    assert slim.export.folded(model, SPEC, precision="mixed_bfloat16").folds == 1


def test_several_inputs_and_outputs():
    def net(images, more):
        x = slim.conv2d(images, 4, 3, normalizer_fn=norm, scope="a")
        y = slim.conv2d(more["mask"], 4, 1, normalizer_fn=norm, scope="b")
        return {"sum": x + y, "pair": (x, tf.reduce_mean(y, [1, 2]))}

    specs = (SPEC, {"mask": tf.TensorSpec([None, 12, 12, 1])})
    model = trained(net, *specs)
    folded = slim.export.folded(model, specs)
    assert folded.inputs == ("input_0:0", "mask:0")
    assert set(folded.outputs) == {"sum", "pair_0", "pair_1"}
    mask = IMAGES[..., :1]
    predict = slim.export.for_inference(model)
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-5),
        predict(IMAGES, {"mask": mask}),
        model(IMAGES, {"mask": mask}),
    )


def test_end_points_by_name():
    model = slim.nets.create("lenet", 4).build(tf.TensorSpec([None, 28, 28, 1]))
    spec = model.input_specs[0]
    folded = slim.export.folded(model, spec, outputs=["conv1", "Logits"])
    assert set(folded.outputs) == {"conv1", "Logits"}
    with pytest.raises(ValueError, match="no end point 'conv9'"):
        slim.export.folded(model, spec, outputs=["conv9"])


def test_branches_loops_and_functions_have_their_weights():
    weights = tf.Variable(tf.random.stateless_normal([3, 3, 3, 4], [0, 1]))

    @tf.function
    def block(x):
        x = tf.nn.conv2d(x, weights, 1, "SAME")
        return x * tf.constant([1.0, 2.0, 3.0, 4.0])

    def net(images):
        factor = slim.model_variable("factor", [])
        square = slim.model_variable("square", [4, 4])
        x = block(images)
        x = tf.cond(tf.reduce_sum(x) > 0, lambda: x * factor, lambda: x - factor)

        def body(i, y):
            more = tf.cond(tf.reduce_sum(y) > 0, lambda: factor, lambda: 2 * factor)
            return i + 1, tf.nn.relu(y @ square) + more

        return tf.while_loop(lambda i, _: i < 3, body, (0, tf.reduce_mean(x, [1, 2])))[1]

    model = trained(net)
    folded = slim.export.folded(model, SPEC)
    assert folded.folds == 1  # in the function
    for sign in (1, -1):
        np.testing.assert_allclose(
            folded.function(sign * IMAGES), model(sign * IMAGES), rtol=1e-5, atol=1e-5
        )


def test_of_a_strategy(strategy2):
    with strategy2.scope():
        model = trained(conv)
    found = slim.export.folded(model, SPEC).function(IMAGES)
    np.testing.assert_allclose(found, trained(conv)(IMAGES), rtol=0, atol=1e-5)
    with strategy2.scope():
        found = slim.export.folded(model, SPEC).function(IMAGES)
    np.testing.assert_allclose(found, trained(conv)(IMAGES), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["mobilenet_v1_025", "resnet_v2_50", "inception_v1"])
def test_families(name):
    size = {"inception_v1": 224}.get(name, 64)
    spec = tf.TensorSpec([None, size, size, 3])
    model = slim.nets.create(name, 4).build(spec)
    folded = slim.export.folded(model, spec)
    normalized = sum("moving_variance" in one.name for one in model.variables)
    left = operations(folded)["FusedBatchNormV3"]
    # Those before an activation of ResNet v2: one a unit, and the last.
    assert left == (17 if name == "resnet_v2_50" else 0)
    assert folded.folds == normalized - left


# ------------------------------------------------------------------ what cannot be


def test_a_model_that_changes_its_variables():
    model = slim.Model(counting).build(SPEC)
    with pytest.raises(ExportError, match="changes its variable 'count' in inference"):
        slim.export.folded(model, SPEC)
    assert all(isinstance(one, tf.Variable) for one in model.variables)


def counting(images):
    count = slim.model_variable("count", [], initializer=tf.zeros_initializer(), trainable=False)
    count.assign_add(1)
    return images * count


def test_a_net_that_fails_leaves_the_model_as_it_is():
    def moody(images, is_training=True):
        x = conv(images)
        if not is_training:
            raise RuntimeError("not today")
        return x

    model = trained(moody)
    before = list(model.variables)
    with pytest.raises(RuntimeError, match="not today"):
        slim.export.folded(model, SPEC)
    assert all(a is b for a, b in zip(model.variables, before, strict=True))


def test_a_model_that_is_too_large_for_a_graph(monkeypatch):
    monkeypatch.setattr(graphs, "LARGEST", 1000)
    found = slim.export.folded(trained(conv), SPEC)
    with pytest.raises(ExportError, match=r"2 GB into one.*mixed_bfloat16.*a SavedModel"):
        found.graph_def  # noqa: B018
    assert found.function(IMAGES).shape[0] == len(IMAGES)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_weights_of_a_large_model_are_variables(precision, monkeypatch, tmp_path):
    model = slim.nets.create("mobilenet_v1_025", 10).build([None, 32, 32, 3])
    images = np.random.RandomState(0).randn(2, 32, 32, 3).astype(np.float32)
    wanted = slim.export.for_inference(model, precision=precision)(images).numpy()
    monkeypatch.setattr(graphs, "MOST_CONSTANTS", 100_000)
    np.testing.assert_array_equal(
        slim.export.for_inference(model, precision=precision)(images), wanted
    )
    path = tmp_path / "model"
    options = {"image_size": 32, "verify": False, "precision": precision}
    slim.export.save(model, path, "saved_model", **options)
    held = tf.train.list_variables(str(path / "variables" / "variables"))
    large = sum(np.prod(shape) >= 2**15 for _, shape in held)
    assert 1 <= large < len(model.variables)
    assert (path / "saved_model.pb").stat().st_size < 1_000_000
    loaded = tf.saved_model.load(str(path)).signatures["images"]
    np.testing.assert_allclose(loaded(images=tf.constant(images))["logits"], wanted, rtol=1e-5)


def test_a_model_that_is_not_built():
    with pytest.raises(ValueError, match="no variables yet"):
        slim.export.folded(slim.Model(conv), SPEC)


def test_in_a_graph():
    model = trained(conv)
    with tf.Graph().as_default(), pytest.raises(ExportError, match="in eager mode only"):
        slim.export.folded(model, SPEC)


@pytest.mark.parametrize("spec", [None, 3, "images", [None, 12, 12, 3]])
def test_a_spec_that_is_none(spec):
    with pytest.raises(TypeError, match=r"spec: expected a tf\.TensorSpec"):
        slim.export.folded(trained(conv), spec)


def test_an_unknown_precision():
    with pytest.raises(ValueError, match="precision: expected one of"):
        slim.export.folded(trained(conv), SPEC, precision="bfloat16")
