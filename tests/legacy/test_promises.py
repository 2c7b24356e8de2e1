"""What TF-Slim's own documentation promised, by programs in a graph of TensorFlow 1."""

from __future__ import annotations

import json

import pytest

from tests.house.sources import run_python
from tests.legacy.test_old_programs import DRIVER, PROGRAMS

close = pytest.approx

EXPECTED = {
    "c01": {"shapes": [[2, 8, 8, 4], [2, 6, 6, 4], [2, 3, 3, 4]], "losses": 3},
    "c02": {
        "names": [
            "mixed/Conv/weights",
            "mixed/Conv/biases",
            "mixed/own",
            "mixed/fully_connected/weights",
            "mixed/fully_connected/biases",
        ],
        "shape": [2, 2],
    },
    "c03": {
        "model": ["weights", "mine"],
        "all": ["weights", "my_var", "mine"],
        "restore": ["weights", "mine"],
    },
    "c04": {
        "devices": [
            "/device:CPU:0",
            "/job:ps/task:0/device:CPU:0",
            "/job:ps/task:1/device:CPU:0",
        ],
        "losses": 1,
    },
    "c05": {
        "names": [
            *(f"conv3/conv3_{n}/weights" for n in (1, 2, 3)),
            *(f"fc/fc_{n}/weights" for n in (1, 2)),
            *(f"core/core_{n}/weights" for n in (1, 2)),
        ]
    },
    "c06": {
        "finite": True,
        "shapes": [
            *[[2, 8, 8, 4]] * 5,
            [2, 16, 16, 4],
            [2, 8, 8, 6],
            [2, 4, 4, 4],
            *[[2, 8, 8, 4]] * 3,
        ],
    },
    "c07": {
        "logits": [1, 7],
        "features": [1, 1, 1, 2048],
        "head": [1, 7, 7, 3],
        "ends": 21,
        "block": [1, 14, 14, 512],
    },
    "c08": {"same": True},
    "c09": {"totals": close([2.5 + 10 + 1, 2.5 + 10]), "w": "w"},
    "c11": {"ends": ["model.ckpt-5", "model.ckpt-9"], "calls": 9, "traced": True},
    "c13": {"values": [[1, 2], [3], [4]]},
    "c14": {
        "by_name": ["a/w", "c/w"],
        "by_suffix": ["a/w", "c/w", "new"],
        "by_scope": ["a/w", "a/b"],
        "excluded": ["c/w"],
        "values": [[1, 2], [0], [0], [0]],
    },
    "c15": {"values": [[1, 2], [3]]},
    "c16": {"values": [[[1], [2]], [0]]},
    "c17": {"values": [[5, 6], [7, 8]]},
    "c18": {"values": [[1, 2], [close(0.2)] * 3]},
    "c19": {"values": close([0.5, 1.25]), "more": close([0.75, 1.25])},
    "c20": {"once": 1.5, "loop": 1.5, "none": None, "events": 1},
    "c21": {"seen": [[n, [n, 4]] for n in range(6)], "box": close([0.2, 0.1, 0.4, 0.3])},
    "c22": {"vars": [3 * 3 * 3 * 4 + 4, 4 * (3 * 3 * 3 * 4 + 4)], "ops": True},
    "c23": {"tags": ["h/x", "p/mean", "x/Fraction_of_Zero_Values", "x_1/image/0", "x_1/image/1"]},
    "c24": {"scaled": [[-0.5] * 4], "finite": True, "variables": 8},
}


@pytest.fixture(scope="module")
def results():
    done = run_python(DRIVER, str(PROGRAMS), "promises.py")
    if done.returncode:
        pytest.fail(done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])["promises.py"]
    if isinstance(found, str):
        pytest.fail(found)
    return found


@pytest.mark.parametrize("promise", EXPECTED)
def test_promise(results, promise):
    assert results[promise] == EXPECTED[promise]


def test_create_train_op(results):
    found = results["c10"]
    losses = found["losses"]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.6 * losses[0]
    # The moving mean moves although nobody ran an update; beta was not to be trained.
    assert found["step"] == 15 and found["moved"] == [True, False]


def test_training_through_a_server(results):
    assert results["c12"]["target"] == "grpc://" and 0 < results["c12"]["loss"] < 5


def test_every_promise_is_tested(results):
    assert set(results) == {*EXPECTED, "c10", "c12"} == {f"c{n:02}" for n in range(1, 25)}
