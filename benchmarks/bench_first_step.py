"""The time from the command line to the first step of training, each in a process of its own.

Beside Keras 3: a program that imports TensorFlow, makes a net, takes one step on random images and
ends. What TensorFlow takes to be imported is in all of them, and is told apart. And `tf-slim train`
up to the loss of its first step.
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys

import pytest

import tf_slim as slim
from benchmarks import recording, settings

pytestmark = pytest.mark.filterwarnings("ignore")

# Pixels, channels, classes, images a step; and what Keras has of the same kind.
NETS = {
    "lenet": (28, 1, 10, 32, None),
    "resnet_v1_50": (224, 3, 1000, 8, "ResNet50"),
    "inception_v3": (299, 3, 1000, 8, "InceptionV3"),
}

CLOCK = """
import json, os, sys, time
begun = time.perf_counter()
marks = {}
def mark(name):
    marks[name] = time.perf_counter() - begun, time.process_time()
def end():
    print(json.dumps(marks), flush=True)
    os._exit(0)
"""

ARRAYS = """
import numpy as np
import tensorflow as tf
mark("TensorFlow imported")
net, size, channels, classes, batch, theirs = json.loads(sys.argv[1])
random = np.random.RandomState(0)
images = random.rand(batch, size, size, channels).astype(np.float32)
labels = random.randint(0, classes, batch)
"""

OURS = """
import tf_slim as slim
model = slim.nets.create(net, num_classes=classes)
model.build(tf.TensorSpec([None, size, size, channels]))
mark("net made")
step = slim.learning.make_train_step(
    model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.01, momentum=0.9)
)
float(step(images, labels))
mark("first step")
end()
"""

KERAS = """
layers = tf.keras.layers
if theirs is None:
    model = tf.keras.Sequential(
        [
            layers.Input((size, size, channels)),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )
else:
    model = getattr(tf.keras.applications, theirs)(
        weights=None, classes=classes, classifier_activation=None
    )
mark("net made")
model.compile(
    tf.keras.optimizers.SGD(0.01, momentum=0.9),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
float(model.train_on_batch(images, labels))
mark("first step")
end()
"""

COMMAND = """
from tf_slim.cli import quiet
load = quiet.import_tensorflow
def loaded():
    load()
    mark("TensorFlow imported")
    from tf_slim.learning import TrainStep
    take = TrainStep.__call__
    def take_one(*args):
        float(take(*args))
        mark("first step")
        end()
    TrainStep.__call__ = take_one
quiet.import_tensorflow = loaded
from tf_slim.cli.main import run
sys.argv = ["tf-slim", "train", "--steps", "1", "--logdir", json.loads(sys.argv[1])[0]]
run()
"""


PLACE = pathlib.Path(slim.__file__).parents[1]


def _marks(code: str, *arguments: object) -> dict[str, tuple[float, float]]:
    """When a program came where: seconds since it began, and seconds of the processor."""
    environment = {**os.environ, "PYTHONPATH": str(PLACE), "TF_CPP_MIN_LOG_LEVEL": "3"}
    # A package that pip has installed is compiled; the median leaves out the turn that does it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", CLOCK + code, json.dumps(arguments)],
        env=environment,
        cwd=PLACE,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _told(title: str, found: dict[str, list[dict]]) -> None:
    """Records and prints seconds of the processor, which other programs disturb least."""
    for title_of, seconds in (
        (f"{title}, import included", lambda marks: marks["first step"][1]),
        (title, lambda marks: marks["first step"][1] - marks["TensorFlow imported"][1]),
    ):
        results = [
            recording.record(title_of, name, [seconds(marks) for marks in found[name]], "s")
            for name in found
        ]
        print(f"\n{title_of} (seconds of the processor)")
        recording.show(results)
    for name in found:
        wall = statistics.median(marks["first step"][0] for marks in found[name])
        print(f"  {name:<28} {wall:6.2f} s on the clock, import included")


@pytest.mark.parametrize("net", settings.chosen_nets(tuple(NETS)))
def test_first_step(net, capsys):
    size, channels, classes, batch, theirs = NETS[net]
    arguments = (net, size, channels, classes, batch, theirs)
    programs = {"slim": OURS, "Keras 3": KERAS}
    found: dict[str, list[dict]] = {name: [] for name in programs if settings.wanted(name)}
    for _ in range(3):
        for name, marks in found.items():
            marks.append(_marks(ARRAYS + programs[name], *arguments))
    with capsys.disabled():
        _told(f"first step of {net}", found)


def test_first_step_of_the_command(capsys, tmp_path):
    found = [_marks(COMMAND, str(tmp_path / str(turn))) for turn in range(3)]
    with capsys.disabled():
        _told("first step of `tf-slim train`, LeNet on digits", {"slim": found})
