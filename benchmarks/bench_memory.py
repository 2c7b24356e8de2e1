"""Peak memory and time of a training step of a deep net: plain, recomputed, reversible.

Each in a process of its own, which tells its highest resident set.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import recording

LAYERS = 32
PROGRAM = """
import json, resource, sys, time
import tensorflow as tf
import tf_slim as slim

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
        one = slim.recompute_grad(layer) if way == "recompute_grad" else layer
        for _ in range(layers):
            left, right = one(left, right)
    return tf.reduce_mean(left ** 2 + right ** 2)

images = tf.random.stateless_normal([8, 64, 64, 64], [1, 2])
model = slim.Model(net).build(images)

@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = model(images)
    return loss, tape.gradient(loss, model.trainable_variables)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
step()
times = []
for _ in range(2):
    start = time.perf_counter()
    step()[0].numpy()
    times.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([(peak - before) / 1024, min(times)]))
"""


def test_peak_memory(capsys):
    rows = {}
    for way in ("plain", "recompute_grad", "rev_block"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(LAYERS), way],
            capture_output=True,
            text=True,
            check=True,
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
