"""`tf.contrib`: one object under all its names, and errors that help."""

from __future__ import annotations

import importlib

import pytest

import tf_slim as slim
from tf_slim.legacy.absent import Absent, NotProvidedError
from tf_slim.legacy.contrib import namespaces


def lookup(path: str):
    """What a program gets for `tf.contrib.<path>`."""
    found = namespaces.find("contrib")
    for part in path.split("."):
        found = getattr(found, part)
    return found


SAME = {
    "slim.conv2d": slim.conv2d,
    "slim.python.slim.learning.make_train_step": slim.learning.make_train_step,
    "slim.nets.vgg": slim.nets.vgg,
    "slim.python.slim.nets.vgg.vgg_16": slim.nets.vgg.vgg_16,
    "layers.conv2d": slim.conv2d,
    "layers.python.layers.layers.conv2d": slim.conv2d,
    "layers.python.layers.conv2d": slim.conv2d,
    "layers.python.layers.utils.last_dimension": slim.utils.last_dimension,
    "layers.xavier_initializer": slim.xavier_initializer,
    "layers.python.layers.initializers.xavier_initializer": slim.xavier_initializer,
    "layers.l2_regularizer": slim.l2_regularizer,
    "framework.arg_scope": slim.arg_scope,
    "framework.python.ops.arg_scope": slim.arg_scope,
    "framework.python.ops.add_arg_scope": slim.add_arg_scope,
    "framework.python.ops.variables.model_variable": slim.model_variable,
    "framework.python.ops.variables.get_or_create_global_step": slim.get_or_create_global_step,
    "framework.get_variables_to_restore": slim.get_variables_to_restore,
    "framework.assign_from_checkpoint_fn": slim.assign_from_checkpoint_fn,
    "losses.get_total_loss": slim.losses.get_total_loss,
    "losses.metric_learning.npairs_loss": slim.losses.metric_learning.npairs_loss,
    "metrics.streaming_accuracy": slim.metrics.streaming_accuracy,
    "metrics.python.ops.set_ops.set_size": slim.metrics.set_size,
}


@pytest.mark.parametrize("path", SAME)
def test_the_same_object_under_every_name(path):
    assert lookup(path) is SAME[path]


def test_importing_a_module_does_not_hide_the_function_of_its_name():
    namespaces.find("contrib.framework.python.ops.arg_scope")
    parent = namespaces.find("contrib.framework.python.ops")
    parent.arg_scope = importlib.import_module("tf_slim.ops.arg_scope")  # as import does
    assert parent.arg_scope is slim.arg_scope


@pytest.mark.parametrize(
    "path",
    [
        "data.AUTOTUNE",
        "data.batch_and_drop_remainder",
        "data.map_and_batch",
        "deprecated.scalar_summary",
        "distributions.Categorical",
        "distributions.Normal",
        "framework.CriticalSection",
        "framework.deprecated",
        "framework.get_name_scope",
        "framework.is_tensor",
        "framework.list_variables",
        "framework.load_checkpoint",
        "framework.nest.pack_sequence_as",
        "framework.smart_cond",
        "lookup.HashTable",
        "lookup.KeyValueTensorInitializer",
        "lookup.index_to_string_table_from_tensor",
        "nn.deprecated_flipped_softmax_cross_entropy_with_logits",
        "opt.MovingAverageOptimizer",
        "quantize.create_training_graph",
        "quantize.experimental_create_eval_graph",
        "rnn.BasicLSTMCell",
        "rnn.DropoutWrapper",
        "rnn.LSTMStateTuple",
        "rnn.static_rnn",
        "tfprof.model_analyzer.FLOAT_OPS_OPTIONS",
        "tfprof.model_analyzer.print_model_analysis",
        "training.HParams",
        "util.constant_value",
    ],
)
def test_what_else_programs_use_is_there(path):
    assert not isinstance(lookup(path), Absent)


@pytest.mark.parametrize("path", ["gan.gan_model", "quantize.python.graph_matcher", "tpu.rewrite"])
def test_what_is_not_provided_can_be_imported(path):
    assert isinstance(lookup(path), Absent)


def test_unknown_names():
    with pytest.raises(NotProvidedError, match=r"tf\.contrib\.layers\.unheard_of"):
        lookup("layers.unheard_of")
    with pytest.raises(NotProvidedError, match=r"tf\.contrib\.unheard_of"):
        lookup("unheard_of")
    with pytest.raises(ModuleNotFoundError, match=r"tf\.contrib\.unheard_of"):
        namespaces.find("contrib.unheard_of.thing")
