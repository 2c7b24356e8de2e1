"""`tf.layers` beside a record of TensorFlow's own, with usual and with odd arguments.

`data/layers.json.gz` was written by the layers that went away with Keras 2. A row says how one is
called and what came of it: an error, or the operation, shape and summary of the output, variables,
losses, and the moving averages after an update.
"""

from __future__ import annotations

import gzip
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.legacy.tensorflow1 import layers

v1 = tf.compat.v1

_FILE = pathlib.Path(__file__).parent / "data" / "layers.json.gz"
with gzip.open(_FILE, "rt") as _stream:
    ROWS = json.load(_stream)

_RNG = np.random.RandomState(0)
_SHAPES = {
    "images": [2, 7, 6, 3],
    "vectors": [4, 5],
    "clips": [2, 4, 5, 4, 2],
    "sounds": [2, 9, 3],
}
INPUTS = {name: _RNG.randn(*shape).astype(np.float32) for name, shape in _SHAPES.items()}


def says(row) -> str:
    """The call of a row, as a program writes it."""
    given = [row["inputs"], *map(repr, row["args"])]
    return ",".join(given + [f"{name}={value!r}" for name, value in row["kwargs"].items()])


def call(row):
    arguments = [tuple(a) if isinstance(a, list) else a for a in row["args"]]
    return getattr(layers, row["function"])(
        tf.constant(INPUTS[row["inputs"]]), *arguments, **row["kwargs"]
    )


def summary(value) -> list[float]:
    flat = np.asarray(value, np.float64).ravel()
    return [flat.sum(), np.square(flat).sum(), flat[0], flat[-1]]


def operation_is_known(row) -> bool:
    """Not where the axes are turned before and after, or a learning phase was asked first."""
    kwargs = row["kwargs"]
    if row["function"] == "batch_normalization":
        return kwargs.get("axis", -1) in (-1, 1, [-1])
    return kwargs.get("training", False) is not None


EACH = [
    pytest.param(row, id=f"{row['function']}({says(row)})") for row in ROWS if "error" not in row
]
REFUSED = [
    pytest.param(row, id=f"{row['function']}({says(row)})") for row in ROWS if "error" in row
]


@pytest.mark.parametrize("row", EACH)
def test_a_layer_is_what_it_was(row):
    with tf.Graph().as_default():
        outputs = call(row)
        assert outputs.shape.as_list() == row["shape"]
        if operation_is_known(row):
            assert outputs.op.name == row["operation"]
        variables = v1.global_variables()
        assert [[v.op.name, v.shape.as_list()] for v in variables] == row["variables"]
        assert [v.op.name for v in v1.trainable_variables()] == row["trainable"]
        losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        with v1.Session() as session:
            rng = np.random.RandomState(1)
            for variable in variables:
                values = np.abs(rng.randn(*variable.shape.as_list())).astype(np.float32)
                variable.load(values, session)
            got, amounts = session.run([outputs, losses])
            session.run(updates)
            moved = [session.run(v) for v in variables if "moving" in v.op.name and updates]
    np.testing.assert_allclose(summary(got), row["values"], rtol=2e-4, atol=2e-4)
    assert [loss.op.name for loss in losses] == [name for name, _ in row["losses"]]
    np.testing.assert_allclose(amounts, [loss for _, loss in row["losses"]], rtol=1e-4)
    assert len(moved) == len(row["updated"])
    for after, expected in zip(moved, row["updated"], strict=True):
        np.testing.assert_allclose(summary(after), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("row", REFUSED)
def test_what_was_refused_is_refused(row):
    with tf.Graph().as_default(), pytest.raises((TypeError, ValueError)):
        call(row)
