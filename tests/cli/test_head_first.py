"""`tf-slim train` with the head first, frozen layers, limits of gradients and averaged weights."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.cli.conftest import tf_slim
from tf_slim import checkpoints
from tf_slim.cli import config, training_step

SETTINGS = (
    "train.head_epochs=1",  # of 22 steps
    "train.average_decay=0.9",
    "train.clip_global_norm=1",
    "train.frozen=['LeNet/conv1/*']",
    "optimizer.learning_rate=0.1",
)


def _set(*settings):
    return [part for one in settings for part in ("--set", one)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "head-first"
    result = tf_slim(
        "train", "--logdir", str(folder), "--steps", "24",
        *_set(*SETTINGS, "train.save_every_steps=11"),
    )  # fmt: skip
    if result.status:
        pytest.fail(result.err)
    return folder, result


def _read(folder, step):
    reader = checkpoints.Reader(str(folder / f"model.ckpt-{step}"))
    return {name: reader.read(name) for name in reader.names if name.startswith("LeNet/")}


def _changed(one, other):
    ending = "/ExponentialMovingAverage"
    return {
        name.split("/")[1]
        for name, value in one.items()
        if not name.endswith(ending) and np.any(value != other[name])
    }


def test_the_head_trains_alone_for_its_epochs(run):
    folder, _ = run
    states = {step: _read(folder, step) for step in (0, 11, 22, 24)}
    assert _changed(states[0], states[11]) == {"fc4"}
    assert _changed(states[11], states[22]) == {"fc4"}
    assert _changed(states[22], states[24]) == {"conv2", "fc3", "fc4"}
    assert config.load(str(folder / "config.toml")).train.head_steps == 22


def test_averages_are_what_is_evaluated(run):
    folder, result = run
    again = tf_slim("eval", str(folder))
    assert again.status == 0

    def measured(out):
        return [line for line in out.splitlines() if "%" in line or "loss" in line]

    assert measured(again.out)
    assert all(line in result.out for line in measured(again.out))


def _config(*settings):
    return config.load(None, settings)


def test_the_rate_is_lower_once_all_is_trained():
    given = _config("train.head_steps=200", "optimizer.learning_rate=0.5", "train.steps=800")
    head, rest = training_step._head_first(given).optimizer, training_step.optimizer(given)

    def rate(optimizer, step):
        optimizer.iterations.assign(step)
        return float(tf.convert_to_tensor(optimizer.learning_rate))

    assert rate(head, 0) == pytest.approx(0.01)  # the warm-up of 50 steps
    assert rate(head, 60) == rate(head, 199) == pytest.approx(0.5)
    assert rate(rest, 0) == pytest.approx(0.001)
    assert rate(rest, 50) == pytest.approx(0.05)
    assert rate(rest, 600) == pytest.approx(0.0, abs=1e-6)
    assert training_step._head_first(_config()) is None


def test_the_loss_takes_classes_and_mixtures():
    logits, classes = np.float32([[1.0, 2.0], [0.5, -1.0]]), np.array([1, 0])
    for smoothing in (0.0, 0.1):
        config = _config(f"train.label_smoothing={smoothing}", "train.aux_loss=0")
        loss = training_step.loss(config, slim.Model(lambda images: images))
        mixed = np.eye(2, dtype=np.float32)[classes]
        np.testing.assert_allclose(loss(logits, classes), loss(logits, mixed), rtol=1e-6)
        weights = np.float32([2.0, 0.0])
        np.testing.assert_allclose(
            loss(logits, classes, weights=weights), 2 * loss(logits[:1], classes[:1]), rtol=1e-6
        )


BAD = {
    "train.head=['LeNet/fc9/*']": "fc9",
    "train.frozen=['LeNet/nothing']": "frozen.*nothing",
    "train.average_decay=1.5": "average_decay",
    "train.rate_after_head=0": "rate_after_head",
}


@pytest.mark.parametrize("setting", BAD)
def test_what_cannot_be_is_said(setting, tmp_path):
    result = tf_slim(
        "train", "--logdir", str(tmp_path / "run"), *_set("train.head_steps=2", setting)
    )
    assert result.status
    assert "Traceback" not in result.err
    assert re.search(BAD[setting], result.err, re.DOTALL)


def test_batch_norms_keep_their_averages_where_they_are_to(tmp_path):
    """As the profile of fine-tuning asks: the net is the same in training as in evaluation."""
    result = tf_slim(
        "train", "--logdir", str(tmp_path / "run"), "--steps", "2", "--net", "cifarnet",
        *_set("train.freeze_batch_norm=true", "data.image_size=32", "data.preprocessing=lenet"),
    )  # fmt: skip
    assert result.status == 0, result.err  # a net without batch norm
    options = ("model.name=mobilenet_v1_025", "data.image_size=32", "data.preprocessing=lenet")
    result = tf_slim(
        "train", "--logdir", str(tmp_path / "other"), "--steps", "2",
        *_set("train.freeze_batch_norm=true", "data.batch_size=8", "data.eval_split=''", *options),
    )  # fmt: skip
    assert result.status == 0, result.err
    before, after = (checkpoints.Reader(str(tmp_path / f"other/model.ckpt-{n}")) for n in (0, 2))
    changed = {
        name.rpartition("/")[2]
        for name in before.names
        if name.startswith("MobilenetV1/") and np.any(before.read(name) != after.read(name))
    }
    assert "weights" in changed and "beta" in changed
    assert not changed & {"moving_mean", "moving_variance"}
