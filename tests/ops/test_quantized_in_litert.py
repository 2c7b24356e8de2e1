"""What was trained to be computed in integers, computed in integers."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.export import fold

litert = pytest.importorskip("ai_edge_litert.interpreter")


@pytest.fixture(scope="module")
def digits():
    """A trained net, and images to try it on."""
    train = slim.data.Pipeline(
        slim.data.get_dataset("digits", "train"), 50, is_training=True, seed=0
    )
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 500)
    model = slim.nets.create("lenet", 10, quantize={"delay": 10}).build(train.element_spec[0])
    optimizer = tf.keras.optimizers.Adam(1e-3)
    step = slim.learning.make_train_step(model, slim.losses.sparse_softmax_cross_entropy, optimizer)
    for images, labels in train.dataset().take(60):
        step(images, labels)
    images, labels = next(iter(test.dataset()))
    return model, images, labels


def converted(net, spec) -> bytes:
    function = tf.function(net, autograph=False, input_signature=[spec])
    holder = tf.Module()
    holder.function = function
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], holder
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def in_integers(file: bytes, images):
    """What the file computes, and its step; nothing in it may be a float."""
    interpreter = litert.Interpreter(model_content=file)
    (inputs,), (outputs,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(inputs["index"], images.shape)
    interpreter.allocate_tensors()
    types = {tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    assert np.int8 in types and np.float32 not in types
    step, zero = inputs["quantization"]
    integers = np.clip(np.round(images / step) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(inputs["index"], integers)
    interpreter.invoke()
    step, zero = outputs["quantization"]
    return (interpreter.get_tensor(outputs["index"]).astype(np.float32) - zero) * step, step


def test_lenet_computes_the_same(digits):
    model, images, labels = digits
    expected = model(images)[0].numpy()
    file = converted(lambda x: model(x)[0], tf.TensorSpec([None, *images.shape[1:]]))
    found, step = in_integers(file, images.numpy())
    assert np.abs(found - expected).max() < 2.5 * step
    assert np.mean(found.argmax(1) == expected.argmax(1)) >= 0.99
    assert np.mean(found.argmax(1) == labels) > 0.8


def layers(images):
    """One of each kind, with batch norm to be folded."""
    normed = [slim.conv2d, slim.separable_conv2d, slim.fully_connected]
    with (
        slim.arg_scope(normed, normalizer_fn=slim.batch_norm),
        slim.arg_scope([slim.batch_norm], decay=0.8),
    ):
        net = slim.conv2d(images, 8, 3, stride=2, activation_fn=tf.nn.relu6, scope="conv")
        net = slim.separable_conv2d(net, None, 3, scope="depthwise")
        residual = slim.conv2d(net, 8, 1, activation_fn=None, scope="pointwise")
        net = slim.fake_quant(tf.nn.relu(net + residual), scope="add_quant")
        net = slim.avg_pool2d(slim.separable_conv2d(net, 6, 3, scope="separable"), 2)
        net = slim.fully_connected(slim.flatten(net), 12, scope="dense")
        covering = net[:, tf.newaxis, tf.newaxis]
        net = slim.conv2d(covering, 5, 1, normalizer_fn=None, activation_fn=None, scope="logits")
        return tf.squeeze(net, [1, 2])


@pytest.mark.parametrize("per_channel", [True, False])
def test_each_layer_is_taken(per_channel):
    model = slim.Model(layers, quantize={"per_channel": per_channel}).build(
        tf.TensorSpec([None, 8, 8, 3])
    )
    images = np.random.RandomState(0).uniform(-1, 1, [40, 8, 8, 3]).astype(np.float32)
    train = tf.function(lambda: model(images, is_training=True))
    for _ in range(30):
        train()
    file = converted(model, tf.TensorSpec([None, 8, 8, 3]))
    found, step = in_integers(file, images)
    expected = model(images).numpy()
    assert np.ptp(expected) > 20 * step
    assert np.abs(found - expected).max() < 6 * step and np.abs(found - expected).mean() < step


def test_it_is_folded_for_export(digits):
    model, images, _ = digits
    folded = fold.folded(model, tf.TensorSpec([None, *images.shape[1:]]))
    kinds = {node.op for node in folded.graph_def.node}
    assert "FakeQuantWithMinMaxVars" in kinds and "ReadVariableOp" not in kinds
    found = folded.function(images[:20])
    found = found["logits"] if isinstance(found, dict) else found
    np.testing.assert_allclose(found, model(images[:20])[0], atol=1e-5)
