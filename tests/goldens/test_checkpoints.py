"""Checkpoints that TF 1.15's TF-Slim wrote, restored into the same nets."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens import compare, loader, rule, supported
from tests.goldens.call import op_name
from tests.goldens.decode import ROOTS, exists, find

v1 = tf.compat.v1
VERSIONS = ("v2", "v1")
SLOTS_AND_STEPS = ("/Momentum", "global_step")


def net(meta: loader.Case, x):
    """What the recorded program builds on the images `x`."""
    names = {root: find(root) for root in ROOTS if exists(root)}
    names["x"] = x
    exec(meta["code"], names)
    return names["logits"]


def weights(meta: loader.Case) -> list[str]:
    """Names of the recorded variables that belong to the net itself, not to its training."""
    return [row[0] for row in meta["variables"] if not row[0].endswith(SLOTS_AND_STEPS)]


def assert_logits(got, meta: loader.Case) -> None:
    shape, values = meta["logits"]
    assert list(got.shape) == shape
    compare.assert_near(got, values, 1e-5, "logits")


def built(meta: loader.Case) -> slim.Model:
    model = slim.Model(lambda x: net(meta, x))
    return model.build(tf.TensorSpec([None, *meta["input_shape"][1:]]))


@pytest.mark.parametrize("version", [*VERSIONS, "frozen"])
@pytest.mark.parametrize("name", supported.CHECKPOINTS)
def test_restored_into_a_model(name, version):
    recorded = loader.checkpoint(name)
    model = built(recorded.meta)
    assert sorted(model.named_variables) == sorted(weights(recorded.meta))
    model.restore(getattr(recorded, version))
    x = tf.constant(rule.make_input(recorded.meta["input_shape"]))
    assert_logits(model(x).numpy(), recorded.meta)
    assert_logits(tf.function(model)(x).numpy(), recorded.meta)
    assert_first_values(recorded.meta, {n: v.numpy() for n, v in model.named_variables.items()})


@pytest.mark.parametrize("name", supported.CHECKPOINTS)
def test_restored_from_a_folder(name):
    recorded = loader.checkpoint(name)
    model = built(recorded.meta)
    model.restore(recorded.v2.parent)
    x = tf.constant(rule.make_input(recorded.meta["input_shape"]))
    assert_logits(model(x).numpy(), recorded.meta)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", supported.CHECKPOINTS)
def test_restored_into_a_v1_graph(name, version):
    recorded = loader.checkpoint(name)
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, *recorded.meta["input_shape"][1:]], "input")
        logits = net(recorded.meta, x)
        variables = {op_name(v): v for v in v1.global_variables()}
        assert list(variables) == [n for n in weights(recorded.meta) if n in variables]
        v1.train.Saver().restore(session, str(getattr(recorded, version)))
        value = session.run(logits, {x: rule.make_input(recorded.meta["input_shape"])})
        assert_logits(value, recorded.meta)
        assert_first_values(recorded.meta, session.run(variables))


@pytest.mark.parametrize("name", supported.CHECKPOINTS)
def test_saved_again_it_holds_the_same(name, tmp_path):
    recorded = loader.checkpoint(name)
    model = built(recorded.meta)
    model.restore(recorded.v2)
    before = tf.train.load_checkpoint(str(recorded.v2))
    after = tf.train.load_checkpoint(model.save(tmp_path / "model.ckpt"))
    assert sorted(after.get_variable_to_shape_map()) == sorted(weights(recorded.meta))
    for variable in weights(recorded.meta):
        np.testing.assert_array_equal(after.get_tensor(variable), before.get_tensor(variable))


def assert_first_values(meta: loader.Case, values: dict) -> None:
    for name, shape, dtype, total, norm, first in meta["variables"]:
        if name not in values:
            continue
        got = values[name]
        assert (list(got.shape), got.dtype.name) == (shape, dtype)
        assert got.ravel()[:3] == pytest.approx(first, rel=1e-6), name
        got = got.astype(np.float64)
        assert got.sum() == pytest.approx(total, rel=1e-5, abs=1e-5), name
        assert np.sqrt((got**2).sum()) == pytest.approx(norm, rel=1e-6), name
