"""`tf-slim eval`, run in this process on a short run."""

from __future__ import annotations

import json
import os
import shutil

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.cli import pictures
from tests.cli.test_train import DIGITS
from tf_slim.cli import evaluating


def test_it_measures_the_latest_checkpoint_over_the_whole_split(trained, cli):
    folder, training = trained
    result = cli("eval", str(folder))
    assert result.status == 0
    assert result.out.startswith("lenet on digits, test: 355 images, after 60 steps\n")
    assert training.out.startswith(result.out)


@pytest.mark.parametrize(
    ("answers", "shown"),
    [(11, "63.64 %  (7 of 11)"), (77, "63.64 %  (49 of 77 answers, one a class)")],
)
def test_accuracy_is_a_share_of_answers(capsys, answers, shown):
    metrics = {"accuracy": 7 / 11, "mean_average_precision": 0.5}
    evaluating.show(evaluating.Measured("lenet", "x", "test", 11, 3, answers, metrics))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines[1:]] == [shown, "0.5000"]
    assert lines[1].index(shown) == lines[2].index("0.5000")


def test_json(trained, cli):
    result = cli("eval", str(trained[0]), "--json")
    measured = json.loads(result.out)
    assert measured["step"] == 60
    assert measured["images"] == 355
    assert measured["split"] == "test"
    assert measured["checkpoint"] == str(trained[0] / "model.ckpt-60")
    right = measured["metrics"]["accuracy"] * 355
    assert right == pytest.approx(round(right), abs=1e-3)
    assert result.err == ""


def test_a_report(trained, cli, tmp_path):
    plain = json.loads(cli("eval", str(trained[0]), "--json").out)
    result = cli("eval", str(trained[0]), "--report", "page.html")
    assert result.out.endswith("  report       page.html\n")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    right = round(plain["metrics"]["accuracy"] * 355)
    assert f"{100 * right / 355:.2f} %" in page and f"{right} of 355" in page
    assert f"{plain['metrics']['loss']:.4f}" in page
    assert "<title>lenet on digits, test</title>" in page
    assert "355 images, after 60 steps" in page
    assert "Learning curves" in page
    assert "taken for <b>nine</b>" in page  # a name from the labels of the data
    assert page.count("data:image/png") == 2 * min(24, 355 - right)  # with heat maps
    result = cli("eval", str(trained[0]), "--report", "page.html", "--json")
    assert json.loads(result.out) == {**plain, "report": "page.html"}


@pytest.mark.parametrize(
    ("path", "words"), [(".", "this is a folder"), ("nowhere/page.html", "there is no folder")]
)
def test_a_report_that_cannot_be_written(trained, cli, path, words):
    result = cli("eval", str(trained[0]), "--report", path)
    assert result.status == 1
    assert f"error: --report {path}: {words}" in result.err
    assert result.out == ""


def test_another_split(trained, cli):
    assert "train: 1442 images" in cli("eval", str(trained[0]), "--split", "train").out


@pytest.mark.parametrize("inside", [True, False])
def test_an_earlier_checkpoint_by_name_or_path(trained, cli, inside):
    path = "model.ckpt-0" if inside else str(trained[0] / "model.ckpt-0")
    early, late = (
        json.loads(cli("eval", str(trained[0]), "--json", *more).out)
        for more in (["--checkpoint", path], [])
    )
    assert early["step"] == 0
    assert early["metrics"]["accuracy"] < late["metrics"]["accuracy"]


def test_own_files(trained, cli, tmp_path):
    shutil.copy(f"{DIGITS}/digits_test.tfrecord", tmp_path / "mine.tfrecord")
    mine = json.loads(cli("eval", str(trained[0]), "--data", "mine.tfrecord", "--json").out)
    test = json.loads(cli("eval", str(trained[0]), "--json").out)
    assert mine["images"] == 355
    assert mine["metrics"] == test["metrics"]


