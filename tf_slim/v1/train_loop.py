"""`slim.learning.train`: the training loop of TensorFlow 1, watched by a Supervisor."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.v1 import chrome_trace
from tf_slim.v1.supervisor import Supervisor
from tf_slim.v1.v1_only import graph_of

v1 = tf.compat.v1

_USE_DEFAULT = 0
# Seconds between two looks of a process that waits for the chief to initialize.
_RECOVERY_WAIT_SECS = 2
_ASKED = ("should_log", "should_stop")
_INSTEAD = "slim.learning.fit(train_step, dataset, logdir)"


def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: Any
) -> tuple[Any, bool]:
    """Takes one step, and logs, traces and stops as it is told.

    Args:
      sess: the session.
      train_op: from `create_train_op`.
      global_step: what counts the steps.
      train_step_kwargs: a dict in which all is optional: boolean tensors `should_stop`,
        `should_log` and `should_trace` (which needs `logdir`, a folder), and `summary_writer`.

    Returns:
      The loss, and whether training should stop.

    Raises:
      ValueError: there is `should_trace` without `logdir`.

    Examples: see `slim.learning.train`.
    """
    options = metadata = step_before = None
    if "should_trace" in train_step_kwargs:
        if "logdir" not in train_step_kwargs:
            raise ValueError(
                "train_step_kwargs has should_trace, so it must also have logdir, the folder in "
                f"which traces are written; it has {sorted(train_step_kwargs)}."
            )
        should_trace, step_before = sess.run([train_step_kwargs["should_trace"], global_step])
        if should_trace:
            options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
            metadata = v1.RunMetadata()
    start = time.perf_counter()
    loss = sess.run(train_op, options=options, run_metadata=metadata)
    elapsed = time.perf_counter() - start
    if metadata is not None:
        _write_trace(metadata, step_before, train_step_kwargs)
    # Not in the run of train_op, which reads the step before or after it has counted.
    asked = {key: train_step_kwargs[key] for key in _ASKED if key in train_step_kwargs}
    said = sess.run({**asked, "step": global_step}) if asked else {}
    if said.get("should_log"):
        v1.logging.info("global step %d: loss = %.4f (%.3f sec/step)", said["step"], loss, elapsed)
    return loss, said.get("should_stop", False)


def _write_trace(metadata, step, train_step_kwargs) -> None:
    path = os.path.join(train_step_kwargs["logdir"], f"tf_trace-{step}.json")
    v1.logging.info("Writing trace to %s", path)
    chrome_trace.write(path, metadata.step_stats)
    writer = train_step_kwargs.get("summary_writer")
    if writer is not None:
        writer.add_run_metadata(metadata, f"run_metadata-{step}")


def train(
    train_op: Any,
    logdir: str,
    train_step_fn: Callable = train_step,
    train_step_kwargs: Any = _USE_DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = _USE_DEFAULT,
    init_feed_dict: Mapping | None = None,
    local_init_op: Any = _USE_DEFAULT,
    init_fn: Callable | None = None,
    ready_op: Any = _USE_DEFAULT,
    summary_op: Any = _USE_DEFAULT,
    save_summaries_secs: float = 600,
    summary_writer: Any = _USE_DEFAULT,
    startup_delay_steps: int = 0,
    saver: tf.compat.v1.train.Saver | None = None,
    save_interval_secs: float = 600,
    sync_optimizer: Any = None,
    session_config: tf.compat.v1.ConfigProto | None = None,
    session_wrapper: Callable | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Trains in a session until it should stop: the loop of TensorFlow 1.

    It restores the latest checkpoint of `logdir`, or else initializes, starts the queue runners,
    and takes step after step, while checkpoints and summaries are written in the background. It
    ends at `number_of_steps`, when the data end (`tf.errors.OutOfRangeError`), or when
    `train_step_fn` says so, and then writes a last checkpoint. A run whose checkpoint has reached
    `number_of_steps` takes no further step, and None is returned. If a server of its cluster ends,
    it waits until this is there again; the chief then restores the latest checkpoint.

    Outside v1 graphs use `slim.learning.fit`.

    Args:
      train_op: from `create_train_op`.
      logdir: the folder of checkpoints (`model.ckpt-<step>`), summaries and traces; None to write
        nothing.
      train_step_fn: called as `train_step_fn(sess, train_op, global_step, train_step_kwargs)` for
        each step; returns the loss and whether to stop.
      train_step_kwargs: for `train_step_fn`, see `train_step`; by default what the other
        arguments say.
      log_every_n_steps: global steps between log lines (`tf.compat.v1.logging`, INFO); 0 for none.
      graph: the graph, by default that of `train_op`.
      master: the session's target; "" for this process.
      is_chief: whether this process initializes, and writes checkpoints and summaries. The others
        of a cluster wait until the chief has initialized.
      global_step: what counts the steps; by default the graph's own.
      number_of_steps: the global step to stop at; None for no limit.
      init_op: initializes the model, by default all global variables.
      init_feed_dict: for `init_op`.
      local_init_op: run in each process; by default initializes local variables and tables.
      init_fn: `init_fn(session)`, called after `init_op`, to load pretrained weights for instance.
        Not called if a checkpoint was restored.
      ready_op: lists what is not initialized yet; by default variables.
      summary_op: the summaries, by default all that were collected.
      save_summaries_secs: seconds between summaries; 0 for none.
      summary_writer: where summaries go, by default to `logdir`; None for nowhere.
      startup_delay_steps: global step that processes other than the chief wait for.
      saver: by default one that saves all variables and keeps 5 checkpoints.
      save_interval_secs: seconds between checkpoints; 0 for the last one only.
      sync_optimizer: a `tf.compat.v1.train.SyncReplicasOptimizer`, or several.
      session_config: a `tf.compat.v1.ConfigProto`.
      session_wrapper: a function from a session to what is used in its place.
      trace_every_n_steps: global steps between traces, which `chrome://tracing` reads.
      ignore_live_threads: whether threads that do not stop in time are ignored.

    Returns:
      The loss of the last step, or None if there was none.

    Raises:
      RuntimeError: called outside a v1 graph, with something that is not of one.
      ValueError: an argument is missing, out of range or does not go with another.

    Examples:
      >>> with tf.Graph().as_default():
      ...     x = slim.variable("x", [], initializer=tf.ones_initializer())
      ...     optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
      ...     train_op = slim.learning.create_train_op(tf.square(x), optimizer)
      ...     loss = slim.learning.train(train_op, "run", number_of_steps=20)
      >>> print(f"{loss:.4f}", slim.checkpoints.latest("run"))
      0.0002 run/model.ckpt-20
    """
    syncs = _listed(sync_optimizer)
    _check(train_op, number_of_steps, startup_delay_steps, syncs)
    if logdir is None:
        _check_without_logdir(summary_op, saver, trace_every_n_steps)
    graph = graph or graph_of(train_op, "slim.learning.train", _INSTEAD)
    # All of it, since in here TensorFlow takes the absence of a graph for eager mode.
    with graph.as_default():
        if global_step is None:
            global_step = v1.train.get_or_create_global_step()
        saver = saver or v1.train.Saver()
        with tf.name_scope("init_ops"):
            init_op = v1.global_variables_initializer() if _is_default(init_op) else init_op
            ready_op = v1.report_uninitialized_variables() if _is_default(ready_op) else ready_op
            if _is_default(local_init_op):
                local_init_op = tf.group(v1.local_variables_initializer(), v1.tables_initializer())
            sync = _Sync(syncs, is_chief)
            local_init_op = sync.added_to(local_init_op)
        if _is_default(summary_op):
            summary_op = v1.summary.merge_all()
        if _is_default(summary_writer):
            summary_writer = Supervisor.USE_DEFAULT
        own_end = _is_default(train_step_kwargs)
        if own_end:
            train_step_kwargs = _train_step_kwargs(global_step, number_of_steps, log_every_n_steps)
            if is_chief and trace_every_n_steps is not None:
                train_step_kwargs["should_trace"] = _each(trace_every_n_steps, global_step)
                train_step_kwargs["logdir"] = logdir
        supervisor = Supervisor(
            graph=graph,
            is_chief=is_chief,
            logdir=logdir,
            init_op=init_op,
            init_feed_dict=init_feed_dict,
            local_init_op=local_init_op,
            ready_for_local_init_op=sync.waits_for,
            ready_op=ready_op,
            summary_op=summary_op,
            summary_writer=summary_writer,
            global_step=global_step,
            saver=saver,
            save_summaries_secs=save_summaries_secs,
            save_model_secs=save_interval_secs,
            recovery_wait_secs=_RECOVERY_WAIT_SECS,
            init_fn=init_fn,
        )
        if summary_writer is not None:
            train_step_kwargs["summary_writer"] = supervisor.summary_writer
        run = _Run(supervisor, train_op, train_step_fn, train_step_kwargs, own_end, sync)
        while True:
            restored = is_chief and logdir and tf.train.latest_checkpoint(logdir) is not None
            try:
                with supervisor.managed_session(
                    master, start_standard_services=False, config=session_config
                ) as session:
                    v1.logging.info("Starting Session.")
                    sess = session if session_wrapper is None else session_wrapper(session)
                    if not is_chief and startup_delay_steps > 0:
                        limit = min(startup_delay_steps, number_of_steps or sys.maxsize)
                        _wait_for_step(sess, global_step, limit)
                    try:
                        run.in_session(sess, bool(restored))
                    except Exception as error:
                        supervisor.request_stop(error)
                        raise
                    finally:
                        sync.release(session)
                    # The writer is closed after all threads have ended, on the way out.
                    supervisor.stop(
                        close_summary_writer=False, ignore_live_threads=ignore_live_threads
                    )
                return run.loss
            except _recoverable(master) as error:
                # A server of the cluster is gone, or was started anew. The next session waits until
                # it is there, and its variables come from the checkpoint.
                v1.logging.info("Retrying training after: %s", error)
                time.sleep(_RECOVERY_WAIT_SECS)


