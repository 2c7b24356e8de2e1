"""Peak memory and time of a training step: of nets beside peers, whole, in parts and recomputed;
and of a deep net that is reversible.

Each in a process of its own, which tells the most that it has held beyond the libraries: weights,
optimizer, gradients, activations, and what the library needs for its graphs.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence

import pytest

from benchmarks import bench_nets, machine, peers, recording, settings
from benchmarks.contestants import TRAIN, Contestant, Keras, LeftOut, Slim, Torch, Work

NETS = {
    net.name: dataclasses.replace(net, batch=16)
    for net in bench_nets.NETS
    if net.name != "inception_v3"
}


class Whole(Slim):
    """The batch at once, all activations kept."""

    way = "plain"


class InParts(Slim):
    """`make_train_step(accumulate=4)`."""

    name, way = "slim, in 4 parts", "in parts"


class Recomputed(Slim):
    """`nets.create(recompute=True)`."""

    name, way = "slim, recomputed", "recomputed"


class Both(Slim):
    """In parts, each of them recomputed."""

    name, way = "slim, both", "both"


CONTESTANTS: Sequence[Contestant] = (
    Whole(),
    InParts(),
    Recomputed(),
    Both(),
    Keras(),
    Torch(),
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", settings.chosen_nets(NETS))
def test_peak_memory_of_nets(name, capsys):
    net = NETS[name]
    work = Work(net, TRAIN, "float32", settings.batch(net.batch))
    memory, time = [], []
    with capsys.disabled():
        for one in CONTESTANTS:
            if not settings.wanted(one.name):
                continue
            try:
                peak, seconds = measured(one, work)
            except LeftOut as why:
                print(f"\n  {one.name:<16} left out: {why}")
                continue
            title = f"{net.name} b{work.batch}, a training step"
            memory.append(recording.record(f"memory of {title}", one.name, peak, "MiB"))
            time.append(recording.record(f"time of {title}", one.name, seconds, "s"))
        for found in (memory, time):
            print(f"\n{found[0].name}")
            recording.show(found)


def measured(one: Contestant, work: Work) -> tuple[float, float]:
    """The peak of memory in MiB, and the seconds of a step.

    Raises:
      LeftOut: the contestant does not take part.
    """
    turns = peers.Turns(one.command(work), one.environment())
    try:
        ready = turns.answer()
        if "missing" in ready:
            raise LeftOut(ready["missing"])
        return ready["peak_mib"], statistics.median(turns("3"))
    finally:
        turns.close()


LAYERS = 32
PROGRAM = """
import json, sys, time
import tensorflow as tf
import tf_slim as slim
from benchmarks.programs.turns import peak_mib

layers, way = int(sys.argv[1]), sys.argv[2]

def residual(x):
    return slim.conv2d(slim.conv2d(x, 32, 3, activation_fn=tf.nn.tanh), 32, 3, activation_fn=None)

def layer(left, right):
    return slim.rev_block(left, right, residual, residual, is_training=False)

def net(images):
    left, right = tf.split(images, 2, -1)
    if way == "rev_block":
        left, right = slim.rev_block(left, right, residual, residual, layers)
    else:
        for index in range(layers):
            left, right = slim.block(layer, left, right, name=f"layer_{index}")
    return tf.reduce_mean(left ** 2 + right ** 2)

images = tf.random.stateless_normal([8, 64, 64, 64], [1, 2])
model = slim.Model(net, recompute=True if way == "recompute" else None).build(images)

@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = model(images, is_training=True)
    return loss, tape.gradient(loss, model.trainable_variables)

before = peak_mib()
step()
times = []
for _ in range(2):
    start = time.perf_counter()
    step()[0].numpy()
    times.append(time.perf_counter() - start)
print(json.dumps([peak_mib() - before, min(times)]))
"""


def test_peak_memory(capsys):
    rows = {}
    for way in ("plain", "recompute", "rev_block"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(LAYERS), way],
            capture_output=True,
            text=True,
            check=True,
            cwd=machine.ROOT,
        )
        rows[way] = json.loads(done.stdout.splitlines()[-1])
    with capsys.disabled():
        for place, (what, unit) in enumerate((("memory", "MiB"), ("time", "s"))):
            title = f"{what} of a step of {LAYERS} residual layers"
            print(f"\n{title}")
            recording.show(
                [
                    recording.record(title, f"slim {way}", row[place], unit)
                    for way, row in rows.items()
                ]
            )
