"""`tf.saved_model.save(model, path)`, as people write it, has a signature to serve by."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim


def classifier(images, is_training=True):
    with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm):
        net = slim.conv2d(images, 4, 3, scope="conv")
    logits = slim.fully_connected(tf.reduce_mean(net, [1, 2]), 3, activation_fn=None, scope="fc")
    return logits, {"conv": net}


def two_heads(images):
    net = slim.conv2d(images, 4, 3, scope="conv")
    return {"mask": net, "score": tf.reduce_mean(net, [1, 2])}


def of_two(first, second):
    return slim.conv2d(first, 2, 1, scope="a"), slim.conv2d(second, 2, 1, scope="b")


SPEC = tf.TensorSpec([None, 8, 8, 3])
IMAGES = np.random.default_rng(0).normal(size=[5, 8, 8, 3]).astype(np.float32)

# A net, the specs it is built by, and what its signature takes and gives.
ROWS = {
    "logits": (classifier, [SPEC], {"images"}, {"logits"}),
    "a dict": (two_heads, [SPEC], {"images"}, {"mask", "score"}),
    "two inputs": (of_two, [SPEC, SPEC], {"input_0", "input_1"}, {"output_0", "output_1"}),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_signature_gives_what_the_model_gives(name, tmp_path):
    net, specs, takes, gives = ROWS[name]
    model = slim.Model(net).build(*specs)
    tf.saved_model.save(model, tmp_path)
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    assert set(serve.structured_input_signature[1]) == takes
    found = serve(**dict.fromkeys(takes, tf.constant(IMAGES)))
    assert set(found) == gives
    expected = model(*[IMAGES] * len(specs))
    if name == "logits":
        expected = expected[0]
    for value, one in zip(
        tf.nest.flatten(expected), [found[key] for key in sorted(gives)], strict=True
    ):
        np.testing.assert_allclose(one, value, rtol=0, atol=1e-6)


def test_its_variables_can_be_trained_further(tmp_path):
    model = slim.Model(classifier).build(SPEC)
    tf.saved_model.save(model, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    before = loaded.serving_default(tf.constant(IMAGES))["logits"].numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded.serving_default(tf.constant(IMAGES))["logits"])
    variables = loaded.signatures["serving_default"].trainable_variables
    assert len(variables) == len(model.trainable_variables)
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(gradient)
    assert np.abs(loaded.serving_default(tf.constant(IMAGES))["logits"] - before).max() > 1e-3


def test_a_model_that_was_called_and_not_built_has_one(tmp_path):
    model = slim.Model(classifier)
    model(IMAGES)
    tf.saved_model.save(model, tmp_path)
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    assert serve(tf.constant(IMAGES[:1]))["logits"].shape == [1, 3]


def test_signatures_of_ones_own_have_their_way(tmp_path):
    model = slim.Model(classifier).build(SPEC)
    own = tf.function(lambda x: {"mine": model(x)[0]}, input_signature=[SPEC])
    tf.saved_model.save(model, tmp_path, signatures={"serving_default": own})
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    assert set(serve.structured_outputs) == {"mine"}


def test_a_model_that_is_not_built_is_saved_without(tmp_path):
    tf.saved_model.save(slim.Model(classifier), tmp_path)
    assert not tf.saved_model.load(tmp_path).signatures


def test_a_net_that_does_not_infer_is_saved_without_one_and_told(tmp_path, monkeypatch):
    def moody(images, is_training=True):
        if not is_training:
            raise RuntimeError("not today")
        return slim.conv2d(images, 2, 1)

    model = slim.Model(moody).build(SPEC)
    told = []
    monkeypatch.setattr(tf.get_logger(), "warning", lambda text, *args: told.append(text % args))
    tf.saved_model.save(model, tmp_path)
    assert any("without a signature" in one and "not today" in one for one in told)
    assert not tf.saved_model.load(tmp_path).signatures


def test_lower_precision_gives_float32(tmp_path):
    model = slim.Model(classifier, precision="mixed_bfloat16").build(SPEC)
    tf.saved_model.save(model, tmp_path)
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    assert serve(tf.constant(IMAGES))["logits"].dtype == tf.float32