class _Run:
    """One training, in one session after the other."""

    def __init__(self, supervisor, train_op, step_fn, step_kwargs, own_end, sync):
        self._supervisor = supervisor
        self._train_op = train_op
        self._step_fn = step_fn
        self._step_kwargs = step_kwargs
        self._own_end = own_end
        self._sync = sync
        self.loss: Any = None

    def in_session(self, sess, restored: bool) -> None:
        """Trains until the end, or until the session breaks."""
        supervisor = self._supervisor
        # Only of a checkpoint of this very training: one that `init_fn` has loaded may bring the
        # global step of another, and such programs expect to train.
        if restored and self._own_end and sess.run(self._step_kwargs["should_stop"]):
            v1.logging.info("Nothing to train: all steps were taken before.")
            return
        saves = supervisor.is_chief and supervisor.save_path
        if saves:
            supervisor.start_standard_services(sess)
        supervisor.start_queue_runners(sess)
        v1.logging.info("Starting Queues.")
        self._sync.start(sess, supervisor)
        try:
            self._loop(sess)
        except tf.errors.OutOfRangeError as error:
            v1.logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
        if saves:
            v1.logging.info("Finished training! Saving model to disk.")
            supervisor.save(sess)
        self._sync.end(sess)
        supervisor.request_stop()

    def _loop(self, sess) -> None:
        supervisor = self._supervisor
        while not supervisor.should_stop():
            self.loss, should_stop = self._step_fn(
                sess, self._train_op, supervisor.global_step, self._step_kwargs
            )
            if should_stop:
                v1.logging.info("Stopping Training.")
                supervisor.request_stop()


