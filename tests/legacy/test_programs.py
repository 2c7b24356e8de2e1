"""Which modules belong to a program of TensorFlow 1."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tf_slim.legacy.programs import Membership


def module(name, path):
    return {"__name__": name, "__file__": str(path)}


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("numpy.linalg", np.__file__, False),
        ("json", json.__file__, False),
        ("tf_slim.layers.conv", "/anywhere/tf_slim/layers/conv.py", False),
        ("nets.mine", "/home/me/project/nets/mine.py", True),
        ("__main__", "/home/me/project/train.py", True),
        # A script may lie in the folder of an environment; what is run is the program.
        ("__main__", np.__file__, True),
    ],
)
def test_by_place(name, path, expected):
    assert Membership().has(module(name, path)) is expected


def test_installed_programs_can_be_named():
    assert Membership(["numpy"]).has(module("numpy.linalg", np.__file__))
    assert not Membership(["magenta"]).has(module("numpy.linalg", np.__file__))


def test_code_without_a_file():
    assert Membership().has({"__name__": "__main__"})
    assert not Membership().has({"__name__": "generated"})
    assert not Membership().has(None)
