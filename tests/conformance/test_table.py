"""The table is whole: every public layer has a row, every exception a reason that holds."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
import tensorflow as tf

import tf_slim as slim
from tests import conformance
from tests.conformance.exceptions import ACCEPTED, EXCEPTIONS, WITHOUT_ROW
from tests.conformance.rows import ROWS
from tests.conformance.running import by_keyword
from tf_slim.ops.exports import table

HOMES = table(Path(slim.layers.__file__).parent)
COVERED = [function for row in ROWS.values() for function in (row.layer, *row.covers)]


def _of_the_table() -> dict:
    found = {}
    for module in pkgutil.iter_modules(conformance.__path__):
        if module.name.startswith("test_"):
            found.update(vars(importlib.import_module(f"{conformance.__name__}.{module.name}")))
    return found


@pytest.mark.parametrize(("name", "home"), HOMES.items())
def test_every_public_layer_has_a_row(name, home):
    has_row = any(function is getattr(slim.layers, name) for function in COVERED)
    assert has_row != (home in WITHOUT_ROW)


def test_no_reason_without_a_name():
    assert not set(WITHOUT_ROW) - set(HOMES.values())


@pytest.mark.parametrize(("name", "kind"), ACCEPTED)
def test_what_is_accepted_works(name, kind):
    row = next(row for row in ROWS.values() if getattr(row.layer, "__name__", "") == name)
    assert kind == "rank"
    arguments = {**by_keyword(row), **({"axis": 0} if name == "poincare_normalize" else {})}
    row.layer(tf.ones([3], row.dtype), **arguments)


@pytest.mark.parametrize(
    ("test", "name"), [(test, name) for test, rows in EXCEPTIONS.items() for name in rows]
)
def test_what_is_left_out_would_fail(test, name):
    function = _of_the_table()[test]
    with pytest.raises(Exception):  # noqa: B017 (a missing kernel has no type of its own)
        function(ROWS[name])
