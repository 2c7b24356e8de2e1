"""Every public name of the original is here, with its arguments in their order, and defaults."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import tf_slim as slim
from tests.api import absent, recorded
from tests.goldens.decode import exists, find

NAMES = [
    name
    for name in recorded.NAMES
    if name not in absent.NAMES and (exists(name) or not recorded.is_net(name))
]

UNKNOWN = [["self"], ["*args"], ["**kwargs"]]
"""What is recorded of a class without an `__init__` of its own."""


def described(function: Callable, of_class: bool = False) -> list[list]:
    """Our parameters, in the form of the recorded ones."""
    parameters = inspect.signature(function).parameters.values()
    # Classes were recorded with `self`; what was a function may be a class here.
    rows = [["self"]] if isinstance(function, type) and of_class else []
    for parameter in parameters:
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        name = stars.get(parameter.kind, "") + parameter.name
        rows.append([name] if parameter.default is parameter.empty else [name, parameter.default])
    return rows


def without_extras(ours: list[list], theirs: list[list]) -> list[list]:
    """Nets serve research/slim as well, which puts arguments of its own before the last ones."""
    known = {row[0] for row in theirs}
    return [row for row in ours if row[0] in known or len(row) == 1]


def differences(name: str, ours: list[list], theirs: list[list]) -> list[str]:
    """What a call that worked with the original would stumble over."""
    theirs = [row for row in theirs if f"{name}({row[0]})" not in absent.ARGUMENTS]
    found = [
        f"parameter {index} is {mine[0]}, and was {row[0]}"
        for index, (mine, row) in enumerate(zip(ours, theirs))
        if mine[0] != row[0]
    ]
    found += [f"{row[0]} is gone" for row in theirs[len(ours) :]]
    found += [
        f"{row[0]} is new, and must be given"
        for row in ours[len(theirs) :]
        if len(row) == 1 and not row[0].startswith("*")
    ]
    for mine, row in zip(ours, theirs):
        if mine[0] == row[0] and len(row) == 2 and not (len(mine) == 2 and same(mine[1], row[1])):
            found.append(f"{row[0]} is {mine[1:]} by default, and was {row[1]}")
    return found


def same(ours: Any, theirs: Any) -> bool:
    """Whether a default is the recorded one; of objects only that there is one is known."""
    if isinstance(theirs, dict) and set(theirs) == {"object"}:
        return ours is not None
    if isinstance(ours, tuple):
        ours = list(ours)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("name", NAMES)
def test_signature(name):
    ours = find(name)
    theirs = recorded.parameters(name)
    if theirs != UNKNOWN:
        mine = described(ours, of_class=recorded.NAMES[name]["kind"] == "class")
        if recorded.is_net(name):
            mine = without_extras(mine, theirs)
        assert differences(name, mine, theirs) == []
    if "arg_scope" in recorded.NAMES[name]:
        assert slim.has_arg_scope(ours) == recorded.NAMES[name]["arg_scope"]


@pytest.mark.parametrize("module", [m for m in recorded.MODULES if not recorded.is_net(m)])
def test_old_module(module):
    there = importlib.import_module(module)
    assert [name for name in recorded.MODULES[module] if not hasattr(there, name)] == []


@pytest.mark.parametrize("name", [n for names in recorded.MODULES.values() for n in names])
def test_one_name_is_one_object(name):
    """arg_scope knows functions by identity: `slim.conv2d` must be `layers.layers.conv2d`."""
    if not hasattr(slim, name):
        return
    for module, names in recorded.MODULES.items():
        if name in names and f"slim.{name}" in recorded.NAMES:
            assert getattr(importlib.import_module(module), name) is getattr(slim, name)


def test_what_is_absent_is_absent():
    there = [name for name in absent.NAMES if exists(name)]
    assert there == [], "it exists now: take it out of tests/api/absent.py"
    assert [name for name in absent.NAMES if name not in recorded.NAMES] == []


def test_namespaces_that_slim_never_meant_to_offer():
    assert slim.init_ops.zeros_initializer()([2]).numpy().tolist() == [0.0, 0.0]
    with slim.variable_scope.variable_scope("a"):
        assert slim.variable_scope.get_variable_scope().name == "a"
    assert slim.nn_ops.relu([-1.0, 2.0]).numpy().tolist() == [0.0, 2.0]
    assert slim.math_ops.reduce_sum([1.0, 2.0], axis=0).numpy() == 3.0
    assert slim.array_ops.expand_dims([1.0], dim=0).shape == [1, 1]
    for name in ("initializers", "regularizers", "optimizers", "normalization", "rev_block_lib"):
        assert getattr(slim, name).__name__ == f"tf_slim.layers.{name}"
    assert slim.arg_scope_lib.arg_scope is slim.arg_scope


def sample(a, b=1, *, c=(2,)):
    """Something to compare."""
    return a, b, c


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ([["a"], ["b", 1], ["c", [2]]], []),
        ([["a"], ["b", 1]], []),
        ([["a"], ["b", 1.0], ["c", [2]]], ["b is [1] by default, and was 1.0"]),
        ([["a"], ["b", None], ["c", {"object": "x"}]], ["b is [1] by default, and was None"]),
        ([["b", 1], ["a"]], ["parameter 0 is a, and was b", "parameter 1 is b, and was a"]),
        ([["a"], ["b", 1], ["c", [2]], ["d", None]], ["d is gone"]),
        ([], ["a is new, and must be given"]),
        ([["a", 0]], ["a is [] by default, and was 0"]),
    ],
)
def test_a_difference_is_noticed(theirs, found):
    assert differences("sample", described(sample), theirs) == found
