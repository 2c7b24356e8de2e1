"""What `tf-slim inspect` shows of a net."""

from __future__ import annotations

import json

import pytest

from tf_slim.cli import net_layers


def test_the_table(capsys):
    net_layers.show("lenet")
    first, header, *rows, last = capsys.readouterr().out.splitlines()
    assert first.startswith("lenet: 28x28x1, 10 classes. LeCun")
    assert header.split() == ["layer", "output", "parameters", "mult-adds"]
    assert rows[0].split() == ["LeNet/conv1", "1x28x28x32", "832", "627,200"]
    assert len(rows) == 4
    assert last.startswith("3,274,634 parameters and 0 moving statistics in 8 variables;")


def test_json(capsys):
    net_layers.show("lenet", as_json=True, image_size=8)
    row = json.loads(capsys.readouterr().out)
    assert row["end_points"]["pool2"] == "(float32 1x2x2x64)"
    assert [layer["name"] for layer in row["layers"]][-1] == "LeNet/fc4"
    assert row["parameters"] == sum(layer["parameters"] for layer in row["layers"])


def test_a_size_that_the_net_cannot_take():
    with pytest.raises(ValueError, match="got 3x3"):
        net_layers.show("lenet", image_size=3)
