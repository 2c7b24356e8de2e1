"""Variables: the original's first lines in three modes, and finding variables by name."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.variables import model_variable, variable

v1 = tf.compat.v1


def l2(var):
    return 0.05 * tf.nn.l2_loss(var)


def first_lines(tf):
    """What the original's README begins with, for TF 1's names and for TF 2's."""
    truncated = getattr(tf, "truncated_normal_initializer", None)
    initializer = truncated(stddev=0.1) if truncated else tf.random_normal_initializer(stddev=0.1)
    weights = slim.variable(
        "weights", shape=[10, 10, 3, 3], initializer=initializer, regularizer=l2, device="/CPU:0"
    )
    slim.model_variable("model_weights", shape=[10, 10], initializer=initializer, regularizer=l2)
    slim.variable("my_var", shape=[20, 1], initializer=tf.zeros_initializer())
    slim.add_model_variable(tf.Variable([1.0], name="from_elsewhere"))
    return weights


def check_first_lines(weights):
    model_names = [v.name for v in slim.get_model_variables()]
    assert model_names == ["model_weights:0", "from_elsewhere:0"]
    names = [v.name for v in slim.get_variables()]
    assert names == ["weights:0", "model_weights:0", "my_var:0", "from_elsewhere:0"]
    assert weights.device.endswith("CPU:0")
    assert weights.shape == [10, 10, 3, 3]


@pytest.mark.parametrize("names", [tf, v1], ids=["tf2", "tf1"])
def test_first_lines_eagerly(names):
    check_first_lines(first_lines(names))
    with slim.collect() as got:
        with slim.scope(tf.compat.v1.get_variable_scope(), reuse=True):
            slim.variable("weights", shape=[10, 10, 3, 3])
        assert len(got.regularization_losses()) == 2


@pytest.mark.parametrize("names", [tf, v1], ids=["tf2", "tf1"])
def test_first_lines_in_a_v1_graph(names):
    with tf.Graph().as_default():
        weights = first_lines(names)
        check_first_lines(weights)
        assert len(v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)) == 2
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            assert 0.05 < np.std(session.run(weights)) < 0.15


def test_first_lines_in_a_function():
    made = []

    def net(x):
        slim.variable("weights", shape=[10, 10, 3, 3], regularizer=l2, device="/CPU:0")
        slim.model_variable("model_weights", shape=[10, 10], regularizer=l2)
        slim.variable("my_var", shape=[20, 1], initializer=tf.zeros_initializer())
        made.append([[v.name for v in f()] for f in (slim.get_variables, slim.get_model_variables)])
        return x

    model = slim.Model(net)
    tf.function(model)(tf.constant(1.0))
    assert made[0] == [["weights:0", "model_weights:0", "my_var:0"], ["model_weights:0"]]
    assert len(model.losses) == 2


def in_graph(body):
    with tf.Graph().as_default():
        return body()


def in_model(body):
    result = []
    slim.Model(lambda: result.append(body()))()
    return result[0]


def in_function(body):
    result = []
    model = slim.Model(lambda: result.append(body()))
    tf.function(model, autograph=False).get_concrete_function()
    return result[0]


MODES = pytest.mark.parametrize(
    "run",
    [in_graph, in_model, in_function, lambda body: body()],
    ids=["v1", "eager", "function", "default_store"],
)


def populate():
    with slim.scope("A"):
        with slim.scope("conv1"):
            model_variable("weights", [3])
            model_variable("moving_mean", [3], trainable=False)
        with slim.scope("conv10"):
            model_variable("weights", [3])
            model_variable("biases", [3])
    with slim.scope("AB"):
        variable("weights", [2], collections=["mine", v1.GraphKeys.GLOBAL_VARIABLES])


def names(variables):
    return [v.name.partition(":")[0] for v in variables]


