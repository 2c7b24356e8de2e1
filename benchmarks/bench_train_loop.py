"""What a turn of `slim.learning.train` costs beside the step, ours and that of `tf_slim` 1.1.0."""

from __future__ import annotations

from benchmarks import peers, recording

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
