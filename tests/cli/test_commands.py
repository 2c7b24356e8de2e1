"""tf-slim as a user meets it: what it prints, its exit status, and what it leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tf_slim.cli.main import run
from tf_slim.ops import checkpoints

QUICK = ["--set", "model.kwargs={dropout_keep_prob=1.0}", "--set", "data.batch_size=16"]


@pytest.fixture
def say(capfd, tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err  # no escape codes outside a terminal
        assert "Traceback" not in err
        return status, out, err

    return command


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of 6 steps."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert run(["train", "--logdir", str(folder), "--steps", "6", *QUICK]) == 0
    return folder


@pytest.fixture
def copied(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def test_train_says_where_the_run_is_and_what_is_next(say):
    status, out, err = say("train", "--logdir", "run", "--steps", 6, *QUICK)
    assert status == 0
    printed = out + err
    assert "1442 images" in printed and "run folder: run (new)" in printed
    assert "accuracy" in printed and "of 355)" in printed
    assert "tf-slim eval run" in printed and "tf-slim train run --steps" in printed
    assert {"config.toml", "history.jsonl", "checkpoint"} <= set(os.listdir("run"))
    assert checkpoints.step_of(checkpoints.latest("run")) == 6


def test_a_run_folder_describes_itself(say, copied):
    status, out, err = say("train", copied, "--steps", 9)
    assert status == 0
    assert "resuming at step 6 of 9" in out + err
    config = (copied / "config.toml").read_text()
    assert "steps = 9" in config and "batch_size = 16" in config


def test_a_finished_run_stays_finished(say, copied):
    before = sorted(os.listdir(copied))
    status, out, err = say("train", copied)
    assert status == 0 and "already complete" in out + err
    assert sorted(os.listdir(copied)) == before


def test_what_changes_a_run_is_refused(say, copied):
    status, _, err = say("train", copied, "--set", "data.batch_size=32")
    assert status == 1
    assert "data.batch_size" in err


def test_eval(say, trained):
    status, out, _ = say("eval", trained, "--json")
    assert status == 0
    row = json.loads(out)
    assert (row["images"], row["step"], row["split"]) == (355, 6, "test")
    assert 0.0 <= row["metrics"]["accuracy"] <= 1.0
    status, out, err = say("eval", trained, "--split", "train")
    assert status == 0 and "1442 images" in out + err


def test_eval_of_a_given_checkpoint(say, trained):
    status, out, _ = say("eval", trained, "--checkpoint", trained / "model.ckpt-0", "--json")
    assert status == 0 and json.loads(out)["step"] == 0


def test_nets(say):
    status, out, _ = say("nets", "vgg*")
    assert status == 0
    assert "vgg_16" in out and "lenet" not in out
    status, out, _ = say("nets", "--json")
    assert {"lenet", "alexnet_v2"} <= {row["name"] for row in json.loads(out)}


def test_print_config_is_a_config(say, tmp_path):
    status, out, _ = say("train", "--print-config", "--set", "train.steps=7")
    assert status == 0
    (tmp_path / "again.toml").write_text(out)
    status, again, _ = say("train", "again.toml", "--print-config")
    assert status == 0 and again == out and "steps = 7" in again


def test_demo(say):
    status, out, err = say("demo", "--steps", 4)
    assert status == 0 and "runs/demo" in out + err
    status, out, err = say("demo", "--steps", 4)
    assert status == 0 and "runs/demo-2" in out + err


@pytest.mark.slow
def test_demo_reaches_98_percent(say):
    assert say("demo")[0] == 0
    _, out, _ = say("eval", "runs/demo", "--json")
    assert json.loads(out)["metrics"]["accuracy"] >= 0.98


def test_help_needs_no_tensorflow():
    code = "import sys; from tf_slim.cli.main import run; run(['--help'])\n" \
           "assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


MISTAKES = {
    "unknown key": (["train", "--set", "model.nam=lenet"], "Did you mean 'name'?"),
    "unknown section": (["train", "--set", "modle.name=lenet"], "model"),
    "wrong type": (["train", "--set", "train.steps=many"], "an integer"),
    "no config": (["train", "none.toml"], "none.toml"),
    "unknown net": (["train", "--logdir", "r", "--set", "model.name=lenett"], "'lenet'"),
    "unknown data": (["train", "--logdir", "r", "--set", "data.name=digit"], "'digits'"),
    "unknown argument of a net": (
        ["train", "--logdir", "r", "--set", "model.kwargs={keep=1.0}"], "dropout_keep_prob"),
    "no data files": (["train", "--logdir", "r", "--set", "data.files='none-*.tfrecord'",
                       "--set", "data.num_classes=3"], "none-*.tfrecord"),
    "logdir is a file": (["train", "--logdir", "/dev/null/run"], "/dev/null/run"),
    "no run folder": (["eval", "nowhere"], "nowhere"),
    "no net matches": (["nets", "nope"], "vgg_16"),
    "NaN": (["train", "--logdir", "r", "--steps", "30",
             "--set", "optimizer.learning_rate=1e9"], "NaN or infinite"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case, say):
    arguments, text = MISTAKES[case]
    status, _, err = say(*arguments)
    assert status == 1
    assert err.count("\n") <= 20
    assert "error:" in err and text in err


@pytest.mark.parametrize("arguments", [["train", "--stepz", "3"], ["tarin"]])
def test_wrong_command_lines(say, arguments):
    status, _, err = say(*arguments)
    assert status == 2 and "--help" in err


def test_a_config_file_with_a_wrong_key(say, tmp_path):
    (tmp_path / "c.toml").write_text("[train]\nstep = 3\n")
    status, _, err = say("train", "c.toml")
    assert status == 1 and "c.toml" in err and "'steps'" in err


def damage(path, keep=0.5):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def test_a_damaged_checkpoint(say, copied):
    damage(copied / "model.ckpt-6.data-00000-of-00001")
    for command in (["eval", copied], ["train", copied, "--steps", 9]):
        status, _, err = say(*command)
        assert status == 1 and "model.ckpt-6" in err and "damaged" in err


def test_a_missing_checkpoint(say, copied):
    status, _, err = say("eval", copied, "--checkpoint", copied / "model.ckpt-7")
    assert status == 1 and "model.ckpt-7" in err and "model.ckpt-6" in err


def own_data(path, num_classes=10):
    return [
        "train", "--logdir", "run", "--steps", 40, "--set", f"data.files='{path}'",
        "--set", f"data.num_classes={num_classes}", "--set", "data.channels=1",
        "--set", "data.image_size=8", "--set", "data.eval_split=''",
        "--set", "data.preprocessing=none",
    ]


def test_a_corrupt_record_is_named_and_the_steps_before_are_saved(say, tmp_path):
    import tf_slim as slim

    source = slim.data.get_dataset("digits", "train").files()[0]
    shutil.copy(source, tmp_path / "part.tfrecord")
    damage(tmp_path / "part.tfrecord", 0.9)
    status, _, err = say(*own_data("part.tfrecord"))
    assert status == 1
    assert "part.tfrecord" in err and "cut off" in err


def test_an_empty_data_set(say, tmp_path):
    (tmp_path / "none.tfrecord").write_bytes(b"")
    status, _, err = say(*own_data("none.tfrecord"))
    assert status == 1 and "none.tfrecord" in err


def test_a_label_out_of_range(say, tmp_path):
    import tf_slim as slim

    shutil.copy(slim.data.get_dataset("digits", "train").files()[0], tmp_path / "own.tfrecord")
    status, _, err = say(*own_data("own.tfrecord", num_classes=5))
    assert status == 1
    assert "own.tfrecord" in err and "label" in err and "[0, 5)" in err


def test_a_checkpoint_of_another_net(say, trained):
    status, _, err = say(
        "train", "--logdir", "run", "--set", "model.name=cifarnet",
        "--set", "data.image_size=32", "--set", f"train.restore={trained}",
    )
    assert status == 1
    assert "only in the model: CifarNet/conv1/weights" in err
    assert "only in the checkpoint: LeNet/conv1/weights" in err


STEPS = 4000
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_and_gone_on(tmp_path, number, status):
    command = [sys.executable, "-m", "tf_slim.cli", "train", "--logdir", "run"]
    process = subprocess.Popen(
        [*command, "--steps", str(STEPS), *QUICK], cwd=tmp_path, env=ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    folder = tmp_path / "run"
    for _ in range(600):
        if (folder / "history.jsonl").exists() and (folder / "history.jsonl").stat().st_size:
            break
        time.sleep(0.1)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == status, printed
    step = checkpoints.step_of(checkpoints.latest(folder))
    assert 0 < step < STEPS
    assert f"stopped at step {step}" in printed and "tf-slim train run" in printed
    assert "Traceback" not in printed
    more = subprocess.run(
        [*command[:-2], "run", "--steps", str(step + 5)], cwd=tmp_path, env=ENVIRONMENT,
        capture_output=True, text=True, check=True,
    )
    assert f"resuming at step {step}" in more.stdout + more.stderr
