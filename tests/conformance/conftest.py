"""Each test of this folder that takes `row` runs for the whole table."""

from __future__ import annotations

import pytest

from tests.conformance.exceptions import EXCEPTIONS
from tests.conformance.rows import ROWS
from tests.conformance.running import fulfils


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Rows that are excepted, or lack the argument of a test, are not collected."""
    if "row" in metafunc.fixturenames:
        left_out = EXCEPTIONS.get(metafunc.function.__name__, {})
        conditions = getattr(metafunc.function, "needs", ())
        names = [
            name
            for name, row in ROWS.items()
            if name not in left_out and all(fulfils(row, c) for c in conditions)
        ]
        metafunc.parametrize("row", [ROWS[name] for name in names], ids=names)