def test_a_run_moved_elsewhere(trained, cli, tmp_path):
    shutil.copytree(trained[0], tmp_path / "moved")
    assert cli("eval", "moved").out == cli("eval", str(trained[0])).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--checkpoint", "model.ckpt-7"], ["no checkpoint", "model.ckpt-7", "model.ckpt-60"]),
        (["--split", "tset"], ["'tset'", "Did you mean 'test'?"]),
        (["--data", "no_*"], ["no file matches 'no_*'"]),
        (["--data", "nothing"], ["there is no 'nothing'", "a folder with one folder of pictures"]),
        (["--data", "a", "--data", "b", "--split", "test"], ["several files have no splits"]),
    ],
)
def test_what_cannot_be_evaluated(trained, cli, arguments, words):
    result = cli("eval", str(trained[0]), *arguments)
    assert result.status == 1
    assert result.err.startswith("error: ")
    for word in words:
        assert word in result.err


def test_no_run_folder(cli):
    for result in (cli("eval", "nowhere"), cli("eval", ".")):
        assert result.status == 1
        assert "no run folder" in result.err


@pytest.fixture
def described(trained, cli, tmp_path):
    """A run folder as `fit` alone leaves it."""
    shutil.copytree(trained[0], tmp_path / "my run")
    (tmp_path / "my run" / "config.toml").unlink()
    return "my run"


@pytest.fixture
def made_in_python(described):
    """The same of an earlier release, which did not say what the net is."""
    os.unlink(os.path.join(described, "run.json"))
    return described


def test_a_run_made_in_python_says_itself_what_it_is(trained, cli, described):
    assert cli("eval", described).out == cli("eval", str(trained[0])).out


def test_a_run_made_in_python_does_not_say_where_its_data_are(cli, described, tmp_path):
    path = tmp_path / described / "run.json"
    path.write_text(path.read_text().replace('"data": "digits"', '"data": "pets"'))
    result = cli("eval", described)
    assert result.status == 1
    assert "on the data 'pets', and does not say where these are: give --data SOURCE" in result.err
    assert "1442 images" in cli("eval", described, "--data", "digits", "--split", "train").out


def test_a_run_made_in_python_is_evaluated_as_the_net_that_is_named(trained, cli, made_in_python):
    settings = ["--set", "model.name=lenet", "--set", "data.name=digits"]
    assert cli("eval", made_in_python, *settings).out == cli("eval", str(trained[0])).out
    result = cli("eval", made_in_python, "--set", "model.name=cifarnet")
    assert result.status == 1
    assert "only in the model: CifarNet/conv1/weights" in result.err


@pytest.fixture
def old_train_dir(cli, tmp_path):
    """A folder of checkpoints that says nothing; and pictures of its three classes."""
    classes = pictures.make(tmp_path / "new")
    (tmp_path / "new" / "grün" / "cut.jpg").unlink()
    model = slim.nets.create("lenet", len(classes)).build(tf.TensorSpec([None, 28, 28, 3]))
    model.save(tmp_path / "train_dir" / "model.ckpt-7")
    return model


def test_an_old_train_dir_has_the_classes_of_the_data_that_are_named(old_train_dir, cli):
    settings = ["--set", "model.name=lenet"]
    result = cli("eval", "train_dir", "--data", "new", "--json", *settings)
    assert result.status == 0, result.err
    measured = json.loads(result.out)
    spec = slim.data.from_folder("new", "all")
    assert measured["images"] == spec.num_samples
    data = slim.data.Pipeline(spec, 8, preprocess="lenet", image_size=28)
    metrics = slim.evaluation.classification_metrics(3)
    expected = slim.evaluation.evaluate(old_train_dir, data, metrics)
    assert measured["metrics"]["accuracy"] == pytest.approx(expected["accuracy"])
    shutil.rmtree("new/青")
    other = cli("eval", "train_dir", "--data", "new", *settings)
    assert other.status == 1 and "LeNet/fc4/weights" in other.err


@pytest.mark.parametrize("settings", [[], ["--set", "data.name=digits"]])
def test_a_run_made_in_python_says_what_to_do(cli, made_in_python, settings):
    result = cli("eval", made_in_python, *settings)
    assert result.status == 1
    assert "tf-slim eval 'my run' --set model.name=NET --data SOURCE" in result.err
    assert "slim.evaluation.evaluate" in result.err
    assert "slim.learning.fit" in cli("train", made_in_python).err


