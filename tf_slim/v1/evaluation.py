"""What every evaluation of checkpoints in v1 graphs does, in sessions with hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence

import tensorflow as tf

from tf_slim.v1.training.eval_hooks import StopAfterNEvalsHook, get_or_create_eval_step

v1 = tf.compat.v1

INSTEAD = "slim.evaluation.evaluate(model, dataset, metrics)"
"""What there is outside v1 graphs."""


class Evaluation:
    """What is run for each checkpoint."""

    def __init__(
        self,
        master: str,
        scaffold,
        eval_ops,
        feed_dict,
        final_ops,
        final_ops_feed_dict,
        hooks: Sequence | None,
        config,
        initial_op=None,
        initial_op_feed_dict=None,
        init_fn: Callable | None = None,
    ):
        self._master = master
        self._scaffold = scaffold or v1.train.Scaffold()
        self._config = config
        self._initial_op = _fetchable(initial_op)
        self._initial_op_feed_dict = initial_op_feed_dict
        self._init_fn = init_fn
        self._feed_dict = feed_dict
        self._final = v1.train.FinalOpsHook(_fetchable(final_ops), final_ops_feed_dict)
        self._hooks = [*(hooks or ()), self._final]
        self._eval_ops = None
        if eval_ops is not None:
            count = get_or_create_eval_step()
            counted = count.assign_add(1, use_locking=True, read_value=False)
            self._eval_ops = (_fetchable(eval_ops), counted)
            with tf.control_dependencies(tf.nest.flatten(self._eval_ops, expand_composites=True)):
                done = tf.identity(count.read_value())
            for hook in self._hooks:
                if isinstance(hook, StopAfterNEvalsHook):
                    hook.count_by(done)

    def run(self, checkpoint_path):
        """Evaluates a checkpoint, and returns the final values."""
        creator = _SessionCreator(self, checkpoint_path)
        with v1.train.MonitoredSession(session_creator=creator, hooks=self._hooks) as session:
            v1.logging.info("Starting evaluation of %s", checkpoint_path)
            if self._eval_ops is not None:
                while not session.should_stop():
                    session.run(self._eval_ops, self._feed_dict)
        v1.logging.info("Finished evaluation of %s", checkpoint_path)
        return self._final.final_ops_values

    def run_each(self, checkpoint_paths: Iterable[str], most: int | None):
        """Evaluates several checkpoints, and returns the final values of the last."""
        value = None
        for done, path in enumerate(checkpoint_paths, start=1):
            value = self.run(path)
            if done == most:
                break
        return value

    def create_session(self, checkpoint_path):
        """Makes a session that is initialized as far as asked for, and then restored."""
        scaffold = self._scaffold.finalize()
        manager = v1.train.SessionManager(
            local_init_op=scaffold.local_init_op,
            ready_op=scaffold.ready_op,
            ready_for_local_init_op=scaffold.ready_for_local_init_op,
            graph=v1.get_default_graph(),
        )

        def initialize(session):
            if self._init_fn is not None:
                _call_init_fn(self._init_fn, scaffold, session)
            if checkpoint_path is not None:
                scaffold.saver.restore(session, checkpoint_path)
            elif self._initial_op is None:
                session.run(scaffold.init_op, scaffold.init_feed_dict)
                if scaffold.init_fn is not None:
                    scaffold.init_fn(session)

        return manager.prepare_session(
            self._master,
            config=self._config,
            init_op=self._initial_op,
            init_feed_dict=self._initial_op_feed_dict,
            init_fn=initialize,
        )


class _SessionCreator(v1.train.SessionCreator):
    """Restores one checkpoint, as `tf.compat.v1.train.ChiefSessionCreator`, but after initializing.

    TensorFlow's own does the one or the other, so that an `initial_op` would never be run.
    """

    def __init__(self, evaluation: Evaluation, checkpoint_path):
        self._evaluation = evaluation
        self._checkpoint_path = checkpoint_path

    def create_session(self):
        return self._evaluation.create_session(self._checkpoint_path)


def _fetchable(ops):
    """`ops`, with lists in place of views of dicts, sets and generators: sessions take none."""
    if isinstance(ops, Mapping):
        return {name: _fetchable(op) for name, op in ops.items()}
    if isinstance(ops, tuple) and hasattr(ops, "_fields"):
        return type(ops)(*map(_fetchable, ops))
    if isinstance(ops, (str, bytes, tf.Tensor, tf.Variable)) or not isinstance(ops, Iterable):
        return ops
    return (tuple if isinstance(ops, tuple) else list)(map(_fetchable, ops))


def _call_init_fn(init_fn: Callable, scaffold, session) -> None:
    needed = [
        p
        for p in inspect.signature(init_fn).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    if len(needed) > 1:
        init_fn(scaffold, session)
    else:
        init_fn(session)
