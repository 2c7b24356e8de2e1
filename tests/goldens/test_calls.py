"""Single calls of layers, building blocks and losses, against what TF 1.15 computed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.goldens import compare, departures
from tests.goldens.call import Replay
from tests.goldens.in_graph import tf1_graphs
from tests.goldens.loader import Case
from tests.goldens.replay import replay
from tests.goldens.supported import call_parameters


@pytest.mark.parametrize(("key", "case", "mode"), call_parameters("layers", "blocks", "losses"))
def test_call(key: str, case: Case, mode: str):
    check(key, case, mode)


def with_variables() -> list:
    """Calls in v1 graphs that make variables."""
    parameters = call_parameters("layers", "blocks")
    return [p for p in parameters if p.values[2] == departures.V1 and p.values[1].get("variables")]


@pytest.mark.parametrize(("key", "case", "mode"), with_variables())
def test_call_in_tf1_graph(key: str, case: Case, mode: str):
    """Programs that call tf.disable_v2_behavior() have the variables and control flow of TF 1."""
    with tf1_graphs():
        check(key, case, mode)


def check(key: str, case: Case, mode: str) -> None:
    """Runs a case and compares all that was recorded of it."""
    if "error" in case:
        expected, _ = departures.ERRORS.get((key, mode), (case["error"]["type"], ""))
        with pytest.raises(Exception) as raised:
            replay(case, mode)
        assert raised.type.__name__ == expected, raised.value
        return
    done = replay(case, mode)
    check_structure(case, done)
    if mode != departures.EAGER and (key, mode) not in departures.OTHER_NAMES:
        check_names(case, done, mode)
    if case.get("run", True):
        check_numbers(case, done)


def check_structure(case: Case, done: Replay) -> None:
    """Compares names, shapes, types, collections and the order in which variables were made."""
    if "variables" in case:
        assert done.variables == case["variables"]
    assert done.collections == case["collections"]
    if "regularization_losses" in case and done.regularization_names is not None:
        assert done.regularization_names == case["regularization_losses"][2]
    assert len(done.outputs) == len(case["outputs"])
    for output, recorded in zip(done.outputs, case["outputs"]):
        assert output.dtype == recorded["dtype"]
        if output.static_shape is not None:
            assert output.static_shape == recorded["static_shape"]


def check_names(case: Case, done: Replay, mode: str) -> None:
    """Compares the names of tensors, of which users know that of a softmax and of a loss."""
    for output, recorded in zip(done.outputs, case["outputs"]):
        known = case["fn"] == "slim.softmax" or recorded["name"].endswith("/value:0")
        whole = known and mode == departures.V1
        compare.assert_tensor_name(output.name, recorded["name"], whole)


def check_numbers(case: Case, done: Replay) -> None:
    """Compares outputs, gradients, regularization, and the states of what is not trainable."""
    tol = case.get("tol")
    for index, (output, recorded) in enumerate(zip(done.outputs, case["outputs"])):
        compare.assert_record(output.value, recorded, tol, f"output {index}")
    assert set(done.grads) == set(case.get("grads", ()))
    for name, grad in done.grads.items():
        compare.assert_record(grad, case["grads"][name], tol, f"gradient of {name}")
    if "regularization_losses" in case:
        total = case["regularization_losses"][1]
        assert done.regularization == pytest.approx(total, rel=1e-6 if tol is None else tol)
    if done.static_state is not None:
        assert set(done.static_state) == set(done.initial)
        for name, value in done.static_state.items():
            np.testing.assert_array_equal(value, done.initial[name], err_msg=f"{name} has changed")
    for key, state in done.states.items():
        assert set(state) == set(case[key]), key
        for name, value in state.items():
            compare.assert_near(value, case[key][name], 1e-4, f"{key} of {name}")
