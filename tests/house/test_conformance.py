"""The runner of the old release's tests: how it judges, and what it is told of them.

The tests themselves are run by `make conformance`.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from scripts import conformance, conformance_plugin
from scripts.conformance import FAILED, PASSED, SKIPPED

GOOD, BAD = "a_test.py::T::good", "a_test.py::T::bad"


@pytest.mark.parametrize(
    ("name", "outcome", "wrong"),
    [
        (GOOD, (PASSED, ""), None),
        (GOOD, (SKIPPED, ""), None),
        (GOOD, (FAILED, "1 != 2"), f"failed: {GOOD}\n    1 != 2"),
        (BAD, (FAILED, "AssertionError: 1 != 2"), None),
        (BAD, (FAILED, "1 != 3"), f"failed in another way than listed: {BAD}\n    1 != 3"),
        (BAD, (SKIPPED, ""), None),
        (BAD, (PASSED, ""), f"passes, but is listed as an exception: {BAD}"),
    ],
)
def test_what_is_wrong(name, outcome, wrong):
    found = conformance.judge({name: outcome}, {BAD: "1 != 2"})
    assert found == ([] if wrong is None else [wrong])


def test_a_file_of_tests_runs_in_a_process_of_its_own(tmp_path):
    lines = [
        "import unittest",
        "class T(unittest.TestCase):",
        "  def test_good(self): pass",
        "  def test_bad(self): self.assertEqual(1, 2)",
        "  def test_later(self): self.skipTest('not now')",
    ]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a_test.py").write_text("\n".join(lines))
    found = conformance.run_file(tmp_path, Path("a/a_test.py"), plugin="no:randomly")
    assert {name: outcome for name, (outcome, _) in found.items()} == {
        "a/a_test.py::T::test_good": PASSED,
        "a/a_test.py::T::test_bad": FAILED,
        "a/a_test.py::T::test_later": SKIPPED,
    }
    assert "1 != 2" in found["a/a_test.py::T::test_bad"][1]


@pytest.mark.parametrize("text", ["import no_such_module", "x = 1"])
def test_a_file_without_tests_is_a_failure(tmp_path, text):
    (tmp_path / "a_test.py").write_text(text)
    found = conformance.run_file(tmp_path, Path("a_test.py"), plugin="no:randomly")
    assert FAILED in {outcome for outcome, _ in found.values()}


def test_all_that_is_listed_has_a_reason():
    listed = conformance.read_exceptions()
    assert set(listed) == {"mend", "exception"}
    for kind, fields in (("mend", ["names"]), ("exception", ["message", "tests"])):
        for group in listed[kind]:
            assert sorted(group) == sorted(["reason", *fields])
            assert len(group["reason"].split()) > 4
            assert all(group[field] for field in fields)
    tests = [test for group in listed["exception"] for test in group["tests"]]
    assert len(tests) == len(set(tests))
    assert all(test.count("::") == 2 and "_test.py::" in test for test in tests)


def test_nothing_of_ours_is_mended():
    """But for what is gone: its stand-in lets a file be imported, and fails whoever calls it."""
    groups = conformance.read_exceptions()["mend"]
    mends = [pair for group in groups for pair in group["names"].items()]
    ours = {name: by for name, by in mends if name.startswith("tf_slim")}
    assert ours.pop("tf_slim.data.test_utils") == "data/test_utils.py"
    assert set(ours.values()) == {"scripts.conformance_plugin:gone"}
    with pytest.raises(NotImplementedError):
        conformance_plugin.gone(2, growth_factor=2)


def test_names_are_put_back(tmp_path, monkeypatch):
    module = types.ModuleType("there")
    monkeypatch.setitem(sys.modules, "there", module)
    conformance_plugin.put_back("there.root", "math:sqrt")
    assert module.root(9) == 3

    for name in ("gone", "gone.tools"):
        monkeypatch.setitem(sys.modules, name, None)  # what is there at the end is taken out
        del sys.modules[name]
    conformance_plugin.put_back("gone.tools.skip", "scripts.conformance_plugin:not_a_test")
    assert sys.modules["gone"].tools.skip(lambda: 0).__test__ is False

    helper = tmp_path / "helper.py"
    helper.write_text("answer = 42")
    monkeypatch.setitem(sys.modules, "there.helper", None)
    conformance_plugin.put_back("there.helper", str(helper))
    assert sys.modules["there.helper"].answer == 42
