"""A program of workers that train the toy problem, told by words `name=value` how.

folder=F steps=40 batch=16 ...
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tests.ops.nets import dense
from tf_slim.learning import run_folder

TOLD = {
    "steps": 40,
    "batch": 16,
    "call": 1,
    "every": 5,
    "logdir": "run",
    "optimizer": "keras_sgd",
    "norm": "",
    "noise": 0,
    "validate": 0,
    "patience": 0,
    "decay": 0.0,
    "secs": 0.0,
    "clip": 0.0,
    "parts": 1,
    "sleep": 0.0,
    "epochs": 0,
    "fault": "",
    "seed": 1,
    "hook": 1,
    "pipeline": 0,
}


def told(words: list[str]) -> dict:
    """The settings, by default as above; `folder` besides."""
    given = dict(word.split("=", 1) for word in words)
    return {
        "folder": given["folder"],
        **{name: type(value)(given.get(name, value)) for name, value in TOLD.items()},
    }


def net(x, is_training=False, norm=""):
    x = tf.reshape(x, [-1, 5])
    with slim.scope("net"):
        hidden = dense(x, 8)
        if norm:
            hidden = slim.batch_norm(
                hidden, is_training=is_training, synchronized=norm == "synchronized", decay=0.9
            )
        return dense(tf.nn.relu(hidden), 2, "logits")


class Watch(slim.hooks.Hook):
    """Notes losses, and does what the program is told to."""

    def __init__(self, how: dict, index: int):
        self._how, self._index = how, index
        self.every_steps = how["hook"] or None
        self.losses: list[list[float]] = []

    def begin(self, run) -> None:
        print(f"begun at {run.step}", flush=True)

    def after_step(self, run) -> None:
        self.losses.append([run.step, run.loss_value])
        if self._how["sleep"]:
            time.sleep(self._how["sleep"])
        kind, *where = self._how["fault"].split(":")
        if where and [self._index, run.step] == [int(number) for number in where]:
            _FAULTS[kind](run)


def _hold(run):
    """Waits until the file `cut` is there, beside the run folder."""
    while not os.path.exists(os.path.join(run.logdir, os.pardir, "cut")):
        time.sleep(0.02)


def _raise(run):
    raise KeyError("a hook that fails")


def _stop(run):
    run.stop = "a hook says so"


_FAULTS = {
    "term": lambda run: os.kill(os.getpid(), signal.SIGTERM),
    "kill": lambda run: os.kill(os.getpid(), signal.SIGKILL),
    "freeze": lambda run: os.kill(os.getpid(), signal.SIGSTOP),
    "hold": _hold,
    "raise": _raise,
    "stop": _stop,
    "data": lambda run: None,
}


def pipeline(batch: int, is_training: bool) -> slim.data.Pipeline:
    """Of pictures of one row."""
    pictures = (40 * toy.X[:, np.newaxis, :, np.newaxis] + 128).clip(0, 255).astype(np.uint8)
    return slim.data.Pipeline(
        slim.data.from_arrays(pictures, toy.Y), batch, is_training=is_training, preprocess=_row
    )


def _row(image, *, is_training, seed):
    return tf.cast(image, tf.float32) / 128 - 1


def data(how: dict, index: int) -> tf.data.Dataset | slim.data.Pipeline:
    if how["pipeline"]:
        return pipeline(how["batch"], is_training=True)
    whole = tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).shuffle(64, seed=how["seed"])
    if not how["epochs"]:
        whole = whole.repeat()
    batches = whole.batch(how["batch"])
    kind, *where = how["fault"].split(":")
    if kind == "data" and index == int(where[0]):

        def broken(number, batch):
            bad = tf.debugging.Assert(number < int(where[1]), ["the disk is gone"])
            with tf.control_dependencies([bad]):
                return tf.nest.map_structure(tf.identity, batch)

        batches = batches.enumerate().map(broken)
    return batches


def main(words: list[str]) -> None:
    how = told(words)
    run_folder._SEEN_WITHIN_SECONDS = 1.0  # here no file system hides what is there
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(1)
    strategy = tf.distribute.get_strategy()
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    index = strategy.cluster_resolver.task_id if "TF_CONFIG" in os.environ else 0
    print("strategy", flush=True)
    with strategy.scope():
        model = slim.Model(net, norm=how["norm"]).build(tf.TensorSpec([None, 5]))
        for number, variable in enumerate(model.trainable_variables):
            variable.assign(0.3 * np.random.RandomState(number).randn(*variable.shape))
        step = slim.learning.make_train_step(
            model,
            slim.losses.sparse_softmax_cross_entropy,
            toy.OPTIMIZERS[how["optimizer"]](),
            average_decay=how["decay"] or None,
            clip_global_norm=how["clip"],
            accumulate=how["parts"],
        )
    watch = Watch(how, index)
    options = {}
    if how["validate"]:
        held_out = tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(7)
        if how["pipeline"]:
            held_out = pipeline(7, is_training=False)
        options = {"validation": held_out, "validate_every": how["validate"]}
        if how["patience"]:
            options["patience"] = how["patience"]
    end = {"epochs": how["epochs"]} if how["epochs"] else {"number_of_steps": how["steps"]}
    status = 0
    try:
        run = slim.learning.fit(
            step,
            data(how, index),
            os.path.join(how["folder"], how["logdir"]),
            **end,
            hooks=[watch],
            log_every_steps=1,
            summary_every_steps=0,
            save_every_steps=how["every"] or None,
            save_every_secs=how["secs"] or None,
            steps_per_call=how["call"],
            **options,
        )
        said = {"stop": run.stop, "step": run.step, "chief": run.is_chief}
        if how["validate"]:
            said.update(validation=dict(run.validation), best=run.best and run.best.step)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        said, status = {"error": type(error).__name__}, 3
    weights = {}
    for name, variable in model.named_variables.items():
        if variable.trainable:
            weights[name] = strategy.experimental_local_results(variable)[0].numpy().tolist()
    said.update(losses=watch.losses, weights=weights)
    with open(os.path.join(how["folder"], f"end-{index}.json"), "w") as file:
        json.dump(said, file)
    print("ended", status, flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
