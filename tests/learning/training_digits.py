"""A program that trains on the digits, and says where it is.

It is told a folder, and a moment: `killed SECONDS` after it has begun, `held` after the first step
until the file `go` is there, or nothing.
"""

from __future__ import annotations

import os
import signal
import time

import tensorflow as tf

import tf_slim as slim
from tests.learning import lives

STEPS = 60


class _Slow(slim.hooks.Hook):
    def __init__(self, moment: str, seconds: str):
        self._moment, self._seconds = moment, float(seconds)

    def begin(self, run):
        print("begin", run.step, flush=True)
        if self._moment == "killed":  # by itself, so that it cannot be too late
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def after_step(self, run):
        print("step", run.step, flush=True)
        time.sleep(0.02)
        while self._moment == "held" and not os.path.exists(os.path.join(run.logdir, "go")):
            time.sleep(0.02)


def live(folder: str, moment: str = "", seconds: str = "0") -> None:
    """Trains in a folder, from where the one before has died."""
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(1)
    data = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 32, is_training=True)
    model = slim.nets.create("lenet", num_classes=10).build(data.element_spec[0])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.Adam(0.001)
    )
    slim.learning.fit(
        step,
        data,
        folder,
        STEPS,
        hooks=[_Slow(moment, seconds)],
        log_every_steps=1,
        save_every_steps=7,
    )


if __name__ == "__main__":
    lives.serve(live)
