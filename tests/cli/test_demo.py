"""`tf-slim demo`: where it runs; how well it does is tested in test_real_runs.py."""

from __future__ import annotations

import shutil

from tf_slim import checkpoints


def test_each_demo_trains_anew(cli):
    assert "run folder: runs/demo (new)" in cli("demo", "--steps", "2").err
    second = cli("demo", "--steps", "2")
    assert second.status == 0
    assert "run folder: runs/demo-2 (new)" in second.err
    assert "tf-slim eval runs/demo-2" in second.out


def test_an_interrupted_demo_goes_on(cli):
    assert cli("demo", "--steps", "2").status == 0
    assert "run folder: runs/demo (at step 2 of 4)" in cli("demo", "--steps", "4").err
    assert checkpoints.step_of(checkpoints.latest("runs/demo")) == 4


def test_a_folder_of_something_else_is_left_alone(cli, trained, tmp_path):
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    (tmp_path / "runs" / "demo" / "notes.txt").write_text("mine")
    shutil.copytree(trained[0], tmp_path / "runs" / "demo-2")
    config = tmp_path / "runs" / "demo-2" / "config.toml"
    config.write_text(config.read_text().replace("seed = 0", "seed = 1"))
    assert "run folder: runs/demo-3 (new)" in cli("demo", "--steps", "70").err


def test_a_folder_of_ones_own(cli):
    assert "run folder: here (new)" in cli("demo", "--logdir", "here", "--steps", "2").err
    assert "already complete" in cli("demo", "--logdir", "here", "--steps", "2").err
