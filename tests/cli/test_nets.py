"""`tf-slim nets`."""

from __future__ import annotations

import json

import tf_slim as slim


def test_all_nets(cli):
    result = cli("nets")
    assert result.status == 0
    for name in slim.nets.names():
        assert f"\n{name} " in result.out
    assert "\x1b" not in result.out


def test_a_pattern(cli):
    rows = json.loads(cli("nets", "vgg*", "--json").out)
    assert [row["name"] for row in rows] == slim.nets.names("vgg*")
    assert all(row["image_size"] == 224 for row in rows)


def test_parameters_are_counted(cli):
    (row,) = json.loads(cli("nets", "lenet", "--params", "--json").out)
    # 5x5 kernels 1-32-64, 7x7x64-1024 and 1024-10, with biases.
    sizes = [(25 + 1) * 32, (25 * 32 + 1) * 64, (7 * 7 * 64 + 1) * 1024, (1024 + 1) * 10]
    assert row["parameters"] == sum(sizes)
    assert f"{sum(sizes):,}" in cli("nets", "lenet", "--params").out


def test_no_match(cli):
    result = cli("nets", "resnext*")
    assert result.status == 1
    assert "No net matches 'resnext*'" in result.err
    assert "lenet" in result.err
