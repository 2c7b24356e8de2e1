"""`tf-slim nets`."""

from __future__ import annotations

import json

import pytest

import tf_slim as slim
from tf_slim import model_analyzer
from tf_slim.cli import net_statistics


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache."""
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def analyzed(monkeypatch):
    """The names of the nets whose graphs were built, in order."""
    names = []

    def analyze(name):
        names.append(name)
        return model_analyzer.Statistics((), (), 1, 12_345_678, 0, 9_876_543, 1)

    monkeypatch.setattr(model_analyzer, "analyze_net", analyze)
    return names


def test_all_nets(cli, analyzed):
    result = cli("nets")
    assert result.status == 0
    for name in slim.nets.names():
        assert f"\n{name} " in result.out
    assert "\x1b" not in result.out
    assert f"counting the parameters of {len(slim.nets.names())} nets (once)" in result.err
    assert analyzed == slim.nets.names()
    assert cli("nets").err == ""
    assert analyzed == slim.nets.names(), "they are counted once"


def test_a_row(cli, analyzed):
    (row,) = [line for line in cli("nets", "vgg_1*").out.splitlines() if line.startswith("vgg_16")]
    for text in ("224x224x3", "12.3 M", "9.88 M", "vgg_16_2016_08_28", "71.5 %"):
        assert text in row


def test_json(cli, analyzed):
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


def test_other_code_is_counted_again(monkeypatch, analyzed, cache):
    net_statistics.of(["lenet"])
    monkeypatch.setattr(net_statistics, "_version", lambda: "other")
    net_statistics.of(["lenet"])
    assert analyzed == ["lenet", "lenet"]
    assert [file.name for file in (cache / "nets").iterdir()] == ["other.json"]


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_cache(analyzed, cache, content):
    net_statistics.of(["lenet"])
    (file,) = (cache / "nets").iterdir()
    file.write_text(content)
    assert net_statistics.of(["lenet"])["lenet"]["parameters"] == 12_345_678
    assert analyzed == ["lenet", "lenet"]


def test_a_cache_that_cannot_be_written(analyzed, cache):
    cache.write_text("a file where the folder should be")
    assert net_statistics.of(["lenet"])["lenet"]["multiply_adds"] == 9_876_543
