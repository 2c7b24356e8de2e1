"""Recorded snippets on arg_scope, variables, names and helpers, with their recorded results."""

from __future__ import annotations

import pytest

from tests.goldens import compare, departures, scenario
from tests.goldens.loader import Case
from tests.goldens.supported import scenario_parameters


@pytest.mark.parametrize(("key", "case", "mode"), scenario_parameters())
def test_scenario(key: str, case: Case, mode: str):
    strict = key in departures.STRICT_SCOPES
    result = compare.plain(scenario.execute(case["code"], mode, strict_scopes=strict)["result"])
    assert compare.difference(result, case["result"]) is None


@pytest.mark.parametrize("mode", departures.MODES)
def test_a_wrong_result_is_noticed(mode):
    result = scenario.execute("result = [len(tf.global_variables()), {'a': 1.5}]", mode)["result"]
    assert compare.difference(result, [0, {"a": 1.5}]) is None
    assert compare.difference(result, [0, {"a": 1.6}]) == "result[1]['a']: got 1.5, recorded 1.6"
    assert compare.difference(result, [False, {"a": 1.5}]) is not None
    assert compare.difference(result, [0, {"b": 1.5}]) is not None
    assert compare.difference(result, [0]) is not None