class _Sync:
    """What `SyncReplicasOptimizer`s need before the first step of each process."""

    def __init__(self, optimizers, is_chief: bool):
        self._first = [o.chief_init_op if is_chief else o.local_step_init_op for o in optimizers]
        self._tokens = [o.get_init_tokens_op() for o in optimizers] if is_chief else []
        self._runners = [o.get_chief_queue_runner() for o in optimizers] if is_chief else []
        waits = [o.ready_for_local_init_op for o in optimizers]
        self.waits_for = tf.concat(waits, 0) if waits else None

    def added_to(self, local_init_op):
        """`local_init_op` with what the optimizers need in order to be ready."""
        return tf.group(local_init_op or [], self._first) if self._first else local_init_op

    def start(self, sess, supervisor) -> None:
        """Sets the local steps, and starts handing out tokens if this is the chief."""
        # Once more, since the initializers of local variables ran at the same time before.
        sess.run(self._first)
        supervisor.start_queue_runners(sess, self._runners)
        sess.run(self._tokens)

    def end(self, sess) -> None:
        """Lets the other replicas go, who may wait for the end of a step that nobody completes."""
        sess.run(self._tokens)

    def release(self, session) -> None:
        """Ends the threads of the chief: they wait for gradients as long as their session lasts."""
        if self._runners:
            session.close()


