"""What AutoGraph converts: of a user's functions the one that needs it, and nothing of ours."""

from __future__ import annotations

import functools
import linecache
import pathlib
import traceback
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import dense

X = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]], np.float32)
HERE = str(pathlib.Path(__file__))


# ------------------------------------------------- functions of a user, doubling positive sums


def _of_helper(x):
    total = tf.reduce_sum(x)
    if total > 0:
        return total * 2.0
    return total


def if_of_tensors(outputs, labels):
    total = tf.reduce_sum(outputs)
    if total > 0:
        total = total * 2.0
    return total


def loop_over_a_tensor(outputs, labels):
    total = tf.constant(0.0)
    for row in outputs:
        total += tf.reduce_sum(row)
    return tf.where(total > 0, total * 2.0, total)


def loop_of_a_range(outputs, labels):
    total = tf.constant(0.0)
    for index in range(tf.shape(outputs)[0]):
        total += tf.reduce_sum(outputs[index])
    return tf.where(total > 0, total * 2.0, total)


def while_of_tensors(outputs, labels):
    total, index = tf.constant(0.0), tf.constant(0)
    while index < tf.shape(outputs)[0]:
        total += tf.reduce_sum(outputs[index])
        index += 1
    return tf.where(total > 0, total * 2.0, total)


def helper_called(outputs, labels):
    return _of_helper(outputs)


def inside_map_fn(outputs, labels):
    return tf.reduce_sum(tf.map_fn(lambda one: _of_helper(outputs) * one, tf.constant([0.5, 0.5])))


def closure():
    factor = tf.constant(2.0)

    def loss(outputs, labels):
        total = tf.reduce_sum(outputs)
        if total > 0:
            total = total * factor
        return total

    return loss


class OfAnObject:
    """A bound method, and an object that is called."""

    factor = 2.0

    def method(self, outputs, labels):
        total = tf.reduce_sum(outputs)
        if total > 0:
            total = total * self.factor
        return total

    def __call__(self, outputs, labels):
        return self.method(outputs, labels)


def with_an_option(outputs, labels, factor):
    total = tf.reduce_sum(outputs)
    return total * factor if total > 0 else total


