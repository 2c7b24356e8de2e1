"""`slim.as_keras_layer` in Keras's files: saved, cloned, made from its config."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.house.sources import ROOT

keras = tf.keras
IMAGES = np.random.RandomState(0).rand(3, 16, 16, 3).astype(np.float32)


@keras.utils.register_keras_serializable("tests")
def tiny(images, classes=4, is_training=True):
    net = slim.conv2d(images, 6, 3, normalizer_fn=slim.batch_norm)
    net = slim.dropout(net, 0.5, is_training=is_training)
    return slim.fully_connected(tf.reduce_mean(net, [1, 2]), classes, activation_fn=None)


def plain(images):
    return slim.conv2d(images, 4, 3)


def randomized(model):
    """Values that nobody would take for initial ones."""
    rng = np.random.RandomState(1)
    for variable in model.variables:
        if variable.dtype.is_floating:
            variable.assign(rng.uniform(0.2, 0.6, variable.shape))
    return model


def of_a_function():
    return slim.Model(tiny, classes=5)


def of_a_name():
    return slim.nets.create("mobilenet_v1_025", 5, weight_decay=1e-3)


@keras.utils.register_keras_serializable("tests")
def with_keras_inside(images, is_training=True):
    net = slim.conv2d(images, 4, 3)
    net = slim.keras_layer(keras.layers.BatchNormalization, scope="norm")(net)
    return tf.reduce_mean(slim.keras_layer(keras.layers.Dense, 3, scope="fc")(net), [1, 2])


def of_keras_layers():
    return slim.Model(with_keras_inside)


def within_keras(model):
    inputs = keras.Input(IMAGES.shape[1:])
    layer = slim.as_keras_layer(model, name="trunk")
    whole = keras.Model(inputs, keras.layers.Dense(2)(layer(inputs)))
    randomized(model)
    return whole


def test_keras_layers_within_are_trained():
    model = of_keras_layers()
    whole = within_keras(model)
    before = {name: variable.numpy() for name, variable in model.named_variables.items()}
    whole.compile("sgd", "mse")
    whole.fit(IMAGES, np.ones([3, 2], np.float32), verbose=0)
    same = [n for n, v in model.named_variables.items() if np.array_equal(before[n], v)]
    assert same == ["Conv/biases"]  # which the normalization after it takes out again
    assert len(whole.layers[1].weights) == len(model.variables)  # none of them twice


@pytest.mark.parametrize("make", [of_a_function, of_a_name, of_keras_layers])
def test_it_is_saved_and_loaded(make, tmp_path):
    whole = within_keras(make())
    path = str(tmp_path / "whole.keras")
    whole.save(path)
    again = keras.models.load_model(path)
    np.testing.assert_array_equal(again(IMAGES), whole(IMAGES))
    assert again.layers[1].name == "trunk"
    assert [w.path for w in again.weights] == [w.path for w in whole.weights]
    # It has a net of its own, with the same regularization, and goes on learning.
    np.testing.assert_allclose(sum(again.losses), sum(whole.losses), rtol=1e-6)
    again.compile("sgd", "mse")
    again.fit(IMAGES, np.ones([3, 2], np.float32), verbose=0)
    assert not np.array_equal(again(IMAGES), whole(IMAGES))


@pytest.mark.parametrize("make", [of_a_function, of_a_name])
def test_it_is_cloned_and_made_from_its_config(make):
    whole = within_keras(make())
    for again in (keras.models.clone_model(whole), keras.Model.from_config(whole.get_config())):
        assert not np.array_equal(again(IMAGES), whole(IMAGES))
        again.set_weights(whole.get_weights())
        np.testing.assert_array_equal(again(IMAGES), whole(IMAGES))
        assert all(a is not b for a, b in zip(again.weights, whole.weights, strict=True))


def test_the_precision_is_kept():
    model = slim.nets.create("lenet", 3, precision="mixed_bfloat16")
    config = slim.as_keras_layer(model).get_config()
    assert config["net"]["precision"] == "mixed_bfloat16"
    again = type(slim.as_keras_layer(model)).from_config(config)
    assert again.get_config() == config


def scoped():
    with slim.arg_scope([slim.conv2d], padding="VALID"):
        return slim.Model(tiny)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: slim.Model(plain), "plain, .* is a function that no file can hold. Register it"),
        (scoped, "runs in an arg_scope, which no file can hold. Open it within the function tiny"),
        (lambda: slim.Model(tiny, classes=np.int64), "was made with classes, which no file can"),
    ],
    ids=["a function", "a scope", "an argument"],
)
def test_what_no_file_can_hold_is_named(make, said):
    with pytest.raises(slim.export.ExportError, match=said):
        slim.as_keras_layer(make()).get_config()


def test_a_program_that_only_loads(tmp_path):
    whole = within_keras(of_a_name())
    path = str(tmp_path / "whole.keras")
    whole.save(path)
    np.save(tmp_path / "images.npy", IMAGES)
    program = """
        import sys, numpy as np, tensorflow as tf
        from tf_slim import as_keras_layer
        model = tf.keras.models.load_model(sys.argv[1] + "/whole.keras")
        np.save(sys.argv[1] + "/found.npy", model(np.load(sys.argv[1] + "/images.npy")))
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_allclose(found, whole(IMAGES), rtol=1e-5, atol=1e-6)
