"""The replaying itself, on made-up operations whose results are worked out here with numpy."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from tests.goldens import decode, departures, rule
from tests.goldens.test_calls import check

NAMES = ("variables", "trainable_variables", "model_variables")
modes = pytest.mark.parametrize("mode", departures.MODES)


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Lets cases name the made-up operations as `made.*`."""
    monkeypatch.setitem(decode.ROOTS, "made", "tests.goldens.made_up")


def start(name: str, shape: list[int]) -> np.ndarray:
    value = rule.init_value(name, shape)
    assert value is not None
    return value


def record(value) -> dict:
    value = np.asarray(value, np.float32)
    return {"shape": list(value.shape), "dtype": "float32", "values": value.ravel().tolist()}


def output(name: str, value, static_shape=None) -> dict:
    recorded = record(value)
    return {**recorded, "name": name, "static_shape": static_shape or recorded["shape"]}


def scaled_case() -> dict:
    x = rule.make_input([3, 1])
    weights = start("Scaled/weights", [1, 2])
    biases = start("Scaled/biases", [2])
    y = x * weights + biases + 0.5
    dy = rule.make_input({"shape": [3, 2], "seed": 7})
    return {
        "id": "scaled",
        "fn": "made.scaled",
        "inputs": [{"shape": [3, 1], "static_shape": [None, 1]}],
        "args": [{"$input": 0}, 2],
        "kwargs": {"regularizer": {"$ref": "made.half_square"}},
        "arg_scope": [[["made.scaled"], {"offset": 0.5}]],
        "outputs": [output("Scaled/out:0", y, [None, 2])],
        "variables": [
            ["Scaled/weights", [1, 2], "float32", sorted(NAMES)],
            ["Scaled/biases", [2], "float32", sorted([*NAMES, "mine"])],
        ],
        "collections": {**dict.fromkeys(NAMES, 2), "mine": 1, "regularization_losses": 1},
        "regularization_losses": [
            1,
            float((weights**2).sum() / 2),
            ["Scaled/weights/Regularizer/L2Loss:0"],
        ],
        "grad": ["x0", "Scaled/weights"],
        "grads": {
            "x0": record((dy * weights).sum(1, keepdims=True)),
            "Scaled/weights": record((dy * x).sum(0, keepdims=True)),
        },
    }


def average_case() -> dict:
    x = rule.make_input([4])
    states = [float(start("Average/moving_mean", []))]
    for _ in range(2):
        states.append((states[-1] + float(x.mean())) / 2)
    return {
        "id": "average",
        "fn": "made.average",
        "inputs": [[4]],
        "args": [{"$input": 0}],
        "kwargs": {},
        "outputs": [output("Average/sub:0", x - states[0])],
        "variables": [
            ["Average/moving_mean", [], "float32", ["model_variables", "variables"]],
        ],
        "collections": {"model_variables": 1, "variables": 1, "update_ops": 1},
        "state_after_update_1": {"Average/moving_mean": [states[1]]},
        "state_after_update_2": {"Average/moving_mean": [states[2]]},
    }


def loss_case() -> dict:
    values = [[1.0, 2.0], [0.0, -3.0]]
    return {
        "id": "loss",
        "fn": "made.loss",
        "inputs": [{"values": values, "dtype": "float32"}],
        "args": [{"$input": 0}],
        "kwargs": {},
        "outputs": [output("L2Loss:0", 7.0)],
        "collections": {"losses": 1},
    }


@modes
@pytest.mark.parametrize("make", [scaled_case, average_case, loss_case])
def test_replays_what_is_as_recorded(make, mode):
    check("made/case", make(), mode)


@modes
def test_accepts_the_recorded_type_of_error(mode):
    check("made/case", refusing_case("ValueError"), mode)
    with pytest.raises(AssertionError, match="no "):
        check("made/case", refusing_case("TypeError"), mode)


def refusing_case(error_type: str) -> dict:
    return {
        "id": "refuse",
        "fn": "made.refuse",
        "inputs": [[2]],
        "args": [{"$input": 0}],
        "kwargs": {},
        "error": {"type": error_type, "message": "", "from_slim": True},
    }


def put(path: list, value):
    """A change of one recorded place."""

    def change(case: dict) -> None:
        at = case
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


DAMAGES = {
    "output value": (scaled_case, put(["outputs", 0, "values", 3], 0.25)),
    "output shape": (average_case, put(["outputs", 0, "shape"], [2, 2])),
    "output type": (scaled_case, put(["outputs", 0, "dtype"], "float64")),
    "variable name": (scaled_case, put(["variables", 0, 0], "Scaled/w")),
    "variable shape": (scaled_case, put(["variables", 0, 1], [2, 1])),
    "order of variables": (scaled_case, lambda case: case["variables"].reverse()),
    "collections of a variable": (scaled_case, put(["variables", 0, 3], ["variables"])),
    "count of a collection": (scaled_case, put(["collections", "mine"], 2)),
    "regularization": (scaled_case, put(["regularization_losses", 1], 0.125)),
    "gradient": (scaled_case, put(["grads", "x0", "values", 0], 9.0)),
    "first state": (average_case, put(["state_after_update_1", "Average/moving_mean"], [5.0])),
    "second state": (average_case, put(["state_after_update_2", "Average/moving_mean"], [5.0])),
    "number of losses": (loss_case, put(["collections", "losses"], 0)),
}


@modes
@pytest.mark.parametrize("damage", DAMAGES)
def test_notices_what_is_not_as_recorded(damage, mode):
    make, change = DAMAGES[damage]
    case = copy.deepcopy(make())
    change(case)
    with pytest.raises(AssertionError):
        check("made/case", case, mode)


def test_notices_names_of_tensors_in_graphs():
    case = scaled_case()
    case["outputs"][0]["name"] = "Other/out:0"
    for mode in (departures.V1, departures.FUNCTION):
        with pytest.raises(AssertionError):
            check("made/case", copy.deepcopy(case), mode)


@pytest.mark.parametrize("mode", (departures.EAGER, departures.FUNCTION))
def test_notices_a_state_that_should_not_have_changed(mode):
    case = average_case()
    del case["state_after_update_1"], case["state_after_update_2"]
    with pytest.raises(AssertionError, match="has changed"):
        check("made/case", case, mode)