def decorated(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


@slim.add_arg_scope
def scoped(outputs, labels, factor=1.0):
    total = tf.reduce_sum(outputs)
    if total > 0:
        total = total * factor
    return total


def in_arg_scope(outputs, labels):
    with slim.arg_scope([scoped], factor=2.0):
        return scoped(outputs, labels)


def of_ours(outputs, labels):
    """Layers and losses of ours beside control flow."""
    total = tf.reduce_sum(slim.flatten(outputs))
    if total > 0:
        total = total * 2.0
    slim.losses.add_loss(total)


@tf.function
def of_tensorflow(outputs, labels):
    return if_of_tensors(outputs, labels)


FUNCTIONS = {
    "if": if_of_tensors,
    "loop": loop_over_a_tensor,
    "range": loop_of_a_range,
    "while": while_of_tensors,
    "helper": helper_called,
    "map_fn": inside_map_fn,
    "closure": closure(),
    "method": OfAnObject().method,
    "object": OfAnObject(),
    "partial": functools.partial(with_an_option, factor=2.0),
    "decorated": decorated(if_of_tensors),
    "lambda": lambda outputs, labels: with_an_option(outputs, labels, 2.0),
    "arg_scope": in_arg_scope,
    "ours": of_ours,
    "tf.function": of_tensorflow,
}


def identity(x):
    return x * slim.variable("scale", [], initializer=tf.ones_initializer())


def train_step(loss, net=identity, shape=(None, 3), **kwargs):
    model = slim.Model(net).build(tf.TensorSpec(shape))
    optimizer = tf.keras.optimizers.SGD(0.0)
    return slim.learning.make_train_step(model, loss, optimizer, **kwargs)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_with_control_flow_over_tensors(name, sign):
    step = train_step(FUNCTIONS[name])
    total = float(np.sum(-sign * X))
    np.testing.assert_allclose(step(-sign * X, X), total * 2 if total > 0 else total, rtol=1e-6)


@pytest.mark.parametrize("mode", ["xla", "replicas", "own function", "averages"])
def test_a_loss_with_control_flow_in_each_way_of_training(mode, strategy2):
    total = float(np.sum(-X))
    if mode == "replicas":
        with strategy2.scope():
            step = train_step(if_of_tensors)
        data = tf.data.Dataset.from_tensors((-X, X)).repeat().unbatch().batch(4)
        loss = step(*next(iter(strategy2.experimental_distribute_dataset(data))))
        np.testing.assert_allclose(loss, 2 * total, rtol=1e-6)
        return
    options = {"xla": {"jit_compile": True}, "averages": {"average_decay": 0.9}}
    step = train_step(if_of_tensors, **options.get(mode, {}))
    call = tf.function(step) if mode == "own function" else step
    for _ in range(2):
        np.testing.assert_allclose(call(-X, X), 2 * total, rtol=1e-6)


# ------------------------------------------------------------------------------ nets


def branching(x, is_training=False):
    x = dense(x, 3)
    if tf.reduce_sum(x) > 0:
        x = slim.dropout(x * 2.0, 1.0, is_training=is_training)
    for _ in range(tf.constant(2)):
        x += 1.0
    return x


def in_inference_alone(x, is_training=False):
    x = dense(x, 3)
    if not is_training:
        if tf.reduce_sum(x) > 0:
            x = x * 2.0
        x += 2.0
    return x


CALLS = {
    "eager": lambda model: model(X),
    "a function of the user": lambda model: tf.function(model)(X),
    "one without AutoGraph": lambda model: tf.function(model, autograph=False)(X),
    "in Keras": lambda model: tf.keras.Sequential([slim.as_keras_layer(model)])(X),
    "serving": lambda model: model.serving_default(X)["logits"],
}


@pytest.mark.parametrize("call", CALLS)
def test_a_net_with_control_flow_is_built_and_called_everywhere(call):
    model = slim.Model(branching).build(tf.TensorSpec([None, 3]))
    assert [v.name for v in model.variables] == ["fc/weights:0"]
    product = X @ model.variables[0].numpy()
    expected = product * (2.0 if product.sum() > 0 else 1.0) + 2.0
    np.testing.assert_allclose(CALLS[call](model), expected, rtol=1e-5)


@pytest.mark.parametrize("net", [branching, in_inference_alone])
def test_a_net_with_control_flow_is_evaluated_and_served(net, tmp_path):
    model = slim.Model(net).build(tf.TensorSpec([None, 3]))
    expected = model(X)
    metrics = {
        "mean": (slim.metrics.streaming_mean, lambda outputs, labels: (outputs,)),
        "loss": (slim.metrics.streaming_mean, lambda *pair: (if_of_tensors(*pair),)),
    }
    found = slim.evaluation.evaluate(model, (X, X), metrics)
    np.testing.assert_allclose(found["mean"], np.mean(expected), rtol=1e-5)
    total = np.sum(expected)
    np.testing.assert_allclose(found["loss"], total * 2 if total > 0 else total, rtol=1e-5)
    tf.saved_model.save(model, str(tmp_path))
    serve = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    np.testing.assert_allclose(serve(tf.constant(X)).popitem()[1], expected, rtol=1e-5)


def test_of_two_models_the_one_with_the_control_flow_is_converted():
    inner = slim.Model(branching)
    outer = slim.Model(lambda x: inner(x) * 1.0).build(tf.TensorSpec([None, 3]))
    assert (inner._net.is_converted, outer._net.is_converted) == (True, False)
    assert outer(X).shape == (2, 3)


class Counting(tf.keras.optimizers.SGD):
    """Takes every second step alone."""

    def apply_gradients(self, grads_and_vars):
        if self.taken % 2 == 0:
            super().apply_gradients(grads_and_vars)
        self.taken.assign_add(1)


def test_an_optimizer_with_control_flow():
    model = slim.Model(identity).build(tf.TensorSpec([None, 3]))
    optimizer = Counting(1.0)
    optimizer.taken = tf.Variable(0, trainable=False)
    step = slim.learning.make_train_step(model, lambda x, _: tf.reduce_sum(x), optimizer)
    seen = []
    for _ in range(4):
        step(X, X)
        seen.append(float(model.variables[0]))
    np.testing.assert_allclose(np.diff([1.0, *seen]) != 0, [True, False, True, False])


class Positive(tf.keras.metrics.Mean):
    """The mean of batches whose sum is positive."""

    def update_state(self, values, sample_weight=None):
        if tf.reduce_sum(values) > 0:
            super().update_state(values)


def test_a_metric_with_control_flow():
    model = slim.Model(identity).build(tf.TensorSpec([None, 3]))
    data = tf.data.Dataset.from_tensor_slices((np.stack([X, -X]), np.stack([X, X])))
    metrics = {"positive": (Positive(), lambda outputs, labels: (outputs,))}
    found = slim.evaluation.evaluate(model, data, metrics)
    np.testing.assert_allclose(found["positive"], np.mean(-X), rtol=1e-6)


def brightened(image, *, is_training, seed):
    image = tf.cast(image, tf.float32)
    if tf.reduce_max(image) < 200.0:
        image += 50.0
    return image


def test_a_preprocessing_with_control_flow():
    pictures = np.stack([np.full([4, 4, 1], value, np.uint8) for value in (10, 250)])
    source = slim.data.from_arrays(pictures, [0, 1])
    data = slim.data.Pipeline(source, 2, is_training=False, preprocess=brightened)
    ((images, _),) = list(data)
    np.testing.assert_array_equal(images[:, 0, 0, 0], [60.0, 250.0])


def test_what_evaluation_is_given_anew_at_each_call_is_traced_once():
    traced = []

    def net(x):
        traced.append("net")
        return identity(x)

    def prepared(image, *, is_training, seed):
        traced.append("preprocessing")
        return tf.cast(image, tf.float32)

    def error(power):
        return slim.metrics.streaming_mean, lambda outputs, labels: (outputs**power,)

    model = slim.Model(net).build(tf.TensorSpec([None, 4, 4, 1]))
    pictures = np.full([3, 4, 4, 1], 2, np.uint8)
    source = slim.data.from_arrays(pictures, [0, 1, 0])
    data = slim.data.Pipeline(source, 2, is_training=False, preprocess=prepared)
    traced.clear()
    for power, new in [(2, ["net"]), (2, []), (3, ["net"]), (2, [])]:
        found = slim.evaluation.evaluate(model, data, {"error": error(power)})
        assert found["error"] == 2.0**power
        assert [one for one in traced if one == "net"] == new
        assert traced.count("preprocessing") <= 1
        traced.clear()


# ---------------------------------------------------------- what is told, and what is left alone


def failing(outputs, labels):
    return tf.matmul(outputs, tf.zeros([7, 7]))  # the line to be told


def failing_behind_an_if(outputs, labels):
    if tf.reduce_sum(outputs) > 1e9:
        outputs = outputs * 2.0
    return tf.matmul(outputs, tf.zeros([7, 7]))  # the line to be told


def of_a_wrong_type(outputs, labels):
    return tf.reduce_sum(outputs, "far away")  # the line to be told


def not_supported(outputs, labels):
    return max(tf.reduce_sum(outputs), 0.0)  # the line to be told


@pytest.mark.parametrize("loss", [failing, of_a_wrong_type, not_supported])
def test_the_traceback_of_a_loss_ends_in_its_file(loss):
    step = train_step(loss)
    with pytest.raises((ValueError, TypeError)) as caught:
        step(X, X)
    where = traceback.extract_tb(caught.value.__traceback__)
    assert not any("__autograph_generated" in frame.filename for frame in where)
    last = [frame for frame in where if frame.filename == HERE][-1]
    assert "the line to be told" in linecache.getline(HERE, last.lineno or 0)
    assert not step._loss.is_converted


def test_an_error_of_a_converted_loss_begins_in_its_file():
    step = train_step(failing_behind_an_if)
    with pytest.raises(ValueError, match="in user code") as caught:
        step(X, X)
    told = str(caught.value).split("File ")[1]
    assert told.startswith(f'"{HERE}"') and "the line to be told" in told


def test_warnings_name_the_file_of_the_user():
    def loss(outputs, labels):
        warnings.warn("mine", UserWarning, stacklevel=1)
        return tf.reduce_sum(outputs)

    with pytest.warns(UserWarning, match="mine") as caught:
        train_step(loss)(X, X)
    assert {one.filename for one in caught} == {HERE}


def test_a_function_without_source_is_called_as_it_is(caplog):
    namespace = {"tf": tf}
    exec("def loss(outputs, labels):\n    return tf.reduce_sum(outputs)", namespace)
    np.testing.assert_allclose(train_step(namespace["loss"])(X, X), np.sum(X), rtol=1e-6)
    exec("def loss(x, y):\n    return tf.reduce_sum(x) if tf.reduce_sum(x) > 0 else 0.0", namespace)
    with pytest.raises(TypeError, match="Python `bool`"):
        train_step(namespace["loss"])(X, X)


def test_nothing_is_converted_that_needs_no_conversion():
    converted = []

    def look():
        stack = traceback.extract_stack()
        converted.append(any("__autograph_generated" in frame.filename for frame in stack))

    def net(x, is_training=False):
        look()
        for _ in range(2):
            x = slim.conv2d(x, 3, 3, normalizer_fn=slim.batch_norm, activation_fn=activation)
        return tf.reduce_mean(x, [1, 2])

    def activation(x):
        look()
        return x

    def loss(outputs, labels):
        look()
        return tf.reduce_sum(outputs)

    def prepared(image, *, is_training, seed):
        look()
        return tf.cast(image, tf.float32)

    def of_batch(outputs, labels):
        look()
        return (outputs,)

    source = slim.data.from_arrays(np.ones([4, 4, 4, 1], np.uint8), [0, 1, 0, 1])
    train = slim.data.Pipeline(source, 2, is_training=True, preprocess=prepared)
    step = train_step(loss, net, shape=[None, 4, 4, 1])
    slim.learning.fit(step, train, None, 1, hooks=[])
    held_out = slim.data.Pipeline(source, 2, is_training=False, preprocess=prepared)
    metrics = {"mean": (slim.metrics.streaming_mean, of_batch)}
    slim.evaluation.evaluate(step.model, held_out, metrics)
    assert len(converted) > 10
    assert not any(converted)


def test_a_function_of_the_user_sees_its_code_converted_and_ours_not():
    """Within a `tf.function` with AutoGraph."""
    seen = []

    def net(x):
        seen.append(("net", _is_converted("net")))
        return slim.fully_connected(x, 2, activation_fn=_activation)

    def _activation(x):
        seen.append(("layer", _is_converted("_activation")))
        return x

    model = slim.Model(net).build(tf.TensorSpec([None, 3]))
    assert seen == [("net", False), ("layer", False)]
    seen.clear()
    tf.function(lambda x: model(x))(X)
    assert seen == [("net", True), ("layer", False)]


@tf.autograph.experimental.do_not_convert
def _is_converted(function: str) -> bool:
    return any(frame.name == f"tf__{function}" for frame in traceback.extract_stack())


def test_in_a_v1_graph_a_truth_value_of_a_tensor_is_an_error_as_ever():
    with tf.Graph().as_default():
        model = slim.Model(branching)
        with pytest.raises(TypeError, match="Python `bool`"):
            model(tf.constant(X))
        assert not model._net.is_converted
