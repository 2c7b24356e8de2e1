"""The loops after `disable_v2_behavior()`: in a process of its own, since that cannot be undone."""

from __future__ import annotations

from tests.house.sources import run_python

PROGRAM = """
import os, sys, tempfile, threading, time
import tensorflow as tf
import tf_slim as slim
from tests.v1 import linear

v1 = tf.compat.v1
v1.disable_v2_behavior()
folder = tempfile.mkdtemp()


def build():
    v1.reset_default_graph()
    op = linear.train_op(summarize_gradients=True, gradient_multipliers={"w": 1.0})
    v1.summary.scalar("loss", op.graph.get_tensor_by_name("total_loss:0"))
    return op


def slowly(*args):
    time.sleep(0.02)
    return slim.learning.train_step(*args)


def close(got, expected):
    assert abs(got - expected) < 1e-4, (got, expected)


# In the default graph, as programs of TensorFlow 1 do it; services run in the background.
loss = slim.learning.train(
    build(), folder, number_of_steps=10, train_step_fn=slowly, save_interval_secs=0.05,
    save_summaries_secs=0.05, trace_every_n_steps=5,
)
close(loss, linear.expected(10)[1][-1])
assert len([f for f in os.listdir(folder) if f.endswith(".index")]) > 1
assert {"loss", "global_step/sec"} <= set(linear.scalars(folder))

# It goes on; multipliers may be keyed by variables here.
v1.reset_default_graph()
op = slim.learning.create_train_op(
    linear.loss(), v1.train.GradientDescentOptimizer(linear.RATE),
    gradient_multipliers={v1.trainable_variables()[0]: 1.0},
)
close(slim.learning.train(op, folder, number_of_steps=12), linear.expected(12)[1][-1])

# By hooks.
hooks = [v1.train.StopAtStepHook(last_step=14)]
close(slim.training.train(build(), folder, hooks=hooks), linear.expected(14)[1][-1])

# Evaluation, with what is to be restored.
v1.reset_default_graph()
value, update = slim.metrics.streaming_mean(linear.loss())
slim.get_or_create_global_step()
final = slim.evaluation.evaluation_loop(
    "", folder, os.path.join(folder, "eval"), num_evals=2, eval_op=update, final_op=value,
    eval_interval_secs=0, max_number_of_evaluations=1,
)
close(final, linear.expected(15)[1][-1])

# Queues.
v1.reset_default_graph()
number = v1.train.range_input_producer(5, num_epochs=1, shuffle=False).dequeue()
value = slim.prefetch_queue.prefetch_queue([number]).dequeue()
with v1.Session() as session:
    session.run(v1.local_variables_initializer())
    with slim.queues.QueueRunners(session):
        assert [session.run(value) for _ in range(5)] == [0, 1, 2, 3, 4]
print("all is well")
"""


def test_the_loops_of_a_tensorflow_1_program():
    done = run_python(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "all is well"
