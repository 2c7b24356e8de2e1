"""A program that trains again and again, and is killed at the moments that it is told.

It is told a folder and a moment for each life. A moment is the name of a function, which call of
it, and how many events of the interpreter later: `RunFolder.save 2 17`; or `later SECONDS`, which
may be in the middle of an operation of TensorFlow; or `never`.
"""

from __future__ import annotations

import os
import signal
import sys

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.learning import lives, toy
from tf_slim.ops import files

STEPS = 50


class _Clock(slim.hooks.Hook):
    """Starts to wait when training begins."""

    def __init__(self, moment: tuple[str, ...]):
        self._moment = moment

    def begin(self, run) -> None:
        name, *numbers = self._moment
        if name == "later":
            signal.setitimer(signal.ITIMER_REAL, float(numbers[0]))
        elif name != "never":
            sys.setprofile(_death(name, *map(int, numbers)))


def _death(name: str, calls: int, events: int):
    def watch(frame, event, _):
        nonlocal calls, events
        if calls:
            calls -= event == "call" and _called(frame) == name
        elif events:
            events -= 1
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


def _called(frame) -> str:
    """`RunFolder.save` for a function of the package, also where Python does not tell the class."""
    code, found = frame.f_code, frame.f_locals.get("self")
    if "tf_slim" not in code.co_filename:
        return ""
    return code.co_name if found is None else f"{type(found).__name__}.{code.co_name}"


def live(folder: str, *moment: str) -> None:
    """Trains in a folder, from where the one before has died."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(1)
    model = toy.model()
    optimizer = tf.keras.optimizers.SGD(0.01, momentum=0.9)
    step = slim.learning.make_train_step(model, toy.loss, optimizer, average_decay=0.9)
    # With wrong labels among them, so that the loss falls and rises again.
    labels = np.where(np.arange(len(toy.Y)) % 4, toy.Y, 1 - toy.Y)
    held_out = tf.data.Dataset.from_tensor_slices((toy.X, labels)).batch(30)
    run = slim.learning.fit(
        step,
        toy.data(),
        folder,
        STEPS,
        hooks=[_Clock(moment)],
        log_every_steps=3,
        summary_every_steps=0,
        save_every_steps=5,
        keep_checkpoints=2,
        validation=held_out,
        validate_every=2,
        best="loss",
        patience=60,
    )
    sys.setprofile(None)
    weights = {name: variable.numpy() for name, variable in model.named_variables.items()}
    with files.replacing(os.path.join(folder, "at-the-end.npz")) as path, open(path, "wb") as file:
        np.savez(file, **weights, best=run.best.value)


if __name__ == "__main__":
    lives.serve(live)
