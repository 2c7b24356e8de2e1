"""Hooks of evaluation sessions, and the variable that counts evaluated batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

v1 = tf.compat.v1


def get_or_create_eval_step() -> tf.Variable:
    """The counter of batches evaluated so far, an int64 local variable of the graph.

    Returns:
      The variable, made if there is none.

    Raises:
      ValueError: the graph has several.

    Examples:
      >>> with tf.Graph().as_default():
      ...     slim.evaluation.get_or_create_eval_step().op.name
      'eval_step'
    """
    steps = v1.get_collection(v1.GraphKeys.EVAL_STEP)
    if len(steps) > 1:
        raise ValueError(f"The graph has several counters of evaluation: {steps}. Keep one.")
    if steps:
        return steps[0]
    return v1.get_variable(
        "eval_step",
        shape=[],
        dtype=tf.int64,
        initializer=v1.zeros_initializer(),
        trainable=False,
        collections=[v1.GraphKeys.LOCAL_VARIABLES, v1.GraphKeys.EVAL_STEP],
    )


class StopAfterNEvalsHook(v1.train.SessionRunHook):
    """Ends an evaluation after a number of batches.

    Args:
      num_evals: how many; None to go on until the data end.
      log_progress: whether to log each of them, or each tenth part of many.

    Examples: see `slim.evaluation.evaluate_once`.
    """

    def __init__(self, num_evals: int, log_progress: bool = True):
        self._num_evals = num_evals
        self._log_every = 0
        if log_progress:
            self._log_every = 1 if num_evals is None or num_evals < 20 else num_evals // 10
        self._evals_completed: Any = None

    def count_by(self, evals_completed: Any) -> None:
        """Tells which tensor counts the batches, that of the present run included."""
        self._evals_completed = evals_completed

    def begin(self) -> None:
        """Finds the counter, unless it was told."""
        if self._evals_completed is None:
            self._evals_completed = tf.convert_to_tensor(get_or_create_eval_step())

    def before_run(self, run_context: Any) -> Any:
        """Asks for the count."""
        return v1.train.SessionRunArgs(self._evals_completed)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Ends the evaluation if it is complete."""
        done = int(run_values.results)
        if self._log_every and (done % self._log_every == 0 or done == self._num_evals):
            if self._num_evals is None:
                v1.logging.info("Evaluation [%d]", done)
            else:
                v1.logging.info("Evaluation [%d/%d]", done, self._num_evals)
        if self._num_evals is not None and done >= self._num_evals:
            run_context.request_stop()


class SummaryAtEndHook(v1.train.SessionRunHook):
    """Writes summaries once, when an evaluation ends.

    Args:
      log_dir: where to write them; "" for nowhere.
      summary_writer: a `tf.compat.v1.summary.FileWriter` to write them to instead.
      summary_op: the summaries; by default all that the graph has collected.
      feed_dict: for `summary_op`.

    Raises:
      ValueError: neither a folder nor a writer is given.

    Examples: see `slim.evaluation.evaluate_once`.
    """

    def __init__(
        self,
        log_dir: str | None = None,
        summary_writer: Any = None,
        summary_op: Any = None,
        feed_dict: Mapping | None = None,
    ):
        if log_dir is None and summary_writer is None:
            raise ValueError(
                "SummaryAtEndHook has nowhere to write: give log_dir or summary_writer."
            )
        self._log_dir = log_dir
        self._given_writer = summary_writer
        self._writer: Any = None
        self._summary_op = summary_op
        self._feed_dict = feed_dict
        self._global_step: Any = None
        self._graph: Any = None

    def begin(self) -> None:
        """Finds the summaries and the global step."""
        graph = v1.get_default_graph()
        if self._graph is graph:
            return  # Another evaluation of a graph that is final by now.
        self._graph = graph
        if self._summary_op is None:
            self._summary_op = v1.summary.merge_all()
        self._global_step = v1.train.get_or_create_global_step()

    def after_create_session(
        self, session: tf.compat.v1.Session, coord: tf.train.Coordinator
    ) -> None:
        """Opens the writer."""
        self._writer = self._given_writer
        if self._writer is None and self._log_dir:
            self._writer = v1.summary.FileWriterCache.get(self._log_dir)

    def end(self, session: tf.compat.v1.Session) -> None:
        """Writes the summaries at the global step of the model."""
        if self._writer is None:
            return
        if self._summary_op is not None:
            step = v1.train.global_step(session, self._global_step)
            self._writer.add_summary(session.run(self._summary_op, self._feed_dict), step)
        self._writer.flush()
