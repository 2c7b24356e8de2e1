"""Run folders: which one is taken, and when a run can go on in it."""

from __future__ import annotations

import itertools

import pytest

from tf_slim.cli import config as configs
from tf_slim.cli import runs
from tf_slim.cli.config import Config, load
from tf_slim.cli.options import ConfigError


def _keep(folder, config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / configs.FILE_NAME).write_text(configs.dumped(config))


def test_folders_are_numbered():
    assert list(itertools.islice(runs.numbered("r"), 3)) == ["r", "r-2", "r-3"]


def test_a_name_from_the_net_and_the_data():
    assert runs.name_for(Config()) == "runs/lenet-digits"
    assert runs.name_for(load(None, ["data.files=a", "model.name=vgg_a"])) == "runs/vgg_a-data"


def test_free_for_takes_new_empty_or_equal_folders(tmp_path):
    name, other = str(tmp_path / "r"), load(None, ["train.seed=1"])
    assert runs.free_for(name, Config()) == name
    (tmp_path / "r").mkdir()
    assert runs.free_for(name, Config()) == name
    _keep(tmp_path / "r", Config())
    assert runs.free_for(name, Config()) == name
    assert runs.free_for(name, load(None, ["train.steps=5"])) == name
    assert runs.free_for(name, other) == name + "-2"
    _keep(tmp_path / "r-2", other)
    assert runs.free_for(name, other) == name + "-2"
    assert runs.free_for(name, load(None, ["train.seed=2"])) == name + "-3"


def test_free_for_leaves_alone_what_it_does_not_understand(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "holiday.jpg").touch()
    (tmp_path / "r-2").write_text("a file")
    (tmp_path / "r-3").mkdir()
    (tmp_path / "r-3" / configs.FILE_NAME).write_text("broken [")
    assert runs.free_for(str(tmp_path / "r"), Config()) == str(tmp_path / "r-4")


@pytest.mark.parametrize("step", [None, 0])
def test_a_run_without_a_step_is_in_nobodys_way(tmp_path, step):
    _keep(tmp_path / "r", Config())
    if step is not None:
        (tmp_path / "r" / f"model.ckpt-{step}.index").touch()
    runs.require_no_conflict(str(tmp_path / "r"), load(None, ["train.seed=3"]))


def test_a_conflict_lists_the_differences_and_both_ways_out(tmp_path):
    _keep(tmp_path / "r", Config())
    (tmp_path / "r" / "model.ckpt-5.index").touch()
    folder = str(tmp_path / "r")
    runs.require_no_conflict(folder, load(None, ["train.steps=5", "train.keep_checkpoints=1"]))
    with pytest.raises(ConfigError) as caught:
        runs.require_no_conflict(
            folder, load(None, ["train.seed=3", "model.name=vgg_a", "train.steps=5"])
        )
    message = str(caught.value)
    assert 'model.name: "lenet" there, "vgg_a" now' in message
    assert "train.seed: 0 there, 3 now" in message
    assert "train.steps" not in message
    assert "--logdir" in message
    assert f"tf-slim train {folder}" in message


@pytest.mark.parametrize("make", [False, True])
def test_no_run_folder(tmp_path, make):
    folder = tmp_path / "r"
    if make:
        folder.mkdir()
    with pytest.raises(ConfigError, match="no run folder"):
        runs.config_of(str(folder))
