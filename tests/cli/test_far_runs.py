"""Every command that takes a run takes one far away, and says of it what it says of one here."""

from __future__ import annotations

import itertools
import json
import os

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.ops import files, paths

_NUMBERS = itertools.count()


@pytest.fixture
def run(trained):
    """A copy of a run of 60 steps."""
    folder, _ = trained
    copy = f"ram://of-commands-{os.getpid()}-{next(_NUMBERS)}/runs/run"
    for name in os.listdir(folder):
        paths.copy(str(folder / name), f"{copy}/{name}")
    return copy


def test_every_command_takes_the_run(run, cli, trained, tmp_path):
    tf.io.write_file("one.png", tf.io.encode_png(np.zeros([28, 28, 1], np.uint8)))
    commands = [
        ("eval", "--json"),
        ("predict", "one.png", "--json"),
        ("inspect", "--json"),
        ("export", "model.tflite", "--no-verify", "--json"),
        ("benchmark", "--seconds", "0.01", "--json"),
    ]
    for name, *options in commands:
        result = cli(name, run, *options)
        assert result.status == 0, (name, result.err)
        assert result.out.strip(), name
    got = json.loads(cli("eval", run, "--json").out)
    expected = json.loads(cli("eval", str(trained[0]), "--json").out)
    assert got["checkpoint"].startswith(run)
    assert {**got, "checkpoint": 0} == {**expected, "checkpoint": 0}
    assert {path.name for path in tmp_path.iterdir()} == {"one.png", "model.tflite"}


def test_a_run_goes_on_and_is_what_another_begins_from(run, cli):
    on = cli("train", run, "--steps", "62")
    assert on.status == 0 and "(at step 60 of 62)" in on.err
    assert f"tf-slim train {run} --steps 124" in on.out
    assert paths.is_file(f"{run}/model.ckpt-62.index")
    assert "steps = 62" in files.read_text(f"{run}/config.toml")
    again = cli("train", "--init", run, "--logdir", f"{run}-2", "--steps", "1")
    assert again.status == 0 and f"restored 8 variables from {run}/model.ckpt-62" in again.err
    refused = cli("train", "--logdir", run, "--steps", "62", "--set", "model.name=cifarnet")
    assert refused.status == 1 and "was made with another configuration" in refused.err


@pytest.mark.parametrize(
    "command", [["train", "--logdir"], ["eval"], ["predict"], ["export"], ["inspect"]]
)
def test_a_scheme_that_nobody_opens_is_named(command, cli):
    more = {"predict": ["one.png"], "export": ["model.onnx"]}.get(command[0], [])
    result = cli(*command, "zz://bucket/run", *more)
    assert result.status == 1
    assert "zz" in result.err and "Traceback" not in result.err
