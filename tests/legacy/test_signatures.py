"""The functions and classes of the loops, queues and data have the parameters that they had."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens.decode import find
from tests.goldens.loader import DATA

v1 = tf.compat.v1

MODULES = (
    "slim.learning",
    "slim.evaluation",
    "slim.queues",
    "slim.summaries",
    "slim.data_decoder",
    "slim.data_provider",
    "slim.dataset",
    "slim.dataset_data_provider",
    "slim.parallel_reader",
    "slim.prefetch_queue",
    "slim.tfexample_decoder",
)


def recorded():
    with gzip.open(DATA / "api.json.gz", "rt", encoding="utf-8") as stream:
        names = json.load(stream)["names"]
    return {name: said for name, said in names.items() if name.rpartition(".")[0] in MODULES}


def parameters(function, wholly=True):
    """As recorded: names, with the default if there is one; objects by their names."""
    rows = []
    for p in inspect.signature(function).parameters.values():
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        row = [stars + p.name]
        if p.default is not p.empty:
            named = getattr(p.default, "__name__", None) or getattr(p.default, "name", None)
            row.append({"object": named} if named else p.default)
        rows.append(row)
    return rows


@pytest.mark.parametrize(("name", "said"), recorded().items())
def test_parameters_are_those_recorded(name, said):
    found = find(name)
    if said["kind"] == "function":
        assert parameters(found) == said["args"]
    elif "__init__" in vars(found):
        assert parameters(found.__init__) == said["init"]
    else:  # recorded where nobody wrote one
        assert said["init"] == [["self"], ["*args"], ["**kwargs"]]


def test_all_modules_are_recorded():
    assert {name.rpartition(".")[0] for name in recorded()} == set(MODULES)


LATER = {
    slim.training.create_train_op: (
        "total_loss, optimizer, global_step=0, update_ops=None, variables_to_train=None, "
        "transform_grads_fn=None, summarize_gradients=False, gate_gradients=1, "
        "aggregation_method=None, colocate_gradients_with_ops=False, check_numerics=True"
    ),
    slim.training.train: (
        "train_op, logdir, master='', is_chief=True, scaffold=None, hooks=None, "
        "chief_only_hooks=None, save_checkpoint_secs=600, save_summaries_steps=100, config=None, "
        "max_wait_secs=7200, run_metadata=None"
    ),
    slim.training.clip_gradient_norms_fn: "max_norm",
    slim.train_eval.evaluate_once: (
        "checkpoint_path, master='', scaffold=None, eval_ops=None, feed_dict=None, "
        "final_ops=None, final_ops_feed_dict=None, hooks=None, config=None"
    ),
    slim.train_eval.evaluate_repeatedly: (
        "checkpoint_dir, master='', scaffold=None, eval_ops=None, feed_dict=None, "
        "final_ops=None, final_ops_feed_dict=None, eval_interval_secs=60, hooks=None, "
        "config=None, max_number_of_evaluations=None, timeout=None, timeout_fn=None"
    ),
    slim.train_eval.StopAfterNEvalsHook: "num_evals, log_progress=True",
    slim.train_eval.SummaryAtEndHook: (
        "log_dir=None, summary_writer=None, summary_op=None, feed_dict=None"
    ),
    slim.train_eval.get_or_create_eval_step: "",
    slim.tfexample_decoder.TFSequenceExampleDecoder: (
        "keys_to_context_features, keys_to_sequence_features, items_to_handlers"
    ),
    slim.tfexample_decoder.NumBoxesSequence: "keys=None, check_consistency=True",
    slim.tfexample_decoder.BoundingBoxSequence: (
        "keys=None, prefix=None, return_dense=True, default_value=-1.0"
    ),
    slim.tfexample_decoder.KeypointsSequence: (
        "keys=None, prefix=None, return_dense=True, default_value=-1.0"
    ),
}
"""Names that came with tf_slim 1.1.0, and were not in TensorFlow 1.15's own."""


@pytest.mark.parametrize("found", LATER, ids=lambda f: f.__name__)
def test_parameters_of_what_came_later(found):
    made = eval(f"lambda {LATER[found]}: None")
    assert parameters(found) == parameters(made)


OLD_PATHS = {
    "tf_slim.queues": ["QueueRunners", "NestedQueueRunnerError"],
    "tf_slim.training.training": ["create_train_op", "train", "clip_gradient_norms_fn"],
    "tf_slim.training.evaluation": ["evaluate_once", "evaluate_repeatedly", "SummaryAtEndHook"],
    "tf_slim.train_eval": ["evaluate_once", "StopAfterNEvalsHook", "checkpoints_iterator"],
    "tf_slim.evaluation": ["evaluate_once", "evaluation_loop", "wait_for_new_checkpoint"],
    "tf_slim.learning": ["train", "train_step", "create_train_op", "supervisor", "tf_saver"],
    "tf_slim.data.parallel_reader": ["ParallelReader", "parallel_read", "single_pass_read"],
    "tf_slim.data.prefetch_queue": ["prefetch_queue"],
    "tf_slim.data.dataset_data_provider": ["DatasetDataProvider"],
    "tf_slim.data.tfexample_decoder": ["TFExampleDecoder", "Image"],
}


@pytest.mark.parametrize("path", OLD_PATHS)
def test_old_import_paths(path):
    module = importlib.import_module(path)
    for name in OLD_PATHS[path]:
        assert hasattr(module, name)


def test_the_same_thing_by_every_path():
    training = importlib.import_module("tf_slim.training.training")
    assert slim.training.train is training.train
    assert slim.training.evaluation.evaluate_once is slim.train_eval.evaluate_once
    assert slim.evaluation.evaluate_once is not slim.train_eval.evaluate_once
    assert slim.data.parallel_reader is slim.parallel_reader
    assert issubclass(slim.learning.supervisor.Supervisor, v1.train.Supervisor)
    assert callable(slim.learning.train_step) and slim.learning.train is not slim.training.train
