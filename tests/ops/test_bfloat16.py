"""What is computed in another way in bfloat16: at least as exact, in each mode."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode
from tf_slim.layers import batch_norm_kernels
from tf_slim.ops import activations, bfloat16
from tf_slim.ops import precision as precisions
from tf_slim.ops.depthwise import convolve_channels

LOW, FULL = tf.bfloat16, tf.float64
RANDOM = np.random.RandomState(0)
IMAGES = tf.constant(np.random.RandomState(0).normal(0, 1, [4, 16, 16, 3]), tf.float32)

# Kernel, stride, multiplier, padding, height and width; then how gradients are computed: for the
# inputs in float32 or not, for the kernel in how many parts, and in float32 or not. None: plainly.
DEPTHWISE = {
    "3x3": ([3, 3], 1, 1, "SAME", [6, 7], None),
    "tall": ([5, 1], 1, 1, "SAME", [6, 5], None),
    "stride 2": ([3, 3], 2, 1, "SAME", [6, 7], (True, 1, False)),
    "stride 2, VALID": ([3, 3], 2, 1, "VALID", [6, 8], (True, 1, False)),
    "5x5": ([5, 5], 1, 1, "SAME", [6, 7], (False, 2, False)),
    "5x5, stride 2": ([5, 5], 2, 1, "SAME", [7, 6], (True, 2, False)),
    "5x5, stride 2, VALID": ([5, 5], 2, 1, "VALID", [8, 10], (True, 2, False)),
    "wider than the inputs": ([2, 7], 3, 1, "SAME", [4, 4], (True, 3, False)),
    "multiplier": ([3, 3], 2, 2, "SAME", [6, 7], (True, 1, True)),
    "large multiplier": ([4, 4], 2, 5, "SAME", [6, 7], (False, 1, True)),
}


def arrays(case: str) -> list[np.ndarray]:
    """Inputs, kernel and the gradient of the outputs, of numbers that bfloat16 has."""
    kernel, stride, multiplier, padding, space, _ = DEPTHWISE[case]
    inputs = RANDOM.normal(0, 1, [3, *space, 4])
    weights = RANDOM.normal(0, 1, [*kernel, 4, multiplier])
    shape = tf.nn.depthwise_conv2d(inputs, weights, [1, stride, stride, 1], padding).shape
    upstream = RANDOM.normal(0, 1, shape)
    return [tf.cast(value, LOW).numpy() for value in (inputs, weights, upstream)]


def with_gradients(convolution, case: str):
    """A function to the outputs and the gradients for inputs and weights."""
    kernel, stride, multiplier, padding, _, _ = DEPTHWISE[case]

    def compute(inputs, weights, upstream):
        weights = tf.reshape(weights, [*kernel, 4, multiplier])
        with tf.GradientTape() as tape:
            tape.watch([inputs, weights])
            outputs = convolution(inputs, weights, strides=[1, stride, stride, 1], padding=padding)
        return outputs, *tape.gradient(outputs, [inputs, weights], upstream)

    return compute


def exactly(function, *values):
    """What `function` returns in float64."""
    return [np.asarray(one) for one in function(*[tf.cast(value, FULL) for value in values])]


def assert_as_exact(got, plain, exact) -> None:
    """`got` is off by no more, on the average, than what TensorFlow computes; or by a hair."""
    for one, other, true in zip(got, plain, exact, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        errors = [np.mean(np.abs(np.float64(value) - true)) for value in (one, other)]
        assert errors[0] <= 1.1 * errors[1] + 1e-6 * np.abs(true).max()


def computed_with(function, *specs) -> Counter:
    """How often a graph has which operation of which type."""
    graph = tf.function(function, autograph=False).get_concrete_function(*specs).graph
    return Counter((op.type, op.outputs[0].dtype) for op in graph.get_operations() if op.outputs)


# ---------------------------------------------------------------------------- depthwise convolution


@pytest.mark.parametrize("case", DEPTHWISE)
@pytest.mark.parametrize("mode", each_mode.MODES)
def test_depthwise_gradients(case, mode):
    values = arrays(case)
    got = each_mode.run(mode, with_gradients(convolve_channels, case), *values)
    plain = with_gradients(tf.nn.depthwise_conv2d, case)
    assert_as_exact(got, plain(*map(tf.constant, values)), exactly(plain, *values))


@pytest.mark.parametrize("case", DEPTHWISE)
def test_how_depthwise_gradients_are_computed(case):
    specs = [tf.TensorSpec(value.shape, LOW) for value in arrays(case)]
    counts = computed_with(with_gradients(convolve_channels, case), *specs)
    in_float32, parts, filter_in_float32 = DEPTHWISE[case][-1] or (False, 1, False)
    of_inputs, of_kernel = (f"DepthwiseConv2dNativeBackprop{of}" for of in ("Input", "Filter"))
    assert counts[of_inputs, tf.float32 if in_float32 else LOW] == 1
    assert counts[of_kernel, tf.float32 if filter_in_float32 else LOW] == parts


@pytest.mark.parametrize("dtype", [tf.float32, tf.float16])
def test_other_types_are_left_alone(dtype):
    specs = [tf.TensorSpec(value.shape, dtype) for value in arrays("5x5, stride 2")]
    ours, plain = (
        computed_with(with_gradients(convolution, "5x5, stride 2"), *specs)
        for convolution in (convolve_channels, tf.nn.depthwise_conv2d)
    )
    assert ours == plain


def test_other_devices_are_left_alone(monkeypatch):
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    visible = [*tf.config.get_visible_devices(), gpu]
    assert bfloat16.differs(LOW)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda: visible)

    def net(x):
        x = slim.separable_conv2d(x, None, 5, stride=2, activation_fn=tf.nn.gelu)
        return slim.batch_norm(x)

    with tf.Graph().as_default() as graph, slim.precision("mixed_bfloat16"):
        outputs = net(tf.compat.v1.placeholder(tf.float32, [2, 8, 8, 3]))
        tf.gradients(outputs, tf.compat.v1.trainable_variables())
        types = {op.type for op in graph.get_operations()}
    assert "DepthwiseConv2dNativeBackpropFilter" in types
    assert not types & {"IdentityN", "Pad"}


@pytest.mark.parametrize("case", ["5x5, stride 2", "multiplier"])
def test_further_derivatives_of_a_depthwise_convolution(case):
    values = arrays(case)

    def derivatives(convolution):
        first = with_gradients(convolution, case)

        def compute(inputs, weights, upstream):
            with tf.GradientTape() as tape:
                tape.watch([inputs, weights, upstream])
                outputs, of_inputs, of_weights = first(inputs, weights, upstream)
                total = tf.reduce_sum(of_inputs * inputs) + tf.reduce_sum(of_weights * weights)
            second = tape.gradient(total, [inputs, weights, upstream])
            with tf.autodiff.ForwardAccumulator([inputs, weights], [inputs, weights]) as forward:
                outputs, *_ = first(inputs, weights, upstream)
            return *second, forward.jvp(outputs)

        return compute

    exact = exactly(derivatives(tf.nn.depthwise_conv2d), *values)
    low = [tf.constant(value) for value in values]
    plain = derivatives(tf.nn.depthwise_conv2d)(*low)
    # These go through several roundings, which fall this way or that.
    for compute in (derivatives(convolve_channels), tf.function(derivatives(convolve_channels))):
        for got, other, true in zip(compute(*low), plain, exact, strict=True):
            off, allowed = (np.abs(np.float64(value) - true).max() for value in (got, other))
            assert off <= max(2 * allowed, 0.02 * np.abs(true).max())


# ---------------------------------------------------------------------------- batch norm


CHANNELS = (3, 16, 24)


def normalized(training, channels: int):
    """A function to outputs, mean, variance and gradients of a batch norm."""
    params = [np.linspace(a, b, channels) for a, b in ((0.5, 2), (-1, 1), (0, 2), (2, 1))]

    def compute(inputs, upstream, flag):
        full = tf.float32 if inputs.dtype == LOW else inputs.dtype
        gamma, beta, mean, variance = (tf.constant(value, full) for value in params)
        with tf.GradientTape() as tape:
            tape.watch([inputs, gamma, beta])
            outputs, *moments = batch_norm_kernels.fused(
                inputs, gamma, beta, mean, variance, 1e-3, False,
                flag > 0 if training is None else training,
            )  # fmt: skip
        return outputs, *moments, *tape.gradient(outputs, [inputs, gamma, beta], upstream)

    return compute


@pytest.mark.parametrize("mode", each_mode.MODES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("training", [True, False, None])
def test_batch_norm(mode, channels, training):
    compute = normalized(training, channels)
    values = [tf.cast(RANDOM.normal(1, 2, [3, 4, 5, channels]), LOW).numpy() for _ in range(2)]
    values.append(np.float32(1))
    got = each_mode.run(mode, compute, *values)
    with bfloat16.graph_to_fold():
        plain = compute(*map(tf.constant, values))
    # float64 is for another implementation.
    exact = compute(*[tf.cast(value, tf.float32) for value in values])
    exact = [np.asarray(one) for one in exact]
    assert_as_exact(got, plain, exact)


@pytest.mark.parametrize("channels", CHANNELS)
def test_when_batch_norm_is_padded(channels):
    for dtype in (LOW, tf.float32):
        specs = [tf.TensorSpec([2, 4, 4, channels], dtype)] * 2 + [tf.TensorSpec([])]
        counts = computed_with(normalized(True, channels), *specs)
        assert (counts["Pad", dtype] > 0) == (dtype == LOW and channels % 16 > 0)


def normalizing(images):
    """Two convolutions and a depthwise one with batch norm; the last map is small."""
    args = {"normalizer_fn": slim.batch_norm, "activation_fn": tf.nn.relu6}
    with slim.scope("net"), slim.arg_scope([slim.batch_norm], scale=True):
        x = slim.conv2d(images, 24, 3, scope="first", **args)
        x = slim.separable_conv2d(x, None, 3, stride=2, scope="by_channel", **args)
        x = slim.max_pool2d(x, 8)
        return slim.conv2d(x, 40, 1, scope="small", **args)


@pytest.fixture(scope="module")
def normalized_model():
    model = slim.Model(normalizing).build(tf.TensorSpec([2, 16, 16, 3]))
    for index, variable in enumerate(model.variables):
        random = np.random.RandomState(index)
        positive = "variance" in variable.name or "gamma" in variable.name
        variable.assign(
            random.uniform(0.5, 2, variable.shape)
            if positive
            else random.normal(0, 0.5, variable.shape)
        )
    return model


def inference(model, precision: str, **kwargs):
    """A function to the outputs of a model and the gradient of their sum for its inputs."""

    def compute(images):
        with precisions.of_models(precision), tf.GradientTape() as tape:
            tape.watch(images)
            outputs = model(images, **kwargs)
        return outputs, tape.gradient(outputs, images)

    return compute


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, None])
def test_batch_norm_goes_into_the_weights_in_inference(normalized_model, options):
    images = IMAGES[:2]
    exact = [np.float64(one) for one in inference(normalized_model, "float32")(images)]
    compute = inference(normalized_model, "mixed_bfloat16")
    plain = compute(images)  # of eager code, which would compute both
    if options is None:
        with bfloat16.graph_to_fold():
            got = compute(images)
    else:
        got = tf.function(compute, autograph=False, **options)(images)
    for one, other, true in zip(got, plain, exact, strict=True):
        errors = [np.mean(np.abs(np.float64(value) - true)) for value in (one, other)]
        assert errors[0] <= 1.3 * errors[1]


@pytest.mark.parametrize(
    ("precision", "kwargs", "expected"),
    [
        ("mixed_bfloat16", {}, 1),  # the small one
        ("mixed_bfloat16", {"is_training": True}, 3),
        ("float32", {}, 3),
    ],
)
def test_which_batch_norms_do(normalized_model, precision, kwargs, expected):
    compute = inference(normalized_model, precision, **kwargs)
    counts = computed_with(compute, tf.TensorSpec([2, 16, 16, 3]))
    found = sum(count for (kind, _), count in counts.items() if kind == "FusedBatchNormV3")
    assert found == expected


# ---------------------------------------------------------------------------- activations

ACTIVATIONS = {
    "gelu": tf.nn.gelu,
    "elu": tf.nn.elu,
    "selu": tf.nn.selu,
    "softplus": tf.nn.softplus,
    "sigmoid": tf.nn.sigmoid,
    "silu": tf.nn.silu,
    # As it is.
    "relu6": tf.nn.relu6,
    "of a user": lambda x: tf.abs(x),
}
NUMBERS = np.arange(2**16, dtype=np.uint16).view(tf.bfloat16.as_numpy_dtype)
NUMBERS = NUMBERS[np.abs(np.float32(NUMBERS)) < 30]  # no infinities, nor what is no number


# `erf` is off by 3e-7 in TensorFlow 2.16 to 2.18, and what is rounded to the other neighbour by
# twice as much.
OFF = 6e-7 if tuple(map(int, tf.version.VERSION.split(".")[:2])) < (2, 19) else 2e-7


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_value_of_an_activation(name):
    activation = ACTIVATIONS[name]

    def with_gradient(fit):
        def compute(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = fit(activation, x)(x)
            return outputs, tape.gradient(outputs, x)

        return compute

    fitted = with_gradient(activations.fitted)
    plain = with_gradient(lambda activation, x: activation)
    exact = exactly(plain, NUMBERS)
    for mode in each_mode.MODES:
        got = each_mode.run(mode, fitted, NUMBERS)
        other = each_mode.run(mode, plain, NUMBERS)
        assert_as_exact(got, other, exact)
        if bfloat16.in_float32(activation) == "both":
            # The rounding of the exact value, so far as float32 has it.
            rounded = np.float64(tf.cast(exact[0], LOW))
            off, allowed = (np.abs(value - exact[0]) for value in (np.float64(got[0]), rounded))
            assert (off <= allowed + OFF + 1e-6 * np.abs(exact[0])).all()
    assert tf.math.is_nan(fitted(tf.constant([np.nan], LOW))[0]).numpy().all()


def test_activations_of_layers():
    spec = tf.TensorSpec([2, 4, 4, 3])

    def net(images):
        return slim.conv2d(images, 4, 3, activation_fn=tf.nn.gelu, scope="conv")

    def types(precision):
        model = slim.Model(net, precision=precision).build(spec)
        concrete = tf.function(model).get_concrete_function(spec)
        return Counter(
            op.outputs[0].dtype for op in concrete.graph.get_operations() if "Erf" in op.type
        )

    assert types("mixed_bfloat16") == types("float32") == {tf.float32: 1}


# ---------------------------------------------------------------------------- whole nets


def net(images, is_training=True):
    """All that is computed in another way."""
    with slim.scope("net"), slim.arg_scope([slim.batch_norm], is_training=is_training, scale=True):
        args = {"activation_fn": tf.nn.elu, "normalizer_fn": slim.batch_norm}
        x = slim.conv2d(images, 12, 3, scope="first", **args)
        x = slim.separable_conv2d(x, None, 5, stride=2, scope="by_channel", **args)
        x = slim.separable_conv2d(x, 20, 3, stride=2, depth_multiplier=2, scope="both", **args)
        x = slim.conv2d_in_plane(x, 5, scope="plane", activation_fn=tf.nn.gelu)
        return slim.fully_connected(tf.reduce_mean(x, [1, 2]), 4, activation_fn=None, scope="last")


LABELS = tf.constant([0, 1, 2, 3])


def losses_of_training(precision: str, strategy=None) -> list[float]:
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = slim.Model(net, precision=precision).build(tf.TensorSpec([None, 16, 16, 3]))
        for index, variable in enumerate(model.trainable_variables):
            random = np.random.RandomState(index)
            variable.assign(random.normal("gamma" in variable.name, 0.2, variable.shape))
        step = slim.learning.make_train_step(
            model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.05)
        )
    images, labels = IMAGES, LABELS
    if strategy:
        data = tf.data.Dataset.from_tensors((IMAGES, LABELS)).unbatch().batch(4)
        images, labels = next(iter(strategy.experimental_distribute_dataset(data)))
    return [float(step(images, labels)) for _ in range(4)]


def test_training_is_close_to_that_in_float32():
    full, low = map(losses_of_training, ("float32", "mixed_bfloat16"))
    np.testing.assert_allclose(low, full, rtol=0.03)
    assert low[-1] < low[0]


def test_training_on_two_replicas(strategy2):
    losses = losses_of_training("mixed_bfloat16", strategy2)
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


def test_training_in_a_v1_graph():
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        with slim.precision("mixed_bfloat16"):
            logits = net(v1.placeholder_with_default(IMAGES.numpy(), [None, 16, 16, 3]))
        loss = slim.losses.sparse_softmax_cross_entropy(logits, [0, 1, 2, 3])
        train = slim.learning.create_train_op(loss, v1.train.GradientDescentOptimizer(0.05))
        session.run(v1.global_variables_initializer())
        losses = [session.run(train) for _ in range(6)]
    assert losses[-1] < losses[0]


def test_folded_graphs_hold_plain_operations():
    model = slim.Model(net).build(tf.TensorSpec([None, 16, 16, 3]))
    folded = slim.export.folded(model, tf.TensorSpec([None, 16, 16, 3]), precision="mixed_bfloat16")
    assert folded.folds == 3
    types = {node.op for node in folded.graph_def.node}
    assert not types & {"IdentityN", "Pad", "Slice", "FusedBatchNormV3"}


def test_a_saved_model_needs_none_of_this(tmp_path):
    model = slim.Model(net, precision="mixed_bfloat16").build(tf.TensorSpec([4, 16, 16, 3]))
    module = tf.Module()
    module.model = model
    module.call = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec([4, 16, 16, 3])])
    expected = module.call(IMAGES)
    tf.saved_model.save(module, str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(tmp_path)], capture_output=True, text=True, check=True
    )
    logits, squares = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(logits, expected[0], rtol=1e-2, atol=1e-2)
    assert np.isfinite(squares) and squares > 0


LOADER = """
import json, sys
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
images = tf.constant(np.random.RandomState(0).normal(0, 1, [4, 16, 16, 3]), tf.float32)
with tf.GradientTape() as tape:
    tape.watch(images)
    logits = loaded.call(images)
gradient = tape.gradient(logits, images)
assert not any(name.startswith("tf_slim") for name in sys.modules)
print(json.dumps([logits[0].numpy().tolist(), float(tf.reduce_sum(gradient**2))]))
"""