SELECTIONS = {
    "all": (
        lambda: slim.get_variables(),
        [
            "A/conv1/weights",
            "A/conv1/moving_mean",
            "A/conv10/weights",
            "A/conv10/biases",
            "AB/weights",
        ],
    ),
    "scope is a prefix": (
        lambda: slim.get_variables("A/conv10"),
        ["A/conv10/weights", "A/conv10/biases"],
    ),
    "scope is a regular expression": (
        lambda: slim.get_variables("A.conv10?/w"),
        ["A/conv1/weights", "A/conv10/weights"],
    ),
    "suffix": (lambda: slim.get_variables(suffix="biases"), ["A/conv10/biases"]),
    "suffix with a colon": (lambda: slim.get_variables(suffix="biases:0"), ["A/conv10/biases"]),
    "by suffix": (lambda: slim.get_variables_by_suffix("ights", "AB"), ["AB/weights"]),
    "by name": (
        lambda: slim.get_variables_by_name("weights", "A/"),
        ["A/conv1/weights", "A/conv10/weights"],
    ),
    "by part of a name": (lambda: slim.get_variables_by_name("ights"), []),
    "model": (lambda: slim.get_model_variables("AB"), []),
    "trainable": (lambda: slim.get_trainable_variables("A/conv1/"), ["A/conv1/weights"]),
    "collection": (lambda: slim.get_variables(collection="mine"), ["AB/weights"]),
    "to restore": (
        lambda: slim.get_variables_to_restore(include=["AB", "A/conv10"], exclude=["A/conv10/b"]),
        ["AB/weights", "A/conv10/weights"],
    ),
    "unique": (lambda: [slim.get_unique_variable("A/conv1/weights")], ["A/conv1/weights"]),
    "filter": (
        lambda: slim.filter_variables(slim.get_variables(), ["conv"], ["weights"]),
        ["A/conv1/moving_mean", "A/conv10/biases"],
    ),
    "filter from the start": (
        lambda: slim.filter_variables(slim.get_variables(), ["AB"], reg_search=False),
        ["AB/weights"],
    ),
    "scope object": (
        lambda: slim.get_variables(v1.VariableScope(False, name="AB")),
        ["AB/weights"],
    ),
}


@MODES
@pytest.mark.parametrize("selection", SELECTIONS)
def test_selections(run, selection):
    select, expected = SELECTIONS[selection]

    def body():
        populate()
        return names(select())

    assert run(body) == expected


@MODES
def test_errors(run):
    def body():
        populate()
        with pytest.raises(ValueError, match="no variable 'conv1/weights'"):
            slim.get_unique_variable("conv1/weights")
        with pytest.raises(TypeError, match=r"include=\['A'\]"):
            slim.get_variables_to_restore(include="A")
        return True

    assert run(body)


@MODES
def test_local_and_global_variables_and_the_step(run):
    def body():
        slim.local_variable([1.0], name="local")
        slim.global_variable(5, name="global")
        if run is not in_function:  # a function is traced twice
            assert slim.get_global_step() is None
        step = slim.get_or_create_global_step()
        assert slim.get_or_create_global_step() is step
        assert slim.assert_or_get_global_step() is step
        with pytest.raises(ValueError):
            slim.create_global_step()
        assert step.dtype.base_dtype == tf.int64
        return (
            names(slim.get_local_variables()),
            names(slim.get_variables()),
            names(slim.get_trainable_variables()),
        )

    assert run(body) == (["local"], ["global", "global_step"], [])


