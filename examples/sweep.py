"""A search for hyperparameters in plain Python: many short runs, and the better half goes on.

    python examples/sweep.py --trials 8 --rounds 3

Each trial is a run folder of its own. Started again, it goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import random

import tensorflow as tf

import tf_slim as slim

STEPS = 40

parser = argparse.ArgumentParser()
parser.add_argument("--trials", type=int, default=8)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()

train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)


def settings(rng):
    return {
        "rate": 10 ** rng.uniform(-4, -0.5),
        "depth": rng.choice([8, 16, 32]),
        "decay": 10 ** rng.uniform(-5, -2),
    }


def trial(number, given, steps):
    """Trains to `steps` in all, and returns the accuracy."""

    def net(images):
        with slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            weights_regularizer=slim.l2_regularizer(given["decay"]),
        ):
            x = slim.conv2d(images, given["depth"], 3, stride=2, scope="conv1")
            return slim.fully_connected(slim.flatten(x), 10, activation_fn=None, scope="logits")

    model = slim.Model(net).build(train.element_spec[0])
    step = slim.learning.make_train_step(
        model,
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(given["rate"], momentum=0.9),
    )
    slim.learning.fit(step, train, f"runs/sweep/{number:02}", number_of_steps=steps, hooks=[])
    metrics = slim.evaluation.classification_metrics(10)
    return slim.evaluation.evaluate(model, test, metrics)["accuracy"]


rng = random.Random(0)
left = {number: settings(rng) for number in range(options.trials)}
for turn in range(1, options.rounds + 1):
    scores = {number: trial(number, given, turn * STEPS) for number, given in left.items()}
    order = sorted(scores, key=lambda one: scores[one], reverse=True)
    print(f"after {turn * STEPS} steps, {len(order)} trials:")
    for number in order[:4]:
        told = "  ".join(f"{name} {value:.2g}" for name, value in left[number].items())
        print(f"  {scores[number]:.3f}  trial {number}: {told}")
    left = {number: left[number] for number in order[: max(1, len(order) // 2)]}
