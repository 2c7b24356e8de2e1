"""`tf-slim inspect`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.goldens import loader
from tf_slim import checkpoints
from tf_slim.ops.wording import size_text

LENET = loader.checkpoint("lenet_ish")


@pytest.mark.parametrize("kind", ["v2", "v1"])
def test_a_checkpoint(cli, kind):
    result = cli("inspect", str(getattr(LENET, kind)), "--json")
    assert result.status == 0
    shown = json.loads(result.out)
    rows = {row["name"]: row for row in shown["entries"]}
    recorded = {row[0]: row[1:] for row in LENET.meta["variables"]}
    assert list(rows) == sorted(recorded)
    for name, (shape, dtype, *_) in recorded.items():
        assert (rows[name]["shape"], rows[name]["dtype"]) == (shape, dtype)
    assert shown["format"] == kind.upper()
    assert shown["checksums"] is True
    assert shown["parameters"] == sum(int(np.prod(shape)) for shape, *_ in recorded.values())


def test_a_table_is_whole_in_a_file(cli):
    result = cli("inspect", str(LENET.v2.parent), "--include", "LeNet/fc*")
    assert result.status == 0
    assert "LeNet/fc3/weights/Momentum  784x32  float32    25,088  100.4 kB" in result.out
    assert "conv1" not in result.out
    assert "model.ckpt-3 (V2)" in result.out


def test_statistics_are_of_the_values(cli, tmp_path):
    values = {"w": np.float32([1, 2, 3, np.nan]), "s": np.array(["text"]), "e": np.float32([])}
    path = checkpoints.save(tmp_path / "ck", values)
    result = cli("inspect", path, "--stats", "--json")
    rows = {row["name"]: row for row in json.loads(result.out)["entries"]}
    expected = {"mean": 2.0, "std": np.std([1, 2, 3]), "min": 1.0, "max": 3.0, "not_finite": 1}
    assert {key: rows["w"][key] for key in expected} == pytest.approx(expected)
    assert rows["s"]["mean"] is None
    assert rows["e"]["max"] is None
    assert cli("inspect", path, "--stats").status == 0


def test_a_format_without_checksums_is_named(cli):
    frozen = LENET.v2.parent.parent / "frozen.pb"
    result = cli("inspect", str(frozen))
    assert result.status == 0
    assert "frozen GraphDef" in result.out
    assert "no checksums" in result.err


def test_a_net(cli):
    result = cli("inspect", "lenet")
    assert result.status == 0
    assert "LeNet/conv1" in result.out
    shown = json.loads(cli("inspect", "lenet", "--json").out)
    # 5x5 kernels 1-32-64, 7x7x64-1024 and 1024-10, with biases.
    sizes = [(25 + 1) * 32, (25 * 32 + 1) * 64, (7 * 7 * 64 + 1) * 1024, (1024 + 1) * 10]
    assert shown["parameters"] == sum(sizes)
    assert [layer["parameters"] for layer in shown["layers"]] == sizes
    assert "Logits" in shown["end_points"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere/model.ckpt"], "The folder nowhere does not exist"),
        ([str(LENET.v2), "--include", "fc3"], "matches no variable"),
        (["lenet", "--stats"], "lenet is a net"),
        (["lenett"], "Near names: lenet"),
        (["le*"], "There is no checkpoint le*"),
    ],
)
def test_errors(cli, arguments, text):
    result = cli("inspect", *arguments)
    assert result.status == 1
    assert text in result.err


def test_sizes():
    sizes = [0, 999, 1000, 123_456, 5_000_000, 2 * 10**15]
    assert [size_text(size) for size in sizes] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "123.5 kB",
        "5.0 MB",
        "2000.0 TB",
    ]
