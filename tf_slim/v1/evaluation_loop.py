"""Evaluation of the checkpoints of a training on a number of batches, with summaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.v1.evaluation import INSTEAD, Evaluation
from tf_slim.v1.training.eval_hooks import StopAfterNEvalsHook, SummaryAtEndHook
from tf_slim.v1.training.new_checkpoints import checkpoints_iterator
from tf_slim.v1.v1_only import require_v1_graph

v1 = tf.compat.v1

_USE_DEFAULT = 0


def evaluate_once(
    master: str,
    checkpoint_path: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Mapping | None = None,
    eval_op: Any = None,
    eval_op_feed_dict: Mapping | None = None,
    final_op: Any = None,
    final_op_feed_dict: Mapping | None = None,
    summary_op: Any = _USE_DEFAULT,
    summary_op_feed_dict: Mapping | None = None,
    variables_to_restore: Any = None,
    session_config: tf.compat.v1.ConfigProto | None = None,
    hooks: Sequence | None = None,
) -> Any:
    """`slim.evaluation.evaluate_once`: evaluates one checkpoint on a number of batches.

    Outside v1 graphs use `slim.evaluation.evaluate`.

    Args:
      master: the session's target; "" for this process.
      checkpoint_path: the checkpoint, without `.index`; not its folder.
      logdir: where summaries go.
      num_evals: how often `eval_op` is run; None until the data end.
      initial_op: run first, before the checkpoint is restored.
      initial_op_feed_dict: for `initial_op`.
      eval_op: what to run for each batch, usually the update operations of metrics.
      eval_op_feed_dict: for `eval_op`.
      final_op: what to run once at the end, usually the values of metrics.
      final_op_feed_dict: for `final_op`.
      summary_op: written at the end; by default all summaries, None for none.
      summary_op_feed_dict: for `summary_op`.
      variables_to_restore: for `tf.compat.v1.train.Saver`; by default all variables. What is left
        out must be set by `initial_op`.
      session_config: a `tf.compat.v1.ConfigProto`.
      hooks: further `tf.compat.v1.train.SessionRunHook`s.

    Returns:
      The value of `final_op`, or None.

    Raises:
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> with tf.Graph().as_default():
      ...     test = tf.compat.v1.data.make_one_shot_iterator(tf.data.Dataset.range(4)).get_next()
      ...     step = slim.get_or_create_global_step()
      ...     saver = tf.compat.v1.train.Saver()
      ...     with tf.compat.v1.Session() as session:
      ...         session.run(step.initializer)
      ...         path = saver.save(session, "run/model.ckpt", 0)
      ...     mean, update = slim.metrics.streaming_mean(test)
      ...     print(slim.evaluation.evaluate_once(
      ...         "", path, "run/eval", num_evals=4, eval_op=update, final_op=mean))
      1.5
    """
    require_v1_graph("slim.evaluation.evaluate_once", INSTEAD)
    evaluation = Evaluation(
        master,
        _restoring(variables_to_restore),
        eval_op,
        eval_op_feed_dict,
        final_op,
        final_op_feed_dict,
        _usual_hooks(logdir, num_evals, summary_op, summary_op_feed_dict, hooks),
        session_config,
        initial_op,
        initial_op_feed_dict,
    )
    return evaluation.run(checkpoint_path)


def evaluation_loop(
    master: str,
    checkpoint_dir: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Mapping | None = None,
    init_fn: Callable | None = None,
    eval_op: Any = None,
    eval_op_feed_dict: Mapping | None = None,
    final_op: Any = None,
    final_op_feed_dict: Mapping | None = None,
    summary_op: Any = _USE_DEFAULT,
    summary_op_feed_dict: Mapping | None = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: int | None = None,
    session_config: tf.compat.v1.ConfigProto | None = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    hooks: Sequence | None = None,
) -> Any:
    """Evaluates each checkpoint that appears in a folder, on a number of batches.

    Args:
      master: as in `slim.evaluation.evaluate_once`, like all others but the following.
      checkpoint_dir: the folder that training writes to.
      logdir: likewise.
      num_evals: likewise.
      initial_op: likewise.
      initial_op_feed_dict: likewise.
      init_fn: `init_fn(session)`, or `init_fn(scaffold, session)`; called after `initial_op`,
        before the checkpoint is restored.
      eval_op: likewise.
      eval_op_feed_dict: likewise.
      final_op: likewise.
      final_op_feed_dict: likewise.
      summary_op: likewise.
      summary_op_feed_dict: likewise.
      variables_to_restore: likewise.
      eval_interval_secs: least number of seconds from one evaluation to the next.
      max_number_of_evaluations: how many checkpoints to evaluate; None for no limit.
      session_config: likewise.
      timeout: seconds to wait for a new checkpoint; None for no limit.
      timeout_fn: called when none came for that long; ends the loop by returning True.
      hooks: likewise.

    Returns:
      The value of `final_op` in the last evaluation, or None.

    Raises:
      RuntimeError: called outside a v1 graph.

    Examples: see `slim.evaluation.evaluate_once`.
    """
    require_v1_graph("slim.evaluation.evaluation_loop", INSTEAD)
    evaluation = Evaluation(
        master,
        _restoring(variables_to_restore),
        eval_op,
        eval_op_feed_dict,
        final_op,
        final_op_feed_dict,
        _usual_hooks(logdir, num_evals, summary_op, summary_op_feed_dict, hooks),
        session_config,
        initial_op,
        initial_op_feed_dict,
        init_fn,
    )
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    return evaluation.run_each(paths, max_number_of_evaluations)


def _usual_hooks(logdir, num_evals, summary_op, summary_feed_dict, hooks) -> list[Any]:
    usual: list[Any] = [StopAfterNEvalsHook(num_evals)]
    if isinstance(summary_op, int) and summary_op == _USE_DEFAULT:
        summary_op = v1.summary.merge_all()
    if summary_op is not None:
        usual.append(
            SummaryAtEndHook(log_dir=logdir, summary_op=summary_op, feed_dict=summary_feed_dict)
        )
    return [*usual, *(hooks or ())]


def _restoring(variables_to_restore):
    if variables_to_restore is None:
        return v1.train.Scaffold()
    return v1.train.Scaffold(saver=v1.train.Saver(variables_to_restore))
