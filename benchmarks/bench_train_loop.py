"""What surrounds a step: a turn of `slim.learning.train`, and `fit` with a net of next to no work.

Beside `slim.learning.train` stands that of `tf_slim` 1.1.0, beside `slim.learning.fit`, with one
and more steps a call, `fit` of Keras 3 with the same `steps_per_execution`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import peers, recording, settings

STEPS = 64, 464
"""A run of each, of which the difference counts: what a run begins and ends with is left out."""
ROUNDS = 5

LOOP = """
import json, statistics, time
import tensorflow.compat.v1 as tf
import tf_slim as slim

tf.disable_v2_behavior()
# A step that costs next to nothing, so that the loop is all there is to measure.
weights = tf.get_variable("w", [4], initializer=tf.ones_initializer())
loss = tf.reduce_sum(tf.square(weights))
train_op = slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.01))
times = []


def step(*args):
    times.append(time.perf_counter())
    return slim.learning.train_step(*args)


slim.learning.train(train_op, None, train_step_fn=step, number_of_steps=2000)
steps = [after - before for before, after in zip(times[200:], times[201:])]
print(json.dumps([slim.__file__, statistics.median(steps)]))
"""


def test_one_turn_of_the_loop(capsys):
    title = "one turn of slim.learning.train, with a step that does next to nothing"
    found = peers.beside_the_release(LOOP)
    with capsys.disabled():
        print(f"\n{title}")
        recording.show([recording.record(title, *one, "s") for one in found.items()])


def tiny(x):
    x = slim.max_pool2d(slim.conv2d(x, 8, 3), 2)
    x = tf.reduce_mean(slim.conv2d(x, 16, 3), [1, 2])
    return slim.fully_connected(x, 10, activation_fn=None)


def data() -> tf.data.Dataset:
    rng = np.random.RandomState(0)
    rows = rng.randn(256, 8, 8, 1).astype(np.float32), rng.randint(0, 10, 256)
    whole = tf.data.Dataset.from_tensor_slices(rows).repeat()
    return whole.batch(32, drop_remainder=True).prefetch(2)


def ours(steps_per_call: int) -> Callable[[int], object]:
    """What takes a number of steps."""
    step = slim.learning.make_train_step(
        slim.Model(tiny).build(tf.TensorSpec([None, 8, 8, 1])),
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
    )
    batches = data()

    def take(number: int) -> object:
        end = int(step.global_step.numpy()) + number
        return slim.learning.fit(step, batches, None, end, hooks=[], steps_per_call=steps_per_call)

    return take


def of_keras(steps_per_call: int) -> Callable[[int], object]:
    """The same in Keras."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )
    model.compile(
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=steps_per_call,
    )
    batches = data()
    return lambda number: model.fit(batches, steps_per_epoch=number, epochs=1, verbose=0)


def seconds_of(run: Callable[[int], object], number: int) -> float:
    start = time.perf_counter()
    run(number)
    return time.perf_counter() - start


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("steps_per_call", [1, 8])
def test_a_step_of_fit(steps_per_call, capsys):
    runs = {"slim": ours, "Keras 3": of_keras}
    made = {name: make(steps_per_call) for name, make in runs.items() if settings.wanted(name)}
    fewer, more = STEPS
    for run in made.values():
        run(fewer)
    times: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(ROUNDS):
        for name in list(made)[:: -1 if turn % 2 else 1]:
            taken = [seconds_of(made[name], number) for number in (fewer, more)]
            times[name].append((taken[1] - taken[0]) / (more - fewer))
    title = f"fit, a step of a tiny net, {steps_per_call} a call"
    with capsys.disabled():
        print(f"\n{title}")
        recording.show([recording.record(title, name, times[name], "s") for name in times])
