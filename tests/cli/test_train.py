"""`tf-slim train`, run in this process on the digits."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import tf_slim as slim
from tf_slim import checkpoints
from tf_slim.cli.config import load
from tf_slim.data import datasets
from tf_slim.learning import read_history
from tf_slim.learning.run_folder import RunFolder

DIGITS = os.path.join(os.path.dirname(os.path.dirname(datasets.__file__)), "digits")


def _weights(folder):
    reader = checkpoints.Reader(str(folder))
    return {name: reader.read(name) for name in reader.names if name.startswith("LeNet/")}


def _copied(folder, tmp_path):
    return str(shutil.copytree(folder, tmp_path / "run"))


def test_a_run_says_what_it_does_and_what_comes_next(trained):
    folder, result = trained
    assert "lenet on digits: 1442 images to train on, 64 a step" in result.err
    assert f"run folder: {folder} (new)" in result.err
    assert "lenet on digits, test: 355 images, after 60 steps" in result.out
    assert " of 355)" in result.out
    for command in (f"tf-slim eval {folder}", f"tf-slim train {folder} --steps 120", "tensorboard"):
        assert f"  {command}" in result.out


def test_no_escape_codes_without_a_terminal(trained):
    _, result = trained
    assert "\x1b" not in result.out + result.err
    assert "\r" not in result.out + result.err
    assert result.err.isascii()


def test_it_learns(trained):
    folder, _ = trained
    losses = [row["loss"] for row in read_history(folder)]
    assert np.mean(losses[-2:]) < 0.5 * losses[0]


def test_the_run_folder_describes_itself(trained):
    folder, _ = trained
    config = load(str(folder / "config.toml"))
    assert config.train.steps == 60
    assert config.model.num_classes == 10
    assert config.data.image_size == [8, 8]
    assert config.data.preprocessing == "digits"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_same_command_again_finds_it_complete(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    before = _weights(folder)
    again = cli("train", folder)
    assert again.status == 0
    assert "already complete: 60 steps taken, 60 asked for" in again.err
    assert "after 60 steps" in again.out
    after = _weights(folder)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_more_steps_go_on_and_are_recorded(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    more = cli("train", folder, "--steps", "64")
    assert more.status == 0
    assert "at step 60 of 64" in more.err
    assert "train.steps was 60 and is 64: the cosine schedule" in more.err
    assert "after 64 steps" in more.out
    assert load(os.path.join(folder, "config.toml")).train.steps == 64
    assert checkpoints.step_of(checkpoints.latest(folder)) == 64


def test_fewer_steps_are_not_recorded(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    assert "60 steps taken, 5 asked for" in cli("train", folder, "--steps", "5").err
    assert load(os.path.join(folder, "config.toml")).train.steps == 60


def test_another_configuration_is_refused(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    result = cli("train", folder, "--set", "optimizer.learning_rate=1", "--steps", "70")
    assert result.status == 1
    assert "optimizer.learning_rate: 0.03 there, 1.0 now" in result.err
    assert load(os.path.join(folder, "config.toml")).train.steps == 60


def test_a_run_gives_its_configuration_to_another_folder(trained, cli):
    result = cli("train", str(trained[0]), "--logdir", "other", "--steps", "2")
    assert result.status == 0
    assert "run folder: other (new)" in result.err
    assert checkpoints.step_of(checkpoints.latest("other")) == 2
    assert checkpoints.step_of(checkpoints.latest(str(trained[0]))) == 60


def test_without_a_logdir_each_configuration_has_its_own_folder(cli):
    assert "runs/lenet-digits (new)" in cli("train", "--steps", "1").err
    assert "runs/lenet-digits-2 (new)" in cli("train", "--steps", "1", "--set", "train.seed=1").err
    assert "runs/lenet-digits (at step 1 of 1)" in cli("train", "--steps", "1").err


def test_the_seed_decides_the_weights(cli):
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        settings = ["--set", f"train.seed={seed}", "--steps", "1"]
        assert cli("train", "--logdir", folder, *settings).status == 0
    first = [_weights(f"{folder}/model.ckpt-0") for folder in "abc"]
    name = "LeNet/conv1/weights"
    assert np.array_equal(first[0][name], first[1][name])
    assert not np.array_equal(first[0][name], first[2][name])


def test_a_file_of_every_kind_of_option(cli, tmp_path):
    (tmp_path / "all.toml").write_text(
        """
        [model]
        weight_decay = 0.001
        kwargs = { dropout_keep_prob = 0.9 }
        [data]
        image_size = 12
        preprocessing = "lenet"
        batch_size = 16
        eval_batch_size = 100
        [optimizer]
        name = "adamw"
        learning_rate = 0.001
        schedule = "piecewise"
        boundaries = [2]
        warmup_steps = 1
        [train]
        steps = 4
        trainable = ["LeNet/fc*"]
        gradient_multipliers = { "LeNet/fc4/*" = 2 }
        clip_gradient_norm = 1
        label_smoothing = 0.1
        save_every_steps = 1
        keep_checkpoints = 2
        log_every_steps = 1
        summary_every_steps = 2
        """
    )
    result = cli("train", "all.toml", "--logdir", "run")
    assert result.status == 0, result.err
    steps = [checkpoints.step_of(path) for path in checkpoints.prefixes("run")]
    assert steps == [3, 4]
    assert [row["step"] for row in read_history("run")] == [1, 2, 3, 4]
    reader = checkpoints.Reader("run")
    assert reader.shape("LeNet/fc3/weights") == [3 * 3 * 64, 1024]
    slots = [name for name in reader.names if name.startswith("optimizer/")]
    assert not any("conv1" in name for name in slots)
    assert any("fc4" in name for name in slots)


def test_a_trained_net_gives_its_weights_to_another(trained, cli):
    result = cli(
        *("train", "--logdir", "tuned", "--steps", "1"),
        *("--set", f"train.restore={trained[0]}"),
        *("--set", "train.restore_exclude=LeNet/fc4/*"),
        *("--set", "model.num_classes=12"),
    )
    assert result.status == 0, result.err
    assert "restored 6 variables from" in result.err
    first, last = _weights("tuned/model.ckpt-0"), _weights(trained[0])
    assert np.array_equal(first["LeNet/fc3/weights"], last["LeNet/fc3/weights"])
    assert first["LeNet/fc4/weights"].shape == (1024, 12)


def test_own_files(cli, tmp_path):
    for split in ("train", "validation"):
        shutil.copy(f"{DIGITS}/digits_test.tfrecord", tmp_path / f"mine_{split}.tfrecord")
    (tmp_path / "labels.txt").write_text("".join(f"{n}:{n}\n" for n in range(10)))
    result = cli(
        *("train", "--logdir", "run", "--steps", "2", "--set", "data.files=mine_{split}.tfrecord"),
        *("--set", "data.eval_split=validation", "--set", "data.channels=1"),
    )
    assert result.status == 0, result.err
    assert "355 images to train on" in result.err
    assert "validation: 355 images" in result.out
    config = load("run/config.toml")
    assert config.data.files == [str(tmp_path / "mine_{split}.tfrecord")]
    assert config.data.preprocessing == "lenet"
    assert config.model.num_classes == 10


def test_files_without_a_split_are_trained_on_only(cli, tmp_path):
    shutil.copy(f"{DIGITS}/digits_test.tfrecord", tmp_path / "mine.tfrecord")
    settings = ["data.files=mine.tfrecord", "data.channels=1", "data.num_classes=10"]
    arguments = [text for setting in settings for text in ("--set", setting)]
    result = cli("train", "--logdir", "run", "--steps", "2", *arguments)
    assert result.status == 0, result.err
    assert "note: there are no data to evaluate on" in result.err
    assert "lenet is trained: 2 steps." in result.out


def test_print_config_is_a_config_file(cli, tmp_path):
    shown = cli("train", "--print-config", "--set", "train.steps=7").out
    (tmp_path / "printed.toml").write_text(shown)
    assert load(str(tmp_path / "printed.toml")) == load(None, ["train.steps=7"])
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.toml"], ["no config file or run folder 'nowhere.toml'"]),
        (["vgg_16"], ["tf-slim train --set model.name=vgg_16"]),
        (["."], [". is no run folder", "config.toml", "tf-slim train --data ."]),
        (["--steps", "3", "--epochs", "1"], ["--steps and --epochs: give one of them"]),
        (["--set", "train.stepz=3"], ["'stepz'", "Did you mean 'steps'?"]),
        (["--set", "model.name=lenett"], ["no net 'lenett'", "Did you mean 'lenet'"]),
        (["--set", "data.name=digit"], ["no data set 'digit'", "Did you mean 'digits'?"]),
        (["--set", "data.eval_split=tset"], ["'tset'", "Did you mean 'test'?"]),
        (["--set", "data.files=no_*"], ["no file matches", "no_*"]),
        (["--set", "data.preprocessing=leent"], ["'leent'", "'lenet'"]),
        (["--set", "model.kwargs.dropout=1"], ["Cannot build lenet", "'dropout'"]),
        (["--set", "model.name=vgg_a"], ["Cannot build vgg_a", "8x8", "data.image_size = 224"]),
        (["--set", "model.num_classes=3"], ["model.num_classes is 3", "10 classes"]),
        (["--set", "train.trainable=LeNet/x*"], ["train.trainable", "LeNet/x*"]),
        (["--set", "train.restore=nothing.ckpt"], ["There is no checkpoint", "nothing.ckpt"]),
        (["--set", "optimizer.schedule=piecewise"], ["optimizer.boundaries"]),
    ],
)
def test_what_cannot_be_trained_is_said_on_one_screen(cli, arguments, words):
    result = cli("train", *arguments, "--steps", "1")
    assert result.status == 1
    assert "error: " in result.err
    assert len(result.err.splitlines()) < 25
    assert "Traceback" not in result.err
    assert "unexpected" not in result.err
    for word in words:
        assert word in result.err
    assert result.out == ""


def test_a_logdir_that_cannot_be_written(cli, tmp_path):
    (tmp_path / "file").touch()
    result = cli("train", "--logdir", "file/run", "--steps", "1")
    assert result.status == 1
    assert "Cannot write to logdir 'file/run'" in result.err
    assert "Choose another folder" in result.err


@pytest.mark.parametrize("more", [[], ["--workers", "2"]])
def test_a_logdir_of_a_file_system_that_is_not_there(cli, tmp_path, more):
    before = sorted(tmp_path.iterdir())
    result = cli("train", "--logdir", "nosuch://bucket/run", "--steps", "1", *more)
    assert result.status != 0
    assert "Cannot write to logdir 'nosuch://bucket/run'" in result.err
    assert "TensorFlow has no file system for nosuch:// here" in result.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_start_that_fails_leaves_nothing_that_conflicts(cli, tmp_path):
    wrong = ["--set", "train.restore=nothing.ckpt"]
    for logdir in (["--logdir", "run"], []):
        assert cli("train", *logdir, "--steps", "1", *wrong).status == 1
        assert not (tmp_path / (logdir[1] if logdir else "runs/lenet-digits")).exists()
        assert cli("train", *logdir, "--steps", "1").status == 0
    assert (tmp_path / "runs/lenet-digits").exists()


def test_a_run_that_took_no_step_begins_anew(trained, cli, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.toml", "model.ckpt-0.index", "model.ckpt-0.data-00000-of-00001"):
        shutil.copy(trained[0] / name, folder)
    (folder / "checkpoint").write_text(
        'model_checkpoint_path: "model.ckpt-0"\nall_model_checkpoint_paths: "model.ckpt-0"\n'
    )
    before = _weights(folder)
    result = cli("train", "--logdir", "run", "--steps", "1", "--set", "train.seed=9")
    assert result.status == 0, result.err
    assert "had not taken a step: it begins anew" in result.err
    name = "LeNet/conv1/weights"
    assert not np.array_equal(before[name], _weights(folder / "model.ckpt-0")[name])


def test_a_run_folder_in_use_is_refused_at_once_and_left_alone(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    with RunFolder(folder):
        before = sorted(os.listdir(folder))
        for again in (cli("train", folder, "--steps", "70"), cli("train", folder)):
            assert again.status == 1
            assert f"going on in the run folder '{folder}' by process {os.getpid()}" in again.err
            assert "images to train on" not in again.err
        assert sorted(os.listdir(folder)) == before
    assert cli("train", folder).status == 0


def test_a_config_file_of_somebodys_own_is_kept(cli, tmp_path):
    own = "# my notes\n[train]\nsteps = 1\n"
    (tmp_path / "config.toml").write_text(own)
    result = cli("train", "config.toml", "--logdir", ".")
    assert result.status == 0, result.err
    assert (tmp_path / "config.toml.set-aside-1").read_text() == own
    assert load("config.toml").model.num_classes == 10


def test_suggestions_are_commands_of_a_shell(cli):
    result = cli("train", "--logdir", "my runs/one", "--steps", "1")
    assert "  tf-slim eval 'my runs/one' " in result.out
    assert "  tf-slim train 'my runs/one' --steps 2 " in result.out
    assert "  tensorboard --logdir 'my runs' " in result.out


def test_a_loss_that_is_not_finite(cli):
    result = cli(
        "train", "--logdir", "run", "--steps", "9", "--set", "optimizer.learning_rate=1e38"
    )
    assert result.status == 1
    assert "NaN or infinite" in result.err
    assert "--set optimizer.learning_rate=1e+37" in result.err
    for name, value in _weights("run").items():
        assert np.all(np.isfinite(value)), name


def test_a_damaged_checkpoint_stops_the_run_and_harms_nothing(trained, cli, tmp_path):
    folder = _copied(trained[0], tmp_path)
    data = os.path.join(folder, "model.ckpt-60.data-00000-of-00001")
    os.truncate(data, 1000)
    before = {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
    result = cli("train", folder, "--steps", "70")
    assert result.status == 1
    assert "model.ckpt-60 is damaged" in result.err
    assert "model.ckpt-0" in result.err
    assert before == {name: os.path.getsize(os.path.join(folder, name)) for name in before}
    assert load(os.path.join(folder, "config.toml")).train.steps == 60


def test_damaged_data_are_named(cli, tmp_path):
    with open(f"{DIGITS}/digits_test.tfrecord", "rb") as file:
        whole = file.read()
    (tmp_path / "mine.tfrecord").write_bytes(whole[:5000] + b"XXXX" + whole[5004:])
    settings = ["data.files=mine.tfrecord", "data.channels=1", "data.num_classes=10"]
    arguments = [text for setting in settings for text in ("--set", setting)]
    result = cli("train", "--logdir", "run", "--steps", "30", *arguments)
    assert result.status == 1
    assert f"{tmp_path / 'mine.tfrecord'}, record " in result.err
    assert "damaged" in result.err


def test_labels_out_of_range_are_named(cli, tmp_path):
    shutil.copy(f"{DIGITS}/digits_test.tfrecord", tmp_path / "mine.tfrecord")
    settings = ["data.files=mine.tfrecord", "data.channels=1", "data.num_classes=7"]
    arguments = [text for setting in settings for text in ("--set", setting)]
    result = cli("train", "--logdir", "run", "--steps", "30", *arguments)
    assert result.status == 1
    assert "mine.tfrecord, record " in result.err
    assert "labels must be in [0, 7)" in result.err


def test_the_run_can_be_used_from_python(trained):
    folder, _ = trained
    config = load(str(folder / "config.toml"))
    model = slim.nets.create(config.model.name, config.model.num_classes)
    model.build([None, *config.data.image_size, 1])  # pyright: ignore
    assert model.restore(str(folder)).complete
