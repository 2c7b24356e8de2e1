"""Where training begins: a published checkpoint, a run, a path; and what is wrong, said at once."""

from __future__ import annotations

import json
import os
import shutil
import sys

import numpy as np
import pytest

import tf_slim as slim
from tests.house.sources import run_python
from tf_slim import checkpoints
from tf_slim.cli import starting_point
from tf_slim.cli.config import load
from tf_slim.nets import _fetch, _published
from tf_slim.ops import downloads

# Each is refused without TensorFlow: the words of the command line, and of the answer.
WRONG = [
    ("--net mobilnet_v2", "There is no net 'mobilnet_v2'. Did you mean 'mobilenet_v2'"),
    ("--data ./pets", "There are no data './pets' (looked from"),
    ("--data pets/dogs/", "There is no folder 'pets' either"),
    ("--init nothing", "no checkpoint, run folder or published checkpoint 'nothing'"),
    ("--init mobilenet_v2_1.0_69", "Did you mean 'mobilenet_v2_1.0_96'"),
    ("--init ./nothing.ckpt", "no checkpoint, run folder or published checkpoint './nothing.ckpt'"),
    ("--net lenet --init published", "No checkpoint of 'lenet' was published"),
    ("--net vgg_16 --init mobilenet_v1_1.0_224", "one of the net 'mobilenet_v1', not of 'vgg_16'"),
    ("--net vgg_16 --init run", "run is of the net 'lenet', not of 'vgg_16': take --net lenet"),
]

ONE_PROCESS = """
import json, sys
from tf_slim.cli.main import run
status = [run(["train", *line.split()]) for line in json.loads(sys.argv[1])]
print(json.dumps([status, "tensorflow" in sys.modules]))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the run of a LeNet in it."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text("[model]\nname = 'lenet'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_wrong_is_said_before_tensorflow_is_waited_for(folder):
    lines = json.dumps([line for line, _ in WRONG])
    result = run_python(ONE_PROCESS, lines, cwd=folder)
    assert json.loads(result.stdout) == [[1] * len(WRONG), False]
    said = result.stderr.split("error: ")[1:]
    for (line, words), text in zip(WRONG, said, strict=True):
        assert words in text, line


def test_a_folder_of_a_near_name_is_named(cli, tmp_path):
    (tmp_path / "pets").mkdir()
    assert "Did you mean 'pets'?" in cli("train", "--data", "./pest").err


@pytest.fixture
def published(monkeypatch, trained, tmp_path):
    """The weights of `trained` as the published checkpoint of LeNet; returns what was fetched."""
    known = _published.Checkpoint("digits_2020", "lenet", "https://x/y.tgz", 10, 8, "digits", 9, 9)
    table = {known.name: known}
    for module in (_fetch, sys.modules["tf_slim.nets._registry"], starting_point):
        monkeypatch.setattr(module, "PUBLISHED", table)
    fetched = []

    def fetch(name, **_):
        fetched.append(name)
        return checkpoints.latest(trained[0])

    monkeypatch.setattr(slim.nets, "fetch", fetch)
    return fetched


QUICK = ["--steps", "1", "--set", "optimizer.learning_rate=1e-20", "--logdir", "run"]


@pytest.mark.parametrize("name", ["published --net lenet", "digits_2020", "lenet"])
def test_a_published_checkpoint_by_its_name(cli, published, trained, name):
    result = cli("train", "--init", *name.split(), *QUICK)
    assert result.status == 0, result.err
    assert published == ["digits_2020"]
    assert "lenet on digits" in result.err
    config = load("run/config.toml", is_whole=True)
    assert (config.model.name, config.train.restore) == ("lenet", "digits_2020")
    name = "LeNet/conv1/weights"
    before, after = (checkpoints.Reader(str(f)).read(name) for f in (trained[0], "run"))
    np.testing.assert_array_equal(before, after)


def test_the_run_goes_on_without_the_checkpoint_that_it_began_from(cli, published, monkeypatch):
    assert cli("train", "--init", "published", "--net", "lenet", *QUICK).status == 0
    monkeypatch.setattr(slim.nets, "fetch", None)
    assert cli("train", "run", "--steps", "2").status == 0
    again = cli("train", "--init", "published", "--net", "lenet", "--steps", "3", *QUICK[2:])
    assert again.status == 0, again.err
    assert "at step 2 of 3" in again.err


def test_logits_of_other_classes_are_new_and_that_is_said(cli, trained):
    shutil.copytree(trained[0], "other")
    result = cli("train", "--init", "other", "--set", "model.num_classes=12", *QUICK)
    assert result.status == 0, result.err
    assert "; new, of 12 classes: LeNet/fc4" in result.err
    names = ("LeNet/conv1/weights", "LeNet/fc4/weights")
    before, after = ([checkpoints.Reader(f).read(n) for n in names] for f in ("other", "run"))
    np.testing.assert_array_equal(before[0], after[0])
    assert after[1].shape == (before[1].shape[0], 12)


def test_a_net_is_fed_as_it_was_where_training_begins(cli, trained, tmp_path):
    shutil.copytree(trained[0], "other")
    path = tmp_path / "other" / "run.json"
    described = json.loads(path.read_text())
    kwargs = {"dropout_keep_prob": 0.9, "weight_decay": 0.1}
    described |= {"image_size": [9, 9], "preprocessing": "lenet", "kwargs": kwargs}
    path.write_text(json.dumps(described))
    found = starting_point.trained_as(load(None, ["train.restore=other"]))
    assert (found.data.image_size, found.data.preprocessing) == ([9, 9], "lenet")
    assert found.model.kwargs == {"dropout_keep_prob": 0.9}
    said = load(None, ["train.restore=other", "data.image_size=8", "data.preprocessing=none"])
    found = starting_point.trained_as(said)
    assert (found.data.image_size, found.data.preprocessing) == (8, "none")


def test_no_network_is_said_before_anything_is_built(cli, published, monkeypatch):
    def fetch(name, **_):
        raise downloads.DownloadError("no network")

    monkeypatch.setattr(slim.nets, "fetch", fetch)
    monkeypatch.setattr(slim.nets, "create", None)
    result = cli("train", "--init", "published", "--net", "lenet", "--logdir", "run")
    assert (result.status, result.err) == (1, "error: no network\n")
    assert not os.path.exists("run")


def test_a_checkpoint_can_be_fetched_alone(cli, published, trained):
    path = checkpoints.latest(trained[0])
    assert cli("nets", "--fetch", "lenet").out == f"{path}\n"
    assert json.loads(cli("nets", "--fetch", "digits_2020", "--json").out)["path"] == path
    wrong = cli("nets", "--fetch", "digits_2012")
    assert wrong.status == 1
    assert "Did you mean 'digits_2020'?" in wrong.err
    assert "No checkpoint of 'vgg_a' was published" in cli("nets", "--fetch", "vgg_a").err


def test_logits_of_other_names_of_classes_are_new(cli, trained, tmp_path):
    shutil.copytree(trained[0], "other")
    described = json.loads((tmp_path / "other" / "run.json").read_text())
    described["labels"] = ["nought", *described["labels"][1:]]
    (tmp_path / "other" / "run.json").write_text(json.dumps(described))
    result = cli("train", "--init", "other", *QUICK)
    assert result.status == 0, result.err
    assert "; new, of 10 classes: LeNet/fc4" in result.err
