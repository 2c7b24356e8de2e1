"""Restoring 100 million parameters: the time beside TensorFlow's reader, and the peak of memory."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording
from benchmarks.peers import compare

# One matrix that is most of the model, as in VGG; blocks as in ResNet; and many small variables.
SHAPES = [(25088, 2048)] + [(3, 3, 512, 512)] * 20 + [(512,)] * 400
PARAMETERS = sum(int(np.prod(shape)) for shape in SHAPES)


def net(x):
    for index, shape in enumerate(SHAPES):
        with slim.scope(f"layer{index}"):
            slim.model_variable("weights", shape, initializer=tf.ones_initializer())
    return x


def model() -> slim.Model:
    return slim.Model(net).build(tf.TensorSpec([1]))


def read_by_tensorflow(path: str) -> None:
    """Reads one tensor after the other, and drops each: all land in the same memory."""
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
        reader.get_tensor(name)


def load_by_tensorflow(path: str) -> dict[str, np.ndarray]:
    """Reads all tensors and keeps them, as a restore has to."""
    reader = tf.train.load_checkpoint(path)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """(path of a V2 checkpoint, path of the same as safetensors)"""
    folder = tmp_path_factory.mktemp("restore")
    made = model()
    return made.save(folder / "model.ckpt"), made.save(folder / "model.safetensors")


def test_time(saved, capsys):
    restored = model()
    runs = {
        "slim Model.restore, V2": lambda: restored.restore(saved[0]),
        "load_checkpoint, dropped": lambda: read_by_tensorflow(saved[0]),
        "load_checkpoint, kept": lambda: load_by_tensorflow(saved[0]),
        "slim Model.restore, safetensors": lambda: restored.restore(saved[1]),
    }
    title = f"{PARAMETERS / 1e6:.0f} M parameters in {len(SHAPES)} variables, files cached"
    with capsys.disabled():
        compare(f"Restoring {title}", runs, rounds=6, calls=1)
        print("\nThe same in seconds of the processor, which other programs do not disturb")
        for name, run in runs.items():
            print(f"  {name:<31} {min(processor_seconds(run) for _ in range(6)) * 1e3:9.2f} ms")


def processor_seconds(run) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


# In a process of its own: what was freed before counts as memory of the process for long.
PEAK = """
import re, sys, threading, time
from benchmarks import bench_restore

def resident():
    with open("/proc/self/status", encoding="ascii") as file:
        return 1024 * int(re.search(r"VmRSS:\\s+(\\d+)", file.read()).group(1))

def watch():
    global most
    while True:
        most = max(most, resident())
        time.sleep(0.001)

model = bench_restore.model()
before = most = resident()
threading.Thread(target=watch, daemon=True).start()
model.restore(sys.argv[1])
print(most - before)
"""


def test_memory(saved, capsys):
    with capsys.disabled():
        print(f"\nPeak of memory while restoring, in weights ({4 * PARAMETERS / 1e6:.0f} MB)")
        for path in saved:
            done = subprocess.run(
                [sys.executable, "-c", PEAK, path],
                check=True,
                capture_output=True,
                text=True,
                cwd=pathlib.Path(__file__).parents[1],
            )
            kind = slim.checkpoints.Reader(path).format
            ratio = int(done.stdout) / (4 * PARAMETERS)
            recording.record("memory of a restore, in weights", f"slim {kind}", ratio, "x")
            print(f"  {kind:<28} {ratio:9.2f} times the weights extra")
