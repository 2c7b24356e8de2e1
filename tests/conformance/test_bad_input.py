"""Bad input, by layer and kind: refused with what was expected, where, received, and a remedy."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.conformance.exceptions import ACCEPTED
from tests.conformance.rows import ROWS, Row
from tests.conformance.running import by_keyword, inputs_of

v1 = tf.compat.v1

SIZES = (
    "num_outputs",
    "num_output_units",
    "kernel_size",
    "stride",
    "rate",
    "dilation_rate",
    "depth_multiplier",
    "groups",
    "num_units",
    "height",
    "vocab_size",
    "embed_dim",
)


def cases():
    """(id, row, inputs or None for those of the row, arguments)"""
    for name, row in first_rows().items():
        parameters = inspect.signature(row.layer).parameters
        bad: dict[str, tuple] = {"rank": (np.ones([3], row.dtype.as_numpy_dtype), {})}
        for size in SIZES:
            if size in parameters:
                bad[f"{size} 0"] = (None, {size: 0})
                bad[f"{size} -1"] = (None, {size: -1})
                bad[f"{size} 2.5"] = (None, {size: 2.5})
        for formats in ("data_format", "output_data_format"):
            if formats in parameters:
                bad[formats] = (None, {formats: "CHANNELS"})
        if "padding" in parameters:
            bad["padding"] = (None, {"padding": "FULL"})
        # A transposed convolution makes images larger: any kernel will do.
        if {"padding", "kernel_size"} <= set(parameters) and not name.endswith("transpose"):
            bad["kernel"] = (None, {"padding": "VALID", "kernel_size": 99})
        for rate in {"rate", "dilation_rate"} & set(parameters):
            if "stride" in parameters:
                bad[f"{rate} with stride"] = (None, {rate: 2, "stride": 2})
        for kind, (inputs, kwargs) in bad.items():
            if (name, kind) not in ACCEPTED:
                yield pytest.param(row, inputs, kwargs, id=f"{name}-{kind}")


def first_rows() -> dict[str, Row]:
    """The first row of each public layer that takes its arguments itself."""
    rows: dict[str, Row] = {}
    for row in ROWS.values():
        name = getattr(row.layer, "__name__", "")
        if name in slim.layers.__all__ and "args" not in inspect.signature(row.layer).parameters:
            rows.setdefault(name, row)
    return rows


@pytest.mark.parametrize("graph", [True, False], ids=["v1 graph", "Model"])
@pytest.mark.parametrize(("given", "inputs", "kwargs"), cases())
def test_refused(given, inputs, kwargs, graph):
    inputs = inputs_of(given) if inputs is None else inputs

    def net():
        with slim.scope("outer"):
            given.layer(tf.constant(inputs), **{**by_keyword(given), **kwargs})

    with tf.Graph().as_default() if graph else tf.init_scope():
        with pytest.raises((ValueError, TypeError)) as caught:
            net() if graph else slim.Model(net)()
        assert not v1.global_variables() if graph else True
    message = str(caught.value)
    assert re.search(r"in scope 'outer/[\w/]+' expects .+; got .+\. \w.+\.", message), message
    for value in kwargs.values():
        assert repr(value) in message


SHARED = [
    name
    for name, row in first_rows().items()
    if {"reuse", "scope"} <= set(inspect.signature(row.layer).parameters) and not row.integers
]


@pytest.mark.parametrize("name", SHARED)
def test_other_channels_on_reuse(name):
    row = first_rows()[name]
    more = list(row.shape)
    more[row.channel_axis] *= 2

    def net():
        for shape, reuse in ((row.shape, None), (more, True)):
            row.layer(tf.ones(shape), **by_keyword(row), scope="shared", reuse=reuse)

    shapes = r"shared/\w+.*shape \(.*\).*\(.*\)"
    with pytest.raises(ValueError, match=shapes):
        slim.Model(net)()
    with tf.Graph().as_default(), pytest.raises(ValueError, match=shapes):
        net()
