"""`tf-slim train --find-rate`: a rate is suggested, and nothing else happens."""

from __future__ import annotations

import os
import re

import pytest

from tests.cli.conftest import tf_slim

FIND = ("train", "--find-rate", "--batch-size", "32", "--logdir", "run")


def suggested(result) -> float:
    assert result.status == 0, result.err
    return float(result.out.partition("Suggested learning rate: ")[2].split()[0])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What is printed for the digits; the folder in which it was asked."""
    folder = tmp_path_factory.mktemp("finding")
    before = os.getcwd()
    os.chdir(folder)
    try:
        return tf_slim(*FIND), folder
    finally:
        os.chdir(before)


def test_a_rate_is_suggested(found):
    rate = suggested(found[0])
    assert 1e-4 < rate < 0.5
    assert f"the same command, --learning-rate {rate:.2g} for --find-rate" in found[0].out


def test_the_table_has_rates_and_losses(found):
    lines = found[0].out.splitlines()
    assert lines[0].split() == ["learning", "rate", "loss", "smoothed"]
    rows = [line.split()[:3] for line in lines[1:] if re.match(r" *\d", line)]
    rates = [float(row[0]) for row in rows]
    assert len(rows) in (13, 14) and rates == sorted(rates) and rates[0] == 1e-6
    (best,) = [line for line in lines if "falls the fastest" in line]
    assert float(best.split()[0]) == suggested(found[0])
    first, lowest = float(rows[0][2]), min(float(row[2]) for row in rows)
    assert 2.3 < first < 4.5  # of ten classes, none of them known, and the decay of weights
    assert lowest < first - 1


def test_a_bolder_rate_is_named(found):
    bolder = float(found[0].out.partition("with up to ")[2].split(",")[0])
    assert suggested(found[0]) < bolder <= 1.0


def test_there_is_no_run_folder(found):
    assert os.listdir(found[1]) == []


@pytest.mark.parametrize(
    "settings",
    [
        ("optimizer.schedule=cosine", "optimizer.warmup_steps=30", "optimizer.learning_rate=1e-6"),
        ("optimizer.schedule=piecewise", "optimizer.boundaries=[2, 4]"),
    ],
    ids=["warm-up and cosine", "piecewise"],
)
def test_schedules_do_not_matter(found, cli, settings):
    result = cli(*FIND, *(word for setting in settings for word in ("--set", setting)))
    assert result.out == found[0].out


def test_of_a_head_that_is_trained_first(cli, trained):
    result = cli(*FIND, "--init", str(trained[0]), "--set", "train.head_steps=40")
    assert re.search("It is that of the head, .* for 40 steps", result.out), result.err
    assert os.listdir(".") == []


def test_a_run_that_was_trained_is_left_alone(trained, cli):
    before = {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(trained[0])}
    result = cli("train", str(trained[0]), "--find-rate")
    assert result.status == 1
    assert "has taken 60 steps" in result.err and "another --logdir" in result.err
    assert {e.name: e.stat().st_mtime_ns for e in os.scandir(trained[0])} == before


def test_a_rate_is_given_or_found(cli):
    result = cli("train", "--find-rate", "--learning-rate", "0.1")
    assert result.status == 1 and "give one of them" in result.err


def test_where_nothing_learns_nothing_is_suggested(cli):
    result = cli(*FIND, "--set", 'train.gradient_multipliers={"*"=0.0}')
    assert result.status == 1
    assert "The loss fell at no rate" in result.out and "Suggested" not in result.out
