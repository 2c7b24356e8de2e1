"""Each file of benchmarks can be imported, has something to run, and records what it finds."""

from __future__ import annotations

import importlib
import inspect

import pytest

from tests.house.sources import ROOT

FOLDER = ROOT / "benchmarks"
FILES = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
PROGRAMS = sorted(path.stem for path in (FOLDER / "programs").glob("o*.py"))


@pytest.mark.parametrize("name", FILES)
def test_a_benchmark_is_whole(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert [one for one in vars(module) if one.startswith("test_")]
    text = inspect.getsource(module)
    assert "recording.record(" in text or "compare(" in text or "contestants.measured(" in text


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_whole(name, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER / "programs")
    assert callable(importlib.import_module(f"benchmarks.programs.{name}").main)
