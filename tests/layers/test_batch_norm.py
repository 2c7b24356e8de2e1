"""Batch normalization against closed forms, on each of its paths and in each mode."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
KEYS = v1.GraphKeys

IMAGES = np.random.RandomState(3).uniform(-1.0, 3.0, [4, 3, 2, 2]).astype(np.float32)
DECAY, EPSILON = 0.75, 0.01


def moments(inputs, weights=None, axis=-1):
    """Mean, variance and unbiased variance of each channel, in numpy."""
    rows = np.moveaxis(inputs, axis, -1).reshape(-1, inputs.shape[axis]).astype(np.float64)
    each = None if weights is None else np.repeat(weights, len(rows) // len(inputs))
    mean = np.average(rows, axis=0, weights=each)
    variance = np.average((rows - mean) ** 2, axis=0, weights=each)
    return mean, variance, variance * len(rows) / (len(rows) - 1)


class Run:
    """A layer, called in one mode; `state` are its variables by name."""

    def __init__(self, mode: str, layer):
        self.mode, self.layer = mode, layer

    def __call__(self, inputs, times=1):
        if self.mode == "v1 graph":
            with tf.Graph().as_default(), v1.Session() as session:
                outputs = self.layer(tf.constant(inputs))
                variables = v1.global_variables()
                session.run(v1.global_variables_initializer())
                result = session.run(outputs)
                for _ in range(times):
                    session.run(v1.get_collection(KEYS.UPDATE_OPS))
                self.names = [v.op.name for v in variables]
                values = session.run(variables)
        else:
            model = slim.Model(self.layer, is_training=True)
            model.build(tf.TensorSpec(inputs.shape, inputs.dtype))
            call = model
            if self.mode != "eager":
                call = tf.function(model, jit_compile=self.mode == "compiled")
            for _ in range(times):
                result = call(tf.constant(inputs)).numpy()
            self.names = [v.name.removesuffix(":0") for v in model.variables]
            values = [v.numpy() for v in model.variables]
        self.state = dict(zip(self.names, values, strict=True))
        return result


@pytest.fixture(params=["eager", "function", "compiled", "v1 graph"])
def mode(request):
    return request.param


def close(left, right, tolerance=1e-4):
    np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


# Which variance the average follows, and the order of the variables.
PATHS = {
    "default": ({}, "unbiased", "gamma first"),
    "default as a list": ({"updates_collections": [KEYS.UPDATE_OPS]}, "unbiased", "gamma first"),
    "in steps": ({"fused": False}, "biased", "gamma first"),
    "more collections": (
        {"updates_collections": ["mine", KEYS.UPDATE_OPS]},
        "unbiased",
        "beta first",
    ),
    "at once": ({"updates_collections": None}, "unbiased", "beta first"),
    "at once in steps": ({"updates_collections": None, "fused": False}, "biased", "beta first"),
    "weights": ({"batch_weights": np.ones(4, np.float32)}, "biased", "beta first"),
}
RANKS = {
    "rank 2": ([8, 3], "unbiased", "beta first"),
    "rank 3": ([4, 5, 3], "biased", "gamma first"),
    "rank 5": ([2, 2, 3, 2, 3], "biased", "gamma first"),
}


def check_training(run: Run, inputs, variance_kind: str, order: str, axis=-1):
    outputs = run(inputs)
    mean, biased, unbiased = moments(inputs, axis=axis)
    shape = [1] * inputs.ndim
    shape[axis] = -1
    close(
        outputs,
        (inputs - mean.reshape(shape)) / np.sqrt(biased.reshape(shape) + EPSILON),
    )
    variance = unbiased if variance_kind == "unbiased" else biased
    close(run.state["b/moving_mean"], (1 - DECAY) * mean)
    close(run.state["b/moving_variance"], DECAY + (1 - DECAY) * variance)
    first, second = ("gamma", "beta") if order == "gamma first" else ("beta", "gamma")
    assert run.names == [f"b/{name}" for name in (first, second, "moving_mean", "moving_variance")]


@pytest.mark.parametrize("path", PATHS)
def test_paths(path, mode):
    kwargs, variance_kind, order = PATHS[path]

    def layer(inputs):
        return slim.batch_norm(
            inputs, decay=DECAY, epsilon=EPSILON, scale=True, scope="b", **kwargs
        )

    check_training(Run(mode, layer), IMAGES, variance_kind, order)


@pytest.mark.parametrize("ranks", RANKS)
def test_ranks(ranks, mode):
    shape, variance_kind, order = RANKS[ranks]
    inputs = np.random.RandomState(4).normal(size=shape).astype(np.float32)

    def layer(inputs):
        return slim.batch_norm(inputs, decay=DECAY, epsilon=EPSILON, scale=True, scope="b")

    check_training(Run(mode, layer), inputs, variance_kind, order)


@pytest.mark.parametrize("fused", [None, False])
def test_channels_first(fused):
    def layer(inputs):
        return slim.batch_norm(
            inputs,
            decay=DECAY,
            epsilon=EPSILON,
            scale=True,
            scope="b",
            fused=fused,
            data_format="NCHW",
        )

    kind = "biased" if fused is False else "unbiased"
    check_training(Run("eager", layer), IMAGES, kind, "gamma first", axis=1)


def test_float64_has_the_numbers_of_float32(mode):
    def layer(inputs):
        return slim.batch_norm(inputs, decay=DECAY, epsilon=EPSILON, scale=True, scope="b")

    run = Run(mode, layer)
    check_training(run, IMAGES.astype(np.float64), "unbiased", "gamma first")
    assert run.state["b/beta"].dtype == np.float64


def test_half_precision_keeps_its_statistics_in_float32(mode):
    for kwargs in ({}, {"fused": False}, {"batch_weights": np.ones(4, np.float32)}):

        def layer(inputs, kwargs=kwargs):
            return slim.batch_norm(inputs, decay=DECAY, scope="b", **kwargs)

        run = Run(mode, layer)
        assert run(IMAGES.astype(np.float16)).dtype == np.float16
        assert {value.dtype for value in run.state.values()} == {np.dtype(np.float32)}
        close(run.state["b/moving_mean"], (1 - DECAY) * moments(IMAGES)[0], 1e-3)


def test_two_steps(mode):
    run = Run(mode, lambda inputs: slim.batch_norm(inputs, decay=DECAY, scope="b"))
    run(IMAGES, times=2)
    mean, _, unbiased = moments(IMAGES)
    close(run.state["b/moving_mean"], (1 - DECAY**2) * mean)
    close(run.state["b/moving_variance"], DECAY**2 + (1 - DECAY**2) * unbiased)


def test_inference_uses_the_averages_and_leaves_them(mode):
    initial = {
        "moving_mean": tf.constant_initializer([1.0, 2.0]),
        "moving_variance": tf.constant_initializer([4.0, 9.0]),
        "beta": tf.constant_initializer([0.5, -0.5]),
        "gamma": tf.constant_initializer([2.0, 3.0]),
    }
    for fused in (None, False):

        def layer(inputs, fused=fused):
            return slim.batch_norm(
                inputs,
                scale=True,
                epsilon=EPSILON,
                is_training=False,
                fused=fused,
                param_initializers=initial,
                scope="b",
            )

        run = Run(mode, layer)
        expected = (IMAGES - [1.0, 2.0]) / np.sqrt(np.array([4.0, 9.0]) + EPSILON)
        close(run(IMAGES), expected * [2.0, 3.0] + [0.5, -0.5])
        close(run.state["b/moving_mean"], [1.0, 2.0])
        close(run.state["b/moving_variance"], [4.0, 9.0])


def test_frozen_parameters(mode):
    """As ever: the default path leaves the averages, others move them."""
    run = Run(mode, lambda x: slim.batch_norm(x, trainable=False, decay=DECAY, scope="b"))
    frozen = run(IMAGES)
    close(run.state["b/moving_mean"], [0.0, 0.0])
    run = Run(
        mode,
        lambda x: slim.batch_norm(
            x, trainable=False, decay=DECAY, scope="b", updates_collections=None
        ),
    )
    close(run(IMAGES), frozen)
    close(run.state["b/moving_mean"], (1 - DECAY) * moments(IMAGES)[0])


def test_batch_weights(mode):
    weights = np.array([0.5, 2.0, 0.0, 1.0], np.float32)
    run = Run(
        mode,
        lambda x: slim.batch_norm(
            x, decay=DECAY, epsilon=EPSILON, batch_weights=weights, scope="b"
        ),
    )
    mean, variance, _ = moments(IMAGES, weights)
    close(run(IMAGES), (IMAGES - mean) / np.sqrt(variance + EPSILON))
    close(run.state["b/moving_mean"], (1 - DECAY) * mean)
    close(run.state["b/moving_variance"], DECAY + (1 - DECAY) * variance)


def test_zero_debias(mode):
    """From zero, the debiased mean is at once the mean of what was seen."""
    for fused in (None, False):

        def layer(inputs, fused=fused):
            return slim.batch_norm(
                inputs, decay=0.99, zero_debias_moving_mean=True, fused=fused, scope="b"
            )

        run = Run(mode, layer)
        run(IMAGES, times=3)
        mean, biased, unbiased = moments(IMAGES)
        close(run.state["b/moving_mean"], mean)
        close(run.state["b/b/moving_mean/biased"], (1 - 0.99**3) * mean)
        assert run.state["b/b/moving_mean/local_step"] == 3.0
        variance = biased if fused is False else unbiased
        close(run.state["b/moving_variance"], 0.99**3 + (1 - 0.99**3) * variance)


def test_adjustment(mode):
    scale = np.array([0.5, 1.0, 1.5, 2.0], np.float32).reshape(4, 1, 1, 1)
    offset = np.array([1.0, -1.0], np.float32).reshape(1, 1, 1, 2)
    seen = []

    def adjustment(shape):
        seen.append(shape)
        return tf.constant(scale), tf.constant(offset)

    initial = {"gamma": tf.constant_initializer([2.0, 3.0])}
    for training in (True, False):

        def layer(inputs, training=training):
            return slim.batch_norm(
                inputs,
                scale=True,
                epsilon=EPSILON,
                adjustment=adjustment,
                is_training=training,
                param_initializers=initial,
            )

        outputs = Run(mode, layer)(IMAGES)
        mean, variance, _ = moments(IMAGES)
        if training:
            normal = (IMAGES - mean) / np.sqrt(variance + EPSILON)
            close(outputs, (normal * scale + offset) * [2.0, 3.0])
        else:
            close(outputs, IMAGES / np.sqrt(1.0 + EPSILON) * [2.0, 3.0])
    assert seen


@pytest.mark.parametrize(
    "clipping", [None, {"rmin": 0.9, "rmax": 1.1, "dmax": 0.2}, {"rmax": 1.05}]
)
def test_renorm(clipping, mode):
    run = Run(
        mode,
        lambda x: slim.batch_norm(
            x,
            decay=DECAY,
            epsilon=EPSILON,
            renorm=True,
            renorm_decay=0.5,
            renorm_clipping=clipping,
            scope="b",
        ),
    )
    outputs = run(IMAGES)
    mean, variance, _ = moments(IMAGES)
    stddev = np.sqrt(variance + EPSILON)
    limits = {"rmin": 0.0, "rmax": np.inf, "dmax": np.inf, **(clipping or {})}
    # Averages before the first step: mean 0, deviation 1.
    r = np.clip(stddev, limits["rmin"], limits["rmax"])
    d = np.clip(mean, -limits["dmax"], limits["dmax"])
    close(outputs, (IMAGES - mean) / stddev * r + d)
    state = {name.removeprefix("b/"): value for name, value in run.state.items()}
    close(state["renorm_mean"], 0.5 * mean)
    close(state["renorm_stddev"], 0.5 + 0.5 * stddev)
    close(state["moving_mean"], (1 - DECAY) * mean)
    close(state["moving_stddev"], DECAY + (1 - DECAY) * stddev)
    close(state["moving_variance"], (DECAY + (1 - DECAY) * stddev) ** 2 - EPSILON)


def test_renorm_passes_no_gradient_through_its_corrections():
    model = slim.Model(lambda x: slim.batch_norm(x, renorm=True, scope="b"), is_training=True)
    plain = slim.Model(lambda x: slim.batch_norm(x, fused=False, scope="b"), is_training=True)
    inputs = tf.constant(IMAGES)
    upstream = tf.constant(np.random.RandomState(5).normal(size=IMAGES.shape), tf.float32)
    gradients = []
    for net in (model, plain):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(net(inputs) * upstream)
        gradients.append(tape.gradient(loss, inputs).numpy())
    r = np.sqrt(moments(IMAGES)[1] + 0.001)
    close(gradients[0], gradients[1] * r)


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"fused": False},
        {"updates_collections": None},
        {"updates_collections": None, "fused": False},
        {"zero_debias_moving_mean": True},
        {"renorm": True},
    ],
)
class TestSwitch:
    """`is_training` that is known only when it runs."""

    def layer(self, inputs, is_training, kwargs):
        return slim.batch_norm(inputs, decay=DECAY, is_training=is_training, scope="b", **kwargs)

    def expected(self, kwargs):
        """Outputs and averages after training once, then the outputs of inference."""
        model = slim.Model(lambda x, is_training: self.layer(x, is_training, kwargs))
        inference = model(IMAGES, False).numpy()
        training = model(IMAGES, True).numpy()
        return inference, training, [v.numpy() for v in model.variables]

    @pytest.mark.parametrize("jit", [False, True])
    def test_function(self, kwargs, jit):
        inference, training, state = self.expected(kwargs)
        model = slim.Model(lambda x, is_training: self.layer(x, is_training, kwargs))
        model.build(IMAGES.shape, is_training=True)
        call = tf.function(
            model,
            jit_compile=jit,
            input_signature=[tf.TensorSpec(IMAGES.shape), tf.TensorSpec([], tf.bool)],
        )
        close(call(IMAGES, False), inference)
        close(call(IMAGES, True), training)
        for left, right in zip(model.variables, state, strict=True):
            close(left.numpy(), right)

    @pytest.mark.parametrize("traced", [False, True])
    def test_variable(self, kwargs, traced):
        inference, training, state = self.expected(kwargs)
        switch = tf.Variable(False)
        model = slim.Model(lambda x: self.layer(x, switch, kwargs)).build(IMAGES.shape)
        call = tf.function(model) if traced else model
        close(call(IMAGES), inference)
        switch.assign(True)
        close(call(IMAGES), training)
        for left, right in zip(model.variables, state, strict=True):
            close(left.numpy(), right)

    def test_v1_graph(self, kwargs):
        inference, training, state = self.expected(kwargs)
        with tf.Graph().as_default(), v1.Session() as session:
            switch = v1.placeholder_with_default(False, [])
            outputs = self.layer(tf.constant(IMAGES), switch, kwargs)
            updates = v1.get_collection(KEYS.UPDATE_OPS)
            assert len(updates) == (0 if kwargs.get("updates_collections", 1) is None else 2)
            session.run(v1.global_variables_initializer())
            before = session.run(v1.global_variables())
            close(session.run([outputs, *updates], {switch: False})[0], inference)
            for left, right in zip(session.run(v1.global_variables()), before, strict=True):
                close(left, right)
            close(session.run([outputs, *updates], {switch: True})[0], training)
            for left, right in zip(session.run(v1.global_variables()), state, strict=True):
                close(left, right)

    def test_building_moves_nothing(self, kwargs):
        model = slim.Model(lambda x, is_training: self.layer(x, is_training, kwargs))
        model.build(IMAGES.shape, is_training=True)
        before = [v.numpy() for v in model.variables]
        model.build(IMAGES.shape, is_training=True)
        tf.function(model).get_concrete_function(tf.constant(IMAGES), True)
        for left, right in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(left.numpy(), right)
        with tf.Graph().as_default():
            slim.Model(self.layer).build(IMAGES.shape, is_training=True, kwargs=kwargs)
            assert not v1.get_collection(KEYS.UPDATE_OPS)


def test_updates_in_a_v1_graph():
    with tf.Graph().as_default():
        images = tf.constant(IMAGES)
        slim.batch_norm(images, scope="a")
        slim.batch_norm(images, scope="a", reuse=True)
        slim.batch_norm(images, scope="b", updates_collections=["mine", "yours"])
        outputs = slim.batch_norm(images, scope="c", updates_collections=None, decay=DECAY)
        slim.batch_norm(images, scope="d", is_training=False)
        sizes = {key: len(v1.get_collection(key)) for key in (KEYS.UPDATE_OPS, "mine", "yours")}
        assert sizes == {KEYS.UPDATE_OPS: 4, "mine": 2, "yours": 2}
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            session.run(outputs)
            average = slim.get_unique_variable("c/moving_mean")
            close(session.run(average), (1 - DECAY) * moments(IMAGES)[0])


# In a v1 graph both updates start from where the average was, in any order.
@pytest.mark.parametrize("mode", ["eager", "function", "compiled"])
def test_shared_within_a_call_moves_twice(mode):
    def layer(inputs):
        slim.batch_norm(inputs, decay=DECAY, scope="b")
        return slim.batch_norm(inputs, decay=DECAY, scope="b", reuse=True)

    run = Run(mode, layer)
    run(IMAGES)
    close(run.state["b/moving_mean"], (1 - DECAY**2) * moments(IMAGES)[0])


def test_in_two_replicas_each_follows_its_own_half(strategy2):
    with strategy2.scope():
        model = slim.Model(lambda x: slim.batch_norm(x, decay=DECAY, scope="b"), is_training=True)
        model.build([2, *IMAGES.shape[1:]])
    halves = strategy2.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(IMAGES, 2)[context.replica_id_in_sync_group])
    )
    strategy2.run(tf.function(model), (halves,))
    means, _, variances = zip(*(moments(half) for half in np.split(IMAGES, 2)), strict=True)
    _, mean, variance = model.variables
    close(mean.numpy(), (1 - DECAY) * np.mean(means, axis=0))
    close(variance.numpy(), DECAY + (1 - DECAY) * np.mean(variances, axis=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_of_one_value(dtype):
    """Its unbiased variance is no number; the average must stay one."""
    model = slim.Model(lambda x: slim.batch_norm(x, scope="b"))
    model(np.ones([1, 1, 1, 3], dtype), is_training=True)
    assert np.all(np.isfinite(model.variables[-1].numpy()))
