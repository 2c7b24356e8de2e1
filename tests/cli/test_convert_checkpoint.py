"""`tf-slim convert-checkpoint`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.goldens import loader
from tf_slim import checkpoints

LENET = loader.checkpoint("lenet_ish")


@pytest.mark.parametrize(
    ("target", "kind"),
    [("x.safetensors", "safetensors"), ("x.npz", "npz"), ("deep/x.ckpt-3", "V2"), ("v1", "V1")],
)
def test_there_and_the_same(cli, target, kind):
    more = ["--v1"] if kind == "V1" else []
    result = cli("convert-checkpoint", str(LENET.v2), target, *more)
    assert result.status == 0
    assert f"17 variables written to {target} ({kind})" in result.out
    assert checkpoints.diff(LENET.v2, target).equal


def test_in_part_and_under_other_names(cli):
    result = cli(
        "convert-checkpoint", str(LENET.v2), "x.npz", "--exclude", "*/Momentum",
        "--exclude", "global_step", "--rename", r"re:^LeNet/fc(\d)=net/dense\1",
        "--rename", "LeNet=net", "--json",
    )  # fmt: skip
    assert result.status == 0
    names = json.loads(result.out)["names"]
    assert names == sorted(np.load("x.npz").files)
    layers = ["conv1", "conv2", "dense3", "dense4"]
    assert names == [f"net/{layer}/{leaf}" for layer in layers for leaf in ("biases", "weights")]
    kept = checkpoints.diff(LENET.v2, "x.npz", rename={"LeNet": "net"}).same
    assert kept == ("net/conv1/biases", "net/conv1/weights", "net/conv2/biases",
                    "net/conv2/weights")  # fmt: skip


def test_moving_averages(cli, tmp_path):
    w, average = np.float32([1]), np.float32([2])
    path = checkpoints.save(tmp_path / "a", {"w": w, "w/ExponentialMovingAverage": average})
    assert cli("convert-checkpoint", path, "b.npz", "--averages").status == 0
    assert checkpoints.load("b.npz") == {"w": average}


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["x.keras"], 1, "Write .weights.h5"),
        (["x.npz", "--rename", "VGG=net"], 1, "rename pattern 'VGG' matches no name"),
        (["x.npz", "--rename", "re:(=x"], 1, "in the regular expression"),
        (["x.npz", "--rename", "a=b", "--averages"], 2, "give one of"),
        (["x.h5"], 1, "cannot hold both"),
    ],
)
def test_errors(cli, arguments, status, text):
    result = cli("convert-checkpoint", str(LENET.v2), *arguments)
    assert result.status == status
    assert text in result.err
    assert "Traceback" not in result.err
