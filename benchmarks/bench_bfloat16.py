"""bfloat16 beside float32: each operation that has a row in `ops/bfloat16.py`, and whole nets.

    make bench ARGS="benchmarks/bench_bfloat16.py"
    SLIM_BENCH_NETS='mobilenet*' make bench ARGS="benchmarks/bench_bfloat16.py -k nets"

Three columns, in turns in one run: float32, bfloat16 as TensorFlow computes it, and bfloat16 as
this package does; what counts are the ratios to float32.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording, settings
from benchmarks.peers import median_seconds
from tf_slim.layers import batch_norm_kernels
from tf_slim.ops import activations, bfloat16
from tf_slim.ops.depthwise import convolve_channels

BATCH = settings.batch(16)
ROUNDS, CALLS = 3, 7
KINDS = ("slim float32", "TensorFlow bfloat16", "slim bfloat16")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(0)]


def made(function: Callable, *shapes, low: bool, plain: bool) -> Callable[[], object]:
    """A call of `function` in a graph, on tensors at random."""
    random = np.random.RandomState(0)
    dtype = tf.bfloat16 if low else tf.float32
    values = [tf.cast(random.normal(0, 2, shape), dtype) for shape in shapes]
    traced = tf.function(function, autograph=False)
    with bfloat16.graph_to_fold() if plain else contextlib.nullcontext():
        concrete = traced.get_concrete_function(*values)
    return lambda: concrete(*values)


def row(section: str, title: str, runs: dict[str, Callable[[], object]]) -> None:
    """Times all in turns, prints a row, and records it."""
    times: dict[str, list[float]] = {kind: [] for kind in runs}
    for _ in range(ROUNDS):
        for kind, run in runs.items():
            times[kind].append(median_seconds(run, CALLS))
    full = statistics.median(times[KINDS[0]])
    columns = []
    for kind, samples in times.items():
        seconds = recording.record(f"{section}: {title}", kind, samples, "s").value
        columns.append(f"{1e3 * seconds:9.2f} ms {seconds / full:6.2f}x")
    print(f"  {title:<38}" + "".join(columns))


def operation(section: str, title: str, function: Callable, *shapes) -> None:
    runs = {
        kind: made(function, *shapes, low=kind != KINDS[0], plain=kind == KINDS[1])
        for kind in KINDS
    }
    row(section, title, runs)


def heading(title: str) -> str:
    print(f"\n{title:<40}" + "".join(f"{kind:>20}" for kind in KINDS))
    return title


def with_gradients(function: Callable) -> Callable:
    def compute(*values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = function(*values)
        return tape.gradient(outputs, values, outputs)

    return compute


# Size of the map, channels, kernel, stride, multiplier: those of MobileNets, and some beside them.
DEPTHWISE = [
    (112, 32, 3, 1, 1),
    (112, 96, 3, 2, 1),
    (56, 144, 3, 2, 1),
    (14, 576, 3, 2, 1),
    (56, 72, 5, 2, 1),
    (28, 120, 5, 1, 1),
    (14, 672, 5, 2, 1),
    (7, 960, 5, 1, 1),
    (28, 192, 7, 1, 1),
    (56, 96, 3, 2, 2),
]


def test_depthwise(capsys):
    with capsys.disabled():
        section = heading("depthwise, forward and both gradients")
        for size, channels, kernel, stride, multiplier in DEPTHWISE:

            def convolve(inputs, weights, stride=stride):
                return convolve_channels(
                    inputs, weights, strides=[1, stride, stride, 1], padding="SAME"
                )

            operation(
                section,
                f"{size}x{size}x{channels}, {kernel}x{kernel}, stride {stride}, x{multiplier}",
                with_gradients(convolve),
                [BATCH, size, size, channels],
                [kernel, kernel, channels, multiplier],
            )


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(capsys, training):
    with capsys.disabled():
        section = heading("batch norm, " + ("forward and gradients" if training else "inference"))
        for size, channels in ((56, 24), (56, 72), (28, 40), (28, 120), (14, 184), (14, 192)):

            def norm(inputs):
                ones = tf.ones(inputs.shape[-1:])
                return batch_norm_kernels.fused(
                    inputs, ones, ones, ones, ones, 1e-3, False, training
                )[0]

            function = with_gradients(norm) if training else norm
            operation(section, f"{size}x{size}x{channels}", function, [BATCH, size, size, channels])


ACTIVATIONS = ("relu", "relu6", "gelu", "elu", "selu", "softplus", "sigmoid", "silu", "tanh")


def fitted(activation: Callable) -> Callable:
    """What a layer calls; in the column of TensorFlow the activation itself."""

    def activate(inputs):
        if bfloat16.to_fold():
            return activation(inputs)
        return activations.fitted(activation, inputs)(inputs)

    return activate


@pytest.mark.parametrize("gradients", [False, True])
def test_activations(capsys, gradients):
    functions = {name: getattr(tf.nn, name) for name in ACTIVATIONS}
    functions["hard_swish"] = slim.nets.mobilenet.mobilenet_v3.hard_swish
    with capsys.disabled():
        section = heading("activations" + ", forward and gradient" * gradients)
        for name, activation in functions.items():
            activate = fitted(activation)
            function = with_gradients(activate) if gradients else activate
            operation(section, name, function, [BATCH, 28, 28, 192])


NAMES = ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "resnet_v1_50")


@pytest.mark.parametrize("name", settings.chosen_nets(NAMES))
def test_nets(name, capsys):
    random = np.random.RandomState(0)
    size = slim.nets.spec(name).image_size
    images = tf.constant(random.uniform(-1, 1, [BATCH, size, size, 3]), tf.float32)
    labels = tf.constant(random.randint(0, 1000, BATCH))
    steps, inference = {}, {}
    for kind in KINDS:
        precision = "float32" if kind == KINDS[0] else "mixed_bfloat16"
        with bfloat16.graph_to_fold() if kind == KINDS[1] else contextlib.nullcontext():
            model = slim.nets.create(name, 1000, precision=precision)
            model.build(tf.TensorSpec(images.shape))
            step = slim.learning.make_train_step(
                model,
                slim.losses.sparse_softmax_cross_entropy,
                tf.compat.v1.train.MomentumOptimizer(0.001, 0.9),
            )
            step(images, labels)
            predict = tf.function(
                lambda x, model=model: model(x, is_training=False)[0], autograph=False
            )
            predict(images)
        steps[kind] = lambda step=step: step(images, labels).numpy()
        inference[kind] = lambda predict=predict: predict(images).numpy()
    with capsys.disabled():
        section = heading(f"{name}, {BATCH} images")
        row(section, "training step", steps)
        row(section, "inference", inference)
