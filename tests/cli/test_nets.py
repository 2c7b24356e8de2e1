"""`tf-slim nets`."""

from __future__ import annotations

import json

import pytest

import tf_slim as slim
from tf_slim import model_analyzer
from tf_slim.cli import net_statistics


def test_all_nets(cli, monkeypatch):
    monkeypatch.setattr(model_analyzer, "analyze_net", None)  # nothing is counted
    result = cli("nets")
    assert (result.status, result.err) == (0, "")
    for name in slim.nets.names():
        assert f"\n{name} " in result.out
    assert "\x1b" not in result.out


def test_the_numbers_that_come_with_the_package_are_of_its_nets():
    assert list(net_statistics.known()) == slim.nets.names()
    for name, row in net_statistics.known().items():
        assert row["parameters"] > 0 and row["multiply_adds"] > 0, name


# Those that take no second.
@pytest.mark.parametrize("name", ["lenet", "cifarnet", "mobilenet_v1_025", "resnet_v1_18", "vgg_a"])
def test_they_are_those_that_a_count_gives(name):
    assert net_statistics.known()[name] == net_statistics.counted(name), "run scripts/count_nets.py"


def test_a_net_that_does_not_come_with_the_package_is_counted(monkeypatch):
    monkeypatch.setattr(net_statistics, "known", dict)
    assert net_statistics.of(["lenet"])["lenet"]["parameters"] == 3_274_634


def test_a_row(cli):
    (row,) = [line for line in cli("nets", "vgg_1*").out.splitlines() if line.startswith("vgg_16")]
    for text in ("224x224x3", "138.4 M", "15,470.3 M", "vgg_16_2016_08_28", "71.5 %"):
        assert text in row


def test_json(cli):
    rows = json.loads(cli("nets", "vgg*", "--json").out)
    assert [row["name"] for row in rows] == slim.nets.names("vgg*")
    assert all(row["image_size"] == 224 for row in rows)
    (checkpoint,) = rows[0]["checkpoints"]
    assert checkpoint["address"].endswith("/vgg_16_2016_08_28.tar.gz")
    assert (checkpoint["num_classes"], checkpoint["top_5"]) == (1000, 89.8)
    assert rows[-1]["checkpoints"] == []
    assert "Simonyan" in rows[0]["paper"]


def test_what_is_counted(cli):
    (row,) = json.loads(cli("nets", "lenet", "--json").out)
    # 5x5 kernels 1-32-64, 7x7x64-1024 and 1024-10, with biases.
    sizes = [(25 + 1) * 32, (25 * 32 + 1) * 64, (7 * 7 * 64 + 1) * 1024, (1024 + 1) * 10]
    assert row["parameters"] == sum(sizes)
    products = 25 * 32 * 28**2 + 25 * 32 * 64 * 14**2 + 7 * 7 * 64 * 1024 + 1024 * 10
    assert row["multiply_adds"] == products


def test_no_match(cli):
    result = cli("nets", "resnext*")
    assert result.status == 1
    assert "No net matches 'resnext*'" in result.err
    assert "lenet" in result.err
