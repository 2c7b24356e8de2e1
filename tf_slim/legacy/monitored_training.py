"""`slim.training.train`: the training loop of TensorFlow 1 that is made of hooks."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.legacy.v1_only import graph_of

v1 = tf.compat.v1


def train(
    train_op,
    logdir,
    master="",
    is_chief=True,
    scaffold=None,
    hooks=None,
    chief_only_hooks=None,
    save_checkpoint_secs=600,
    save_summaries_steps=100,
    config=None,
    max_wait_secs=7200,
    run_metadata=None,
):
    """Runs `train_op` in a `tf.compat.v1.train.MonitoredTrainingSession` until it should stop.

    It goes on from the latest checkpoint of `logdir`. Hooks end it, such as
    `tf.compat.v1.train.StopAtStepHook`, or the end of the data.

    Args:
      train_op: from `create_train_op`.
      logdir: the folder of checkpoints and summaries; None to write nothing.
      master: the session's target; "" for this process.
      is_chief: whether this process initializes, and writes checkpoints and summaries.
      scaffold: a `tf.compat.v1.train.Scaffold`: how to initialize, restore and save.
      hooks: `tf.compat.v1.train.SessionRunHook`s.
      chief_only_hooks: further ones, for the chief.
      save_checkpoint_secs: seconds between checkpoints; None or 0 for none.
      save_summaries_steps: steps between summaries; None or 0 for none.
      config: a `tf.compat.v1.ConfigProto`.
      max_wait_secs: how long a process waits for the chief to initialize.
      run_metadata: a `tf.compat.v1.RunMetadata` to fill at each step.

    Returns:
      What the last run of `train_op` returned, or None if there was none.

    Raises:
      RuntimeError: called outside a v1 graph.
      ValueError: something is to be saved, but `logdir` is None.
    """
    if logdir is None and is_chief:
        for name, value in (
            ("save_summaries_steps", save_summaries_steps),
            ("save_checkpoint_secs", save_checkpoint_secs),
        ):
            if value:
                raise ValueError(
                    f"logdir is None, but {name} is {value}. Give a logdir, or {name}=None."
                )
    instead = "slim.learning.fit(train_step, dataset, logdir)"
    with (
        graph_of(train_op, "slim.training.train", instead).as_default(),
        v1.train.MonitoredTrainingSession(
            master=master,
            is_chief=is_chief,
            checkpoint_dir=logdir,
            scaffold=scaffold,
            hooks=hooks,
            chief_only_hooks=chief_only_hooks,
            save_checkpoint_secs=save_checkpoint_secs,
            save_summaries_steps=save_summaries_steps,
            config=config,
            max_wait_secs=max_wait_secs,
        ) as session,
    ):
        result = None
        while not session.should_stop():
            result = session.run(train_op, run_metadata=run_metadata)
    return result