def _recoverable(master: str) -> tuple[type[Exception], ...]:
    """The errors that another process causes by its end."""
    # Without a cluster, what is not available is not the session's to bring back.
    return (tf.errors.AbortedError, *([tf.errors.UnavailableError] if master else []))


def _is_default(value: Any) -> bool:
    # Not `==` alone, which compares values where `value` is a tensor.
    return isinstance(value, int) and not isinstance(value, bool) and value == _USE_DEFAULT


def _listed(sync_optimizer) -> list[Any]:
    if sync_optimizer is None:
        return []
    listed = list(sync_optimizer) if isinstance(sync_optimizer, (list, tuple)) else [sync_optimizer]
    for optimizer in listed:
        if not isinstance(optimizer, v1.train.SyncReplicasOptimizer):
            raise ValueError(
                "sync_optimizer must be a tf.compat.v1.train.SyncReplicasOptimizer, or a list of "
                f"them; got {optimizer!r}."
            )
    return listed


def _check(train_op, number_of_steps, startup_delay_steps, syncs) -> None:
    if train_op is None:
        raise ValueError("train_op is None. Give what slim.learning.create_train_op returned.")
    if syncs and startup_delay_steps > 0:
        raise ValueError(
            f"startup_delay_steps is {startup_delay_steps}, but must be 0 with sync_optimizer: the "
            "chief would wait for the replicas that wait for it."
        )
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError(
            f"number_of_steps must be at least 1, or None for no limit; got {number_of_steps}."
        )


def _check_without_logdir(summary_op, saver, trace_every_n_steps) -> None:
    given = [
        name
        for name, is_given in (
            ("summary_op", not _is_default(summary_op)),
            ("saver", saver is not None),
            ("trace_every_n_steps", trace_every_n_steps is not None),
        )
        if is_given
    ]
    if given:
        raise ValueError(
            f"{given[0]} is given, but logdir is None, so that nothing is written. Give a logdir."
        )


def _train_step_kwargs(global_step, steps, log_every) -> dict[str, Any]:
    with tf.name_scope("train_step"):
        step = tf.convert_to_tensor(global_step)
        kwargs = {
            "should_stop": tf.constant(False) if steps is None else tf.greater_equal(step, steps)
        }
        if log_every > 0:
            kwargs["should_log"] = _each(log_every, global_step)
    return kwargs


def _each(steps: int, global_step):
    return tf.equal(tf.math.floormod(tf.convert_to_tensor(global_step), steps), 0)


def _wait_for_step(sess, global_step, limit: int) -> None:
    while (step := v1.train.global_step(sess, global_step)) < limit:
        v1.logging.info("Waiting for step %d before starting; at step %d.", limit, step)
        time.sleep(1)
