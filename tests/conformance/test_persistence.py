"""What outlives the process: checkpoints by name, SavedModels; and what cannot be copied."""

from __future__ import annotations

import copy
import pickle

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.conformance.rows import ROWS
from tests.conformance.running import close, filled_model, inputs_of, name_of, names_of, needs


def test_checkpoint_by_name(row, tmp_path):
    model = filled_model(row)
    if not model.variables:
        with pytest.raises(ValueError, match="no variables"):
            model.save(tmp_path / "model")
        return
    path = model.save(tmp_path / "model")
    assert {name for name, _ in tf.train.list_variables(path)} == {
        name_of(v) for v in model.variables
    }
    other = slim.Model(row.net, is_training=True).build(tf.TensorSpec(row.shape, row.dtype))
    report = other.restore(path)
    assert len(report.restored) == len(model.variables)
    close(other(inputs_of(row)), model(inputs_of(row)))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """All rows in one SavedModel, loaded again: what each gave before, and the loaded module."""
    module, expected = tf.Module(), {}
    module.models, module.calls = {}, {}
    for name, row in ROWS.items():
        model = filled_model(row)
        call = tf.function(model, input_signature=[tf.TensorSpec(row.free(0), row.dtype)])
        module.models[name], module.calls[name] = model, call
        call.get_concrete_function()
    path = str(tmp_path_factory.mktemp("saved"))
    tf.saved_model.save(module, path)
    for name, row in ROWS.items():
        expected[name] = module.calls[name](inputs_of(row)), module.models[name].variables
    return expected, tf.saved_model.load(path)


def test_saved_model(row, saved):
    expected, loaded = saved
    name = next(name for name, known in ROWS.items() if known is row)
    outputs, variables = expected[name]
    close(loaded.calls[name](tf.constant(inputs_of(row))), outputs)
    if variables:
        # What training moves (averages), the loaded one moves too.
        again = {name_of(v): v for v in loaded.models[name]._store._by_name.values()}
        for variable in variables:
            close(again[name_of(variable)], variable)


def test_a_model_says_why_it_cannot_be_copied(row):
    model = slim.Model(row.net, is_training=True)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"holds variables.*model\.save.*model\.restore"):
            copied(model)


@needs(slim.has_arg_scope)
def test_a_scope_can_be_copied(row):
    with slim.arg_scope([row.layer], **row.kwargs) as scope:
        pass
    net = slim.Model(row.net, is_training=True).build(tf.TensorSpec(row.shape, row.dtype))
    copies = [copy.deepcopy(scope)]
    if all(pickled(value) for value in row.kwargs.values()):
        copies.append(pickle.loads(pickle.dumps(scope)))
    for other in copies:
        assert other == scope
        model = slim.Model(lambda inputs: row.layer(inputs, *row.args), other)
        model.build(tf.TensorSpec(row.shape, row.dtype))
        assert names_of(model.variables) == names_of(net.variables)


def pickled(value) -> bool:
    """Whether Python can pickle a value: functions of a module yes, functions within them no."""
    try:
        pickle.dumps(value)
    except (AttributeError, pickle.PicklingError):
        return False
    return True
