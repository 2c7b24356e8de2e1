"""Streaming metrics over three batches, against what TF 1.15 computed."""

from __future__ import annotations

import copy

import pytest

from tests.goldens import compare, departures, loader, metric
from tests.goldens.loader import Case
from tests.goldens.supported import call_parameters


@pytest.mark.parametrize(("key", "case", "mode"), call_parameters("metrics"))
def test_metric(key: str, case: Case, mode: str):
    done = metric.run(case, mode)
    check_variables(done.variables, case["local_variables"], mode)
    if done.names is not None and (key, mode) not in departures.OTHER_NAMES:
        assert len(done.names) == len(case["value_names"])
        for got, recorded in zip(done.names, case["value_names"]):
            compare.assert_tensor_name(got, recorded, whole=recorded.endswith("/value:0"))
    if done.collections is not None:
        assert done.collections == case["collections"]
    check_values("initial value", done.initial, case["initial"])
    assert len(done.values) == len(case["steps"])
    for number, (got, recorded) in enumerate(zip(done.values, case["steps"]), start=1):
        check_values(f"value after batch {number}", got, recorded["value"])
    # Only in a v1 graph does an update return anything.
    assert len(done.updates) == (len(case["steps"]) if mode == departures.V1 else 0)
    for number, (got, recorded) in enumerate(zip(done.updates, case["steps"]), start=1):
        expected = recorded["value" if key in departures.VALUED_UPDATES else "update"]
        check_values(f"update {number}", got, expected)


def check_values(what: str, got: list, recorded: list) -> None:
    """Compares the (flattened) value of a metric."""
    assert len(got) == len(recorded), what
    for value, record in zip(got, recorded):
        compare.assert_record(value, record, what=what)


def check_variables(got: list, recorded: list, mode: str) -> None:
    """Compares names, shapes and dtypes, in order. A recorded shape of None had no rank."""
    assert [row[0] for row in got] == [row[0] for row in recorded]
    for (_, shape, dtype), (name, recorded_shape, recorded_dtype) in zip(got, recorded):
        assert dtype == departures.kept_as(name, recorded_dtype, mode), name
        assert recorded_shape in (None, shape), name


@pytest.mark.parametrize("mode", departures.MODES)
def test_a_wrong_value_is_noticed(mode):
    case = copy.deepcopy(loader.case("metrics", "mean"))
    case["steps"][1]["value"][0]["values"] = [0.126]
    with pytest.raises(AssertionError, match="value after batch 2"):
        test_metric("metrics/mean", case, mode)
