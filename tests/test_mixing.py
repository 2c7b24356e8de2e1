"""Slim mixed with all else: native operations, raw variables, Keras 3, functions of users."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
keras = tf.keras

IMAGES = np.random.RandomState(0).uniform(-1, 1, [8, 6, 6, 3]).astype(np.float32)
LABELS = np.arange(8) % 3


def native(images):
    """Raw variables and native operations between layers."""
    with v1.variable_scope("net"):
        net = slim.conv2d(images, 4, 3)
        scale = v1.get_variable("scale", [4], initializer=v1.ones_initializer())
        net = tf.nn.relu(tf.transpose(net * scale, [0, 2, 1, 3]))
        with v1.variable_scope("inner", reuse=v1.AUTO_REUSE):
            kernel = v1.get_variable("kernel", [3, 3, 4, 2])
            net = tf.nn.conv2d(net, kernel, 1, "SAME")
        return slim.fully_connected(slim.flatten(net), 3, activation_fn=None)


NATIVE_NAMES = [
    "net/Conv/weights",
    "net/Conv/biases",
    "net/scale",
    "net/inner/kernel",
    "net/fully_connected/weights",
    "net/fully_connected/biases",
]


def names(variables):
    return [v.name.removesuffix(":0") for v in variables]


def test_native_operations_and_raw_variables(strategy2):
    with tf.Graph().as_default():
        native(v1.placeholder(tf.float32, IMAGES.shape))
        assert names(v1.global_variables()) == NATIVE_NAMES
    model = slim.Model(native).build(IMAGES.shape)
    assert names(model.variables) == NATIVE_NAMES
    np.testing.assert_allclose(tf.function(model)(IMAGES), model(IMAGES), rtol=1e-4, atol=1e-5)
    with strategy2.scope():
        mirrored = slim.Model(native).build(IMAGES.shape)
    for left, right in zip(mirrored.variables, model.variables, strict=True):
        left.assign(right)
    results = tf.function(lambda: strategy2.run(mirrored, (IMAGES,)))()
    for result in strategy2.experimental_local_results(results):
        np.testing.assert_allclose(result, model(IMAGES), rtol=1e-4, atol=1e-5)


def with_keras(images, is_training=False):
    with slim.scope("net"):
        net = slim.conv2d(images, 4, 3)
        net = slim.keras_layer(keras.layers.BatchNormalization, scope="norm")(
            net, training=is_training
        )
        net = tf.reshape(net, [-1, 36, 4])
        attention = slim.keras_layer(keras.layers.MultiHeadAttention, 2, 3, scope="attention")
        net = attention(net, net)
        dense = slim.keras_layer(keras.layers.Dense, 3, kernel_regularizer=keras.regularizers.L2(1))
        return dense(slim.flatten(net))


KERAS_NAMES = {
    "net/Conv/weights",
    "net/Conv/biases",
    "net/norm/gamma",
    "net/norm/beta",
    "net/norm/moving_mean",
    "net/norm/moving_variance",
    *(
        f"net/attention/{part}/{v}"
        for part in ("query", "key", "value", "attention_output")
        for v in ("kernel", "bias")
    ),
    "net/Dense/kernel",
    "net/Dense/bias",
}


def test_keras_layers_in_a_model(tmp_path):
    model = slim.Model(with_keras)
    outputs = model(IMAGES)
    assert set(model.named_variables) == KERAS_NAMES == set(names(model.variables))
    assert len(model.trainable_variables) == len(KERAS_NAMES) - 2
    variables = model.variables
    np.testing.assert_allclose(tf.function(model)(IMAGES), outputs, rtol=1e-4, atol=1e-5)
    assert all(a is b for a, b in zip(model.variables, variables, strict=True))
    kernel = model.named_variables["net/Dense/kernel"]
    np.testing.assert_allclose(model.losses, [np.sum(kernel.numpy() ** 2)], rtol=1e-5)
    other = slim.Model(with_keras).build(IMAGES.shape)
    other.restore(model.save(tmp_path / "model"))
    np.testing.assert_allclose(other(IMAGES), outputs, rtol=1e-4, atol=1e-5)
    assert "net/attention" in model.end_points


def test_keras_layers_in_a_v1_graph():
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None, 6, 6, 3])
        outputs = with_keras(images)
        assert set(names(v1.global_variables())) == KERAS_NAMES
        assert set(names(slim.get_model_variables())) == KERAS_NAMES
        with v1.variable_scope(v1.get_variable_scope(), reuse=True):
            again = with_keras(images)
        assert set(names(v1.global_variables())) == KERAS_NAMES
        session.run(v1.global_variables_initializer())
        left, right = session.run([outputs, again], {images: IMAGES})
        np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)
        assert len(v1.losses.get_regularization_losses()) == 1


def test_a_net_with_keras_layers_trains(strategy2):
    with strategy2.scope():
        model = slim.Model(with_keras).build(IMAGES.shape)
        step = slim.learning.make_train_step(
            model, slim.losses.sparse_softmax_cross_entropy, keras.optimizers.SGD(0.01)
        )
    data = tf.data.Dataset.from_tensors((IMAGES, LABELS)).repeat(3).unbatch().batch(8)
    before = {name: v.numpy() for name, v in model.named_variables.items()}
    losses = [float(step(*batch)) for batch in strategy2.experimental_distribute_dataset(data)]
    assert losses[-1] < losses[0]
    after = model.named_variables
    changed = {name for name in before if not np.array_equal(after[name].numpy(), before[name])}
    assert changed >= KERAS_NAMES - {"net/attention/key/bias"}  # softmax does not depend on it


def test_over_the_default_store_and_shared():
    layer = slim.keras_layer(keras.layers.Dense, 3, scope="dense")
    outputs = layer(IMAGES)
    again = slim.keras_layer(keras.layers.Dense, 3, scope="dense", reuse=True)(IMAGES)
    np.testing.assert_array_equal(outputs, again)
    assert names(slim.get_model_variables()) == ["dense/kernel", "dense/bias"]
    with pytest.raises(ValueError, match="'dense'.*reuse=True"):
        slim.keras_layer(keras.layers.Dense, 3, scope="dense")
    with pytest.raises(ValueError, match="'other'.*exists"):
        slim.keras_layer(keras.layers.Dense, 3, scope="other", reuse=True)


def test_the_precision_is_that_of_the_net():
    types = []

    def net(images):
        outputs = slim.keras_layer(keras.layers.Dense, 3)(images)
        types.append(outputs.dtype)
        return outputs

    model = slim.Model(net, precision="mixed_bfloat16")
    assert model(IMAGES).dtype == tf.float32
    assert types == [tf.bfloat16]
    assert {v.dtype for v in model.variables} == {tf.float32}


def test_an_arg_scope_over_a_keras_class():
    Dense = slim.add_arg_scope(keras.layers.Dense)
    with slim.arg_scope([Dense], activation="relu", use_bias=False):
        layer = Dense(4)
        assert isinstance(layer, keras.layers.Dense)
        assert (layer.units, layer.use_bias) == (4, False)
        model = slim.Model(lambda x: slim.keras_layer(Dense, 4)(x))
    assert float(tf.reduce_min(model(IMAGES))) == 0.0
    assert names(model.variables) == ["Dense/kernel"]
    assert Dense(4).use_bias


def test_an_arg_scope_over_a_users_function():
    @slim.add_arg_scope
    def block(net, depth, *, rate=1, layers=None, **kwargs):
        layers.append((depth, rate, kwargs))
        return slim.conv2d(net, depth, 3, rate=rate)

    kept = []
    with slim.arg_scope([block], rate=2, layers=kept, extra="x"), slim.arg_scope([block], depth=2):
        model = slim.Model(block)
    assert model(IMAGES).shape == [8, 6, 6, 2]
    assert kept == [(2, 2, {"extra": "x"})]  # the very list


def slim_net(images, is_training=False):
    with slim.scope("net"):
        net = slim.conv2d(
            images,
            4,
            3,
            normalizer_fn=slim.batch_norm,
            normalizer_params={"is_training": is_training, "decay": 0.5},
            weights_regularizer=slim.l2_regularizer(0.01),
        )
        net = slim.dropout(net, 0.9, is_training=is_training)
        return slim.flatten(net), {"conv": net}


@pytest.mark.parametrize("built", [False, True])
def test_a_model_within_keras_and_fit(built, tmp_path):
    model = slim.Model(slim_net)
    if built:
        model.build(tf.TensorSpec([None, 6, 6, 3]))
        before = [v.numpy() for v in model.variables]
    inputs = keras.Input([6, 6, 3])
    features = slim.as_keras_layer(model)(inputs)
    if built:
        for value, variable in zip(before, model.variables, strict=True):
            np.testing.assert_array_equal(value, variable)
    whole = keras.Model(inputs, keras.layers.Dense(3)(features))
    assert len(whole.trainable_variables) == 3 - 1 + 2  # weights, beta; kernel, bias
    whole(IMAGES)
    np.testing.assert_allclose(whole.losses, model.losses)
    whole.compile(
        keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    start = {name: v.numpy() for name, v in model.named_variables.items()}
    history = whole.fit(IMAGES, LABELS, batch_size=4, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    for name, variable in model.named_variables.items():
        assert not np.array_equal(start[name], variable.numpy()), name
    # Inference: no dropout, averages; and what Keras trained is what Slim saves.
    predicted = [whole.predict(IMAGES, verbose=0) for _ in range(2)]
    np.testing.assert_array_equal(*predicted)
    other = slim.Model(slim_net).build(tf.TensorSpec([None, 6, 6, 3]))
    other.restore(model.save(tmp_path / "model"))
    np.testing.assert_allclose(other(IMAGES)[0], model(IMAGES)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_frozen_layer_stands_still(frozen):
    layer = slim.as_keras_layer(slim.Model(slim_net))
    layer.trainable = not frozen
    inputs = keras.Input([6, 6, 3])
    # Keras takes the product for sparse while it finds out shapes.
    whole = keras.Model(inputs, keras.layers.Dense(3)(layer(inputs * 2.0)))
    assert len(whole.trainable_variables) == (2 if frozen else 4)
    whole.compile(
        keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    before = [w.numpy() for w in layer.weights]
    whole.fit(IMAGES, LABELS, verbose=0)
    moved = [not np.array_equal(a, w) for a, w in zip(before, layer.weights, strict=True)]
    assert moved == [not frozen] * len(layer.weights)
    assert len(whole.losses) == (0 if frozen else 1)


def test_make_template_finds_unscoped_names_again():
    with tf.Graph().as_default():
        net = tf.compat.v1.make_template("t", lambda x: slim.conv2d(slim.conv2d(x, 3, 1), 3, 1))
        images = v1.placeholder(tf.float32, IMAGES.shape)
        net(images)
        net(images)
        assert names(v1.global_variables()) == [
            f"t/{conv}/{name}" for conv in ("Conv", "Conv_1") for name in ("weights", "biases")
        ]
