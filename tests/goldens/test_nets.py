"""Whole nets, against what TF 1.15 and research/slim computed."""

from __future__ import annotations

import collections
import copy
import gc

import numpy as np
import pytest

from tests.goldens import compare, departures, loader, net, supported

CELLS = "nasnet"
"""What the nets that are made of cells have in their names; `test_nets_of_cells` has them."""


def net_parameters(cells: bool) -> list:
    """The nets in scope, file by file, so that nets that share weights follow each other.

    Args:
      cells: whether those that are made of cells, or the others.
    """
    parameters = []
    seen = collections.Counter()
    for kind in loader.net_kinds():
        for case in loader.cases(kind):
            name = supported.net_name(case)
            row = supported.NETS.get(name)
            if row is None or not supported.net_is_there(case) or (CELLS in name) != cells:
                continue
            marks = [pytest.mark.slow] if row.large else []
            turn = (departures.FUNCTION, departures.V1)[seen[name] % 2]
            seen[name] += 1
            modes = (turn,) if row.turns else row.modes
            parameters += supported.parameters(kind, case, modes, marks)
    return parameters


@pytest.fixture(autouse=True)
def release(request):
    """Gives the memory of a large net back before the next one: a VGG has 575 MB of weights."""
    yield
    if request.node.get_closest_marker("slow"):
        gc.collect()


@pytest.mark.parametrize(("key", "case", "mode"), net_parameters(cells=False))
def test_net(key: str, case: loader.Case, mode: str):
    check(key, case, mode)


def check(key: str, case: loader.Case, mode: str) -> None:
    """Runs a net, and compares all that was recorded of it."""
    if "error" in case:
        expected, _ = departures.ERRORS.get((key, mode), (case["error"]["type"], ""))
        with pytest.raises(Exception) as raised:
            net.run(case, mode)
        assert raised.type.__name__ == expected, raised.value
        return
    done = net.run(case, mode)
    check_structure(case, done)
    if mode == departures.V1:
        check_graph(key, case, done)
    if not case.get("random"):
        check_numbers(case, done)


def check_structure(case: loader.Case, done: net.NetRun) -> None:
    """Compares names, shapes and the order of variables and end points."""
    assert done.variables == case["variables"]
    assert list(done.end_points) == [point[0] for point in case["end_points"]]
    assert [list(v.shape) for v in done.end_points.values()] == [p[1] for p in case["end_points"]]
    assert [list(v.shape) for v in done.outputs] == [output[0] for output in case["outputs"]]
    assert done.regularization[0] == case["regularization_losses"][0]


def check_graph(key: str, case: loader.Case, done: net.NetRun) -> None:
    """Compares what only a v1 graph has: collections, update operations, static shapes."""
    assert done.graph is not None
    renamed, _ = departures.OTHER_COLLECTIONS.get(key, ({}, ""))
    for name, size in case["collections"].items():
        assert len(done.graph.get_collection(renamed.get(name, name))) == size, name
    assert done.update_ops == case["update_ops"]
    assert done.static_output_shapes == case.get("static_output_shapes", done.static_output_shapes)


def check_numbers(case: loader.Case, done: net.NetRun) -> None:
    """Compares values relative to their spread, as closely as kernels of two releases agree."""
    tol = max([compare.SPREAD, *(10 * noise for noise in case.get("noise", ()))])
    assert done.regularization[1] == pytest.approx(case["regularization_losses"][1], rel=1e-5)
    for index, (got, (_, values, *spread)) in enumerate(
        zip(done.outputs, case["outputs"], strict=True)
    ):
        what = f"output {index}"
        deviation = spread[1] if spread else float(np.std(compare.numbers(values)))
        compare.assert_within_spread(got, values, deviation, tol, what)
        if spread:
            _check_statistics(got, spread[0], deviation, deviation, tol, what)
    for name, mean, std, first in [(p[0], *p[2:]) for p in case["end_points"]]:
        deviation = max(std, 1e-3 * abs(mean))
        compare.assert_within_spread(done.end_points[name], first, deviation, tol, name)
        _check_statistics(done.end_points[name], mean, std, deviation, tol, name)


def _check_statistics(got, mean, std, deviation, tol, what):
    got = got.astype(np.float64)
    compare.assert_within_spread([got.mean()], [mean], deviation, tol, f"{what}: mean")
    compare.assert_within_spread([got.std()], [std], deviation, tol, f"{what}: deviation")


DAMAGES = {
    "name of a variable": lambda case: case["variables"][2].__setitem__(0, "LeNet/conv9/weights"),
    "order of variables": lambda case: case["variables"].reverse(),
    "trainable": lambda case: case["variables"][0].__setitem__(3, False),
    "model variable": lambda case: case["variables"][0].__setitem__(4, False),
    "order of end points": lambda case: case["end_points"].reverse(),
    "shape of an end point": lambda case: case["end_points"][0].__setitem__(1, [2, 28, 28, 33]),
    "mean of an end point": lambda case: case["end_points"][2].__setitem__(2, 0.46),
    "first values of an end point": lambda case: case["end_points"][2][4].__setitem__(7, 9.0),
    "output": lambda case: case["outputs"][0][1].__setitem__(19, 9.0),
    "number of regularization losses": lambda case: case["regularization_losses"].__setitem__(0, 3),
    "regularization": lambda case: case["regularization_losses"].__setitem__(1, 113.3),
}


@pytest.fixture(scope="module")
def lenet() -> tuple[loader.Case, net.NetRun]:
    case = loader.case("nets/research_lenet", "r_lenet_train")
    return case, net.run(case, departures.EAGER)


def test_what_is_as_recorded_passes(lenet):
    case, done = lenet
    check_structure(case, done)
    check_numbers(case, done)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_as_recorded_is_noticed(damage, lenet):
    case, done = lenet
    case = copy.deepcopy(case)
    DAMAGES[damage](case)
    with pytest.raises(AssertionError):
        check_structure(case, done)
        check_numbers(case, done)