# What selects more than was meant, or nothing: (call, the warning; None for none).
SURPRISES = {
    "a scope that begins another": (
        lambda: slim.get_variables("A/conv1"),
        r"scope='A/conv1' has also selected 'A/conv10/weights:0' and 1 more.*scope='A/conv1/'",
    ),
    "that scope": (lambda: slim.get_variables("A/conv1/"), None),
    "one variable": (lambda: slim.get_variables("A/conv1/weights"), None),
    "a beginning of several": (lambda: slim.get_variables("A/con"), None),
    "a regular expression": (lambda: slim.get_variables("A/conv1.*"), None),
    "a suffix of another": (
        lambda: slim.get_variables(suffix="mean"),
        r"suffix='mean' has also selected 'A/conv1/moving_mean:0'.*suffix='/mean'",
    ),
    "a whole suffix": (lambda: slim.get_variables(suffix="/mean"), None),
    "by name": (lambda: slim.get_variables_by_name("mean"), None),
    "nothing to exclude": (
        lambda: slim.get_variables_to_restore(exclude=["conv10"]),
        r"exclude: 'conv10' selects none of 6 variables.*Write 'A/conv10'",
    ),
    "nothing to include": (
        lambda: slim.get_variables_to_restore(include=["A/conv11"]),
        r"include: 'A/conv11' selects none.*Near names: A/conv10?/",
    ),
    "to restore": (lambda: slim.get_variables_to_restore(["A/conv1/"], ["A/conv1/m"]), None),
}


@MODES
def test_surprises_are_told(run):
    def body():
        populate()
        model_variable("mean", [1])
        for select, text in SURPRISES.values():
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                select()
            messages = [str(one.message) for one in told if one.category is UserWarning]
            assert len(messages) == (text is not None), (text, messages)
            assert text is None or re.search(text, messages[0]), messages
        with pytest.raises(ValueError, match=r"is no regular expression.*re\.escape"):
            slim.get_variables("A/(")
        inside = v1.VariableScope(False, name="A")
        assert names(slim.get_variables(inside))[-1] == "A/conv10/biases"
        with pytest.warns(UserWarning, match="scope='A/'"):
            assert len(slim.get_variables("A")) == 5
        return True

    assert run(body)


def test_a_global_step_within_a_scope():
    """In a v1 graph TensorFlow puts it there, and so did TF 1.15; elsewhere it has one name."""
    with tf.Graph().as_default(), v1.variable_scope("cell_0"):
        with pytest.warns(UserWarning, match="'cell_0/global_step'.*before the net is built"):
            step = slim.get_or_create_global_step()
        assert step.op.name == "cell_0/global_step"
        assert slim.get_or_create_global_step() is step
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("error")
        step = slim.create_global_step()
        with v1.variable_scope("cell_0"):
            assert slim.get_or_create_global_step() is step
    with slim.scope("cell_0"):
        assert slim.get_or_create_global_step().name == "global_step:0"


INITIALIZERS = {
    "value": (dict(initializer=np.float32([1, 2])), [1, 2]),
    "function of shape": (
        dict(shape=[2], initializer=lambda shape, dtype: tf.ones(shape, dtype)),
        [1, 1],
    ),
    "TF 1 style": (
        dict(
            shape=[2],
            initializer=lambda shape, dtype=None, partition_info=None: tf.fill(
                shape, tf.cast(3, dtype)
            ),
        ),
        [3, 3],
    ),
    "function without arguments": (dict(initializer=lambda: tf.constant([4.0])), [4]),
    "class": (dict(shape=[2], initializer=tf.zeros_initializer), [0, 0]),
    "integers by default": (dict(shape=[2], dtype=tf.int32), [0, 0]),
}


@pytest.mark.parametrize("run", [in_model, in_function], ids=["eager", "function"])
@pytest.mark.parametrize("kind", INITIALIZERS)
def test_initializers(run, kind):
    kwargs, expected = INITIALIZERS[kind]
    made = run(lambda: variable("v", **kwargs))
    np.testing.assert_array_equal(made.numpy(), expected)


def test_unknown_shape():
    with pytest.raises(ValueError, match=r"'v'.*not fully defined"):
        variable("v", shape=[None, 2])


@MODES
def test_device_function(run):
    seen = []

    def device(op):
        seen.append(op.type)
        return "/CPU:1"

    made = run(lambda: variable("v", [2], device=device))
    assert made.device.endswith("CPU:1")
    assert len(seen) >= 1


@MODES
def test_scoped_device(run):
    def body():
        with slim.arg_scope([slim.variable, slim.model_variable], device="/CPU:1"):
            return model_variable("v", [2]).device

    assert run(body).endswith("CPU:1")
