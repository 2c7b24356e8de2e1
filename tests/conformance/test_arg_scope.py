"""An arg_scope reaches every keyword of every layer, with the effect of passing it in the call.

Compared are whole v1 graphs: operations, names, collections. The value of a keyword is another
than its default, and one that shows.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.conformance.exceptions import WITHOUT_TRACE
from tests.conformance.rows import ROWS, Row
from tests.conformance.running import by_keyword

v1 = tf.compat.v1

L2 = slim.l2_regularizer(0.5)
ONES = tf.ones_initializer()

VALUES: dict[str, Any] = {
    "activation_fn": tf.nn.sigmoid,
    "adjustment": lambda shape: (tf.ones([shape[0], 1, 1, 1]) * 2, tf.ones([shape[0], 1, 1, 1])),
    "axis": 2,
    "batch_weights": np.ones([4], np.float32),
    "begin_norm_axis": 2,
    "begin_params_axis": 1,
    "biases_initializer": ONES,
    "biases_regularizer": L2,
    "center": False,
    "channels_axis": -2,
    "decay": 0.5,
    "depth_multiplier": 3,
    "dilation_rate": 2,
    "eos_token": 2,
    "epsilon": 0.25,
    "fused": False,
    "groups": 1,
    "initializer": ONES,
    "is_training": False,
    "keep_prob": 0.75,
    "mean_close_to_zero": True,
    "name": "another",
    "noise_shape": [4, 1, 1, 1],
    "normalizer_fn": slim.layer_norm,
    "normalizer_params": {"center": False},
    "off_value": 0.25,
    "on_value": 2.0,
    "output_data_format": "channels_first",
    "outputs_collections": "outputs",
    "param_initializers": {"beta": ONES, "gamma": tf.zeros_initializer()},
    "param_regularizers": {"beta": L2},
    "pointwise_initializer": ONES,
    "rate": 2,
    "reduction_axes": (-3,),
    "regularizer": L2,
    "renorm": True,
    "renorm_clipping": {"rmax": 2.0},
    "renorm_decay": 0.5,
    "reuse": True,
    "scale": True,
    "scope": "another",
    "seed": 5,
    "temperature": 3.0,
    "trainable": False,
    "updates_collections": None,
    "variables_collections": ["variables_too"],
    "weights_initializer": ONES,
    "weights_regularizer": L2,
    "zero_debias_moving_mean": True,
    "conv_dims": 2,
}
"""By keyword; where it depends on the layer see `value_for`."""

WITH: dict[str, dict[str, Any]] = {
    "channels_axis": {"reduction_axes": (-3,)},
    "normalizer_params": {"normalizer_fn": slim.layer_norm},
    "padding": {"dilation_rate": 1},
    "rate": {"stride": 1},
    "stride": {"dilation_rate": 1, "rate": 1},
    "renorm_clipping": {"renorm": True},
    "renorm_decay": {"renorm": True},
    "reuse": {"scope": "shared"},
    **{name: {"is_training": True} for name in ("keep_prob", "noise_shape", "seed")},
}
"""What else a keyword needs to have an effect, for layers that take it."""

REFUSE = ("conv_dims", "reuse")
"""Keywords whose effect on a layer alone is an error."""


def value_for(row: Row, keyword: str) -> Any:
    default = inspect.signature(row.layer).parameters[keyword].default
    if keyword == "padding":
        return "VALID" if default == "SAME" else "SAME"
    if keyword == "stride":
        return 2 if default == 1 else 1
    if keyword == "data_format":
        return {3: "NCW", 4: "NCHW", 5: "NCDHW"}[len(row.shape)]
    value = VALUES[keyword]
    return not default if isinstance(default, bool) else value


def trace(row: Row, in_call: dict, in_scope: dict) -> Any:
    """All that a layer leaves in a graph, or what it raises."""
    with tf.Graph().as_default() as graph:
        tf.random.set_seed(1)
        with slim.arg_scope([row.layer], **in_scope):
            try:
                row.layer(v1.placeholder(row.dtype, row.shape), **in_call)
            except (ValueError, TypeError) as error:
                return repr(error)
        kept = {
            key: [str(getattr(item, "name", item)) for item in v1.get_collection(key)]
            for key in graph.get_all_collection_keys()
        }
        return graph.as_graph_def().SerializeToString(deterministic=True), kept


@functools.cache
def first_rows() -> dict[str, Row]:
    """The first row of each layer that an arg_scope reaches."""
    rows: dict[str, Row] = {}
    for row in ROWS.values():
        if slim.has_arg_scope(row.layer):
            rows.setdefault(row.layer.__name__, row)
    return rows


@pytest.mark.parametrize("name", first_rows())
def test_reaches_every_keyword(name):
    row = first_rows()[name]
    keywords = slim.arg_scoped_arguments(row.layer)
    for keyword in keywords:
        if keyword in WITHOUT_TRACE:
            continue
        value = value_for(row, keyword)
        companions = {k: v for k, v in WITH.get(keyword, {}).items() if k in keywords}
        given = {**by_keyword(row), **companions}
        given.pop(keyword, None)
        called = trace(row, {**given, keyword: value}, {})
        assert isinstance(called, str) == (keyword in REFUSE), called
        assert trace(row, given, {keyword: value}) == called, keyword
        assert trace(row, given, {}) != called, keyword


@pytest.mark.parametrize("name", first_rows())
def test_supplies_what_has_no_default(name):
    """`arg_scope([slim.conv2d], kernel_size=3)`, and all else besides."""
    row = first_rows()[name]
    assert trace(row, {}, by_keyword(row)) == trace(row, by_keyword(row), {})


def test_every_exception_is_a_keyword_of_some_layer():
    known = {k for row in first_rows().values() for k in slim.arg_scoped_arguments(row.layer)}
    assert set(WITHOUT_TRACE) <= known
