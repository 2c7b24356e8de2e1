"""`tf-slim diff`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tf_slim import checkpoints


@pytest.fixture
def two(tmp_path):
    """(paths of two checkpoints that differ in every way)"""
    w = np.ones([2, 3], np.float32)
    a = {"n/w": w, "n/old": w, "n/b": w[0], "n/s": w}
    b = {"n/w": w * np.float32(1.01), "n/new": w, "n/b": w, "n/s": w}
    return checkpoints.save(tmp_path / "a", a), checkpoints.save(tmp_path / "b.npz", b)


def test_differences(cli, two):
    result = cli("diff", *two)
    assert result.status == 1
    lines = [line.split() for line in result.out.splitlines()]
    assert ["n/old", "is", "here"] in lines
    assert ["n/new", "is", "here"] in lines
    assert "6 of 6 differ" in result.out
    assert "by 0.01 at most" in result.out
    assert "1 equal, 1 with other values, 1 of another shape or dtype" in result.out
    shown = json.loads(cli("diff", *two, "--json").out)
    assert not shown["equal"]
    assert shown["shapes"] == [["n/b", "float32 (3,)", "float32 (2, 3)"]]
    assert shown["values"][0]["name"] == "n/w"


def test_within_a_tolerance_and_in_part(cli, two):
    assert cli("diff", *two, "--include", "n/w").status == 1
    assert cli("diff", *two, "--include", "n/w", "--rtol", "0.02").status == 0
    rename = ["--rename", "n/old=n/new", "--rename", "n/b=n/c"]
    result = cli("diff", *two, *rename, "--atol", "0.1", "--exclude", "n/[bc]")
    assert result.status == 0
    assert result.out.startswith("3 equal, 0 with other values")


def test_errors(cli, two):
    assert "There is no checkpoint" in cli("diff", two[0], "nothing").err
    assert "write OLD=NEW" in cli("diff", *two, "--rename", "n").err
    assert cli("diff", two[0]).status == 2


def test_the_bytes_of_a_note_are_not_counted(cli, tmp_path):
    notes = [np.frombuffer(text, np.uint8) for text in (b"momentum 0.9", b"momentum 0.5")]
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path, note in zip(paths, notes):
        checkpoints.save(path, {"optimizer/hyperparameters": note})
    result = cli("diff", *map(str, paths))
    assert result.status == 1
    assert "optimizer/hyperparameters" in result.out and "12" not in result.out
