"""The Supervisor of TensorFlow 1, with services that also run under TensorFlow 2 behaviour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = ["Supervisor"]

v1 = tf.compat.v1


class Supervisor(v1.train.Supervisor):
    """A `tf.compat.v1.train.Supervisor` that works whatever `disable_v2_behavior()` was told.

    TensorFlow's own saves checkpoints and summaries in threads of its own. Threads begin in eager
    mode, unless `tf.compat.v1.disable_v2_behavior()` was called, and there its services break on
    the first variable. Here each of them enters the graph of its session first.

    Examples: see `slim.learning.train`.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._saving = threading.Lock()

    def start_standard_services(self, sess: Any) -> list[Any] | None:
        """Starts what writes summaries, steps per second and checkpoints in the background.

        Args:
          sess: the session to read from.

        Returns:
          The threads started; None without a `logdir`.

        Raises:
          RuntimeError: this is not the chief.
        """
        if not self.is_chief:
            raise RuntimeError(
                "Only the chief of a cluster may start the services that write checkpoints and "
                "summaries: make the Supervisor with is_chief=True in one process, and there alone."
            )
        if not self.save_path:
            v1.logging.warning("No checkpoints or summaries are written: there is no logdir.")
            return None
        if self.global_step is not None and self.summary_writer:
            self.summary_writer.add_session_log(
                v1.SessionLog(status=v1.SessionLog.START),
                v1.train.global_step(sess, self.global_step),
            )
        threads = []
        if self.save_summaries_secs and self.summary_writer:
            if self.summary_op is not None:
                threads.append(self._every(self.save_summaries_secs, self._summarize, sess))
            if self.global_step is not None:
                rate = _Rate(v1.train.global_step(sess, self.global_step))
                threads.append(self._every(self.save_summaries_secs, self._note_rate, sess, rate))
        if self.saver and self.save_model_secs:
            threads.append(self._every(self.save_model_secs, self.save, sess))
        return threads

    def save(self, sess: Any) -> str:
        """Writes a checkpoint to `logdir`, and notes it among the summaries.

        Args:
          sess: the session whose variables are saved.

        Returns:
          The path of the checkpoint.
        """
        v1.logging.info("Saving checkpoint to path %s", self.save_path)
        with self._saving:
            path = self.saver.save(sess, self.save_path, global_step=self.global_step)
        if self.summary_writer and self.global_step is not None:
            log = v1.SessionLog(status=v1.SessionLog.CHECKPOINT, checkpoint_path=self.save_path)
            step = v1.train.global_step(sess, self.global_step)
            self.summary_writer.add_session_log(log, step)
        return path

    def _every(self, secs: float, service: Callable, sess, *args):
        def in_graph():
            with sess.graph.as_default():
                service(sess, *args)

        return self.loop(secs, in_graph)

    def _summarize(self, sess) -> None:
        step = None
        if self.global_step is None:
            summary = sess.run(self.summary_op)
        else:
            summary, step = sess.run([self.summary_op, self.global_step])
        v1.logging.info("Recording summary at step %s.", step)
        self.summary_writer.add_summary(summary, step)

    def _note_rate(self, sess, rate: _Rate) -> None:
        step = v1.train.global_step(sess, self.global_step)
        tag = f"{self.global_step.op.name}/sec"
        value = rate.at(step)
        summary = v1.Summary(value=[v1.Summary.Value(tag=tag, simple_value=value)])
        self.summary_writer.add_summary(summary, step)
        v1.logging.info("%s: %g", tag, value)


class _Rate:
    """Steps per second since it was last asked."""

    def __init__(self, step: int):
        self._step, self._time = step, time.monotonic()

    def at(self, step: int) -> float:
        now = time.monotonic()
        rate = (step - self._step) / max(now - self._time, 1e-9)
        self._step, self._time = step, now
        return rate
