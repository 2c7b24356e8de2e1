"""Evaluation in sessions: of one checkpoint, or of each one that training writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.v1.evaluation import INSTEAD, Evaluation
from tf_slim.v1.training.eval_hooks import (
    StopAfterNEvalsHook,
    SummaryAtEndHook,
    get_or_create_eval_step,
)
from tf_slim.v1.training.new_checkpoints import checkpoints_iterator, wait_for_new_checkpoint
from tf_slim.v1.v1_only import require_v1_graph

__all__ = [
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "checkpoints_iterator",
    "evaluate_once",
    "evaluate_repeatedly",
    "get_or_create_eval_step",
    "wait_for_new_checkpoint",
]


def evaluate_once(
    checkpoint_path: str,
    master: str = "",
    scaffold: tf.compat.v1.train.Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Mapping | None = None,
    final_ops: Any = None,
    final_ops_feed_dict: Mapping | None = None,
    hooks: Sequence | None = None,
    config: tf.compat.v1.ConfigProto | None = None,
) -> Any:
    """`slim.train_eval.evaluate_once`: evaluates one checkpoint.

    Args:
      checkpoint_path: the checkpoint, without `.index`; None to start from what `scaffold`
        initializes.
      master: the session's target; "" for this process.
      scaffold: a `tf.compat.v1.train.Scaffold`: how to initialize and restore.
      eval_ops: what to run for each batch: an operation, a tensor, or a list, dict or other
        iterable of them, such as `updates.values()`. It is run until a hook says stop, or the data
        end.
      feed_dict: for `eval_ops`.
      final_ops: what to run once at the end.
      final_ops_feed_dict: for `final_ops`.
      hooks: `tf.compat.v1.train.SessionRunHook`s, such as `StopAfterNEvalsHook(num_evals)`.
      config: a `tf.compat.v1.ConfigProto`.

    Returns:
      The values of `final_ops`, or None.

    Raises:
      RuntimeError: called outside a v1 graph.

    Examples: see `slim.evaluation.evaluate_once`.
    """
    require_v1_graph("slim.train_eval.evaluate_once", INSTEAD)
    evaluation = Evaluation(
        master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, hooks, config
    )
    return evaluation.run(checkpoint_path)


def evaluate_repeatedly(
    checkpoint_dir: str,
    master: str = "",
    scaffold: tf.compat.v1.train.Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Mapping | None = None,
    final_ops: Any = None,
    final_ops_feed_dict: Mapping | None = None,
    eval_interval_secs: float = 60,
    hooks: Sequence | None = None,
    config: tf.compat.v1.ConfigProto | None = None,
    max_number_of_evaluations: int | None = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Any:
    """Evaluates each checkpoint that appears in a folder, and blocks until the last one.

    Args:
      checkpoint_dir: the folder that training writes to.
      master: as in `slim.train_eval.evaluate_once`, like all others but the following.
      scaffold: likewise.
      eval_ops: likewise.
      feed_dict: likewise.
      final_ops: likewise.
      final_ops_feed_dict: likewise.
      eval_interval_secs: least number of seconds from one evaluation to the next.
      hooks: likewise.
      config: likewise.
      max_number_of_evaluations: how many checkpoints to evaluate; None for no limit.
      timeout: seconds to wait for a new checkpoint; None for no limit.
      timeout_fn: called when none came for that long; ends the loop by returning True.

    Returns:
      The values of `final_ops` in the last evaluation, or None.

    Raises:
      RuntimeError: called outside a v1 graph.

    Examples: see `slim.evaluation.evaluate_once`.
    """
    require_v1_graph("slim.evaluation.evaluate_repeatedly", INSTEAD)
    evaluation = Evaluation(
        master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, hooks, config
    )
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    return evaluation.run_each(paths, max_number_of_evaluations)