def test_settings_go_before_what_the_run_keeps(trained, cli):
    small = cli("eval", str(trained[0]), "--set", "data.eval_batch_size=100")
    assert small.out == cli("eval", str(trained[0])).out
    result = cli("eval", str(trained[0]), "--set", "data.eval_split=train")
    assert "1442 images" in result.out


def test_a_run_without_a_checkpoint(trained, cli, tmp_path):
    (tmp_path / "run").mkdir()
    shutil.copy(trained[0] / "config.toml", tmp_path / "run")
    result = cli("eval", "run")
    assert result.status == 1
    assert "There is no checkpoint in the folder run" in result.err


@pytest.mark.parametrize("ending", ["data-00000-of-00001", "index"])
def test_a_damaged_checkpoint(trained, cli, tmp_path, ending):
    shutil.copytree(trained[0], tmp_path / "run")
    os.truncate(tmp_path / "run" / f"model.ckpt-60.{ending}", 100)
    result = cli("eval", "run")
    assert result.status == 1
    assert "model.ckpt-60 is damaged" in result.err
    assert "Traceback" not in result.err


def test_a_checkpoint_of_another_net(trained, cli, tmp_path):
    shutil.copytree(trained[0], tmp_path / "run")
    text = (tmp_path / "run" / "config.toml").read_text()
    (tmp_path / "run" / "config.toml").write_text(text.replace('"lenet"', '"cifarnet"'))
    result = cli("eval", "run")
    assert result.status == 1
    assert "only in the model: CifarNet/conv1/weights" in result.err


def test_damaged_data_are_named(trained, cli, tmp_path):
    with open(f"{DIGITS}/digits_test.tfrecord", "rb") as file:
        (tmp_path / "cut.tfrecord").write_bytes(file.read()[:9000])
    result = cli("eval", str(trained[0]), "--data", "cut.tfrecord")
    assert result.status == 1
    assert "cut.tfrecord, record " in result.err


class TestFilesWithoutASplit:
    """What was trained on is never called by the name of another split."""

    @pytest.fixture(scope="class")
    def folder(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("files")
        for split, name in (("test", "a"), ("train", "b")):
            shutil.copy(f"{DIGITS}/digits_{split}.tfrecord", folder / f"{name}.tfrecord")
        return folder

    @pytest.fixture
    def run(self, trained, tmp_path, folder):
        """A run as if it had been trained on a file."""
        shutil.copytree(trained[0], tmp_path / "run")
        config = tmp_path / "run" / "config.toml"
        lines = config.read_text().splitlines()
        changed = {
            "files = ": f'files = ["{folder}/a.tfrecord"]',
            "# num_classes = ": "num_classes = 10",
            "channels = ": "channels = 1",
        }
        for begin, line in changed.items():
            at = [i for i, old in enumerate(lines) if old.startswith(begin)][-1]
            lines[at] = line
        config.write_text("\n".join(lines))
        return "run"

    def test_no_split(self, run, cli):
        for more in ([], ["--split", "test"]):
            result = cli("eval", run, *more)
            assert result.status == 1 and result.out == ""
            for words in ("'test'", "{split}", "--data SOURCE", "--split train"):
                assert words in result.err

    def test_by_the_name_that_is_theirs(self, run, cli):
        assert "train: 355 images" in cli("eval", run, "--split", "train").out

    def test_the_same_file_by_hand(self, run, cli, folder, tmp_path):
        os.symlink(folder / "a.tfrecord", tmp_path / "link.tfrecord")
        for path in (folder / "a.tfrecord", "link.tfrecord"):
            assert "train: 355 images" in cli("eval", run, "--data", str(path)).out

    def test_other_files_and_some_of_each(self, run, cli, folder):
        other = cli("eval", run, "--data", f"{folder}/b.tfrecord")
        assert "all: 1442 images" in other.out and other.err == ""
        both = cli("eval", run, "--data", f"{folder}/*.tfrecord")
        assert "all: 1797 images" in both.out
        assert "1 of these 2 files were trained on" in both.err
