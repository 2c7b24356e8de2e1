"""What a turn of `slim.learning.train` costs beside the step, ours and that of `tf_slim` 1.1.0."""

from __future__ import annotations

import pathlib

import tf_slim as slim
from benchmarks import peers

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


def test_one_turn_of_the_loop(capsys, tmp_path_factory):
    peer = peers.released(tmp_path_factory.mktemp("released"))
    here = pathlib.Path(slim.__file__).parent.parent
    rounds = [(peers.measured_in(here, LOOP), peers.measured_in(peer, LOOP)) for _ in range(3)]
    mine, other = (min(one[side] for one in rounds) for side in (0, 1))
    with capsys.disabled():
        print("\none turn of slim.learning.train, with a step that does next to nothing")
        print(f"  slim           {mine * 1e6:8.0f} us")
        print(f"  tf_slim 1.1.0  {other * 1e6:8.0f} us {other / mine:6.2f}x")
