"""The config files in examples/ do what they say."""

from __future__ import annotations

import shutil

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.cli.test_train import DIGITS
from tests.house.sources import ROOT
from tf_slim.cli.config import differences, load
from tf_slim.learning import read_history
from tf_slim.ops import patterns

EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_command_in_it_names_it(path):
    assert f"tf-slim train examples/{path.name}" in path.read_text()
    load(str(path))


def test_lenet_digits_is_the_demo_but_for_what_it_says():
    found = differences(load(None), load(str(ROOT / "examples/lenet_digits.toml")))
    assert {one.key: one.new for one in found} == {
        "model.kwargs": {"dropout_keep_prob": 0.6},
        "train.deterministic": True,
    }


def test_own_images(cli, tmp_path):
    for split in ("train", "validation"):
        shutil.copy(f"{DIGITS}/digits_test.tfrecord", tmp_path / f"pets_{split}_0.tfrecord")
    result = cli(
        *("train", str(ROOT / "examples/own_images.toml"), "--logdir", "run", "--steps", "1"),
        *("--data", "pets_{split}_*.tfrecord", "--set", "train.log_every_steps=1"),
        *("--set", "data.num_classes=10"),
    )
    assert result.status == 0, result.err
    assert "cifarnet" in result.err and "128 a step" in result.err
    assert "step 1/1  validation: accuracy" in result.err
    assert "validation: 355 images, after 1 steps" in result.out
    assert len(read_history("run")) == 1


def test_fine_tune_trains_the_new_layer_at_the_full_rate_and_the_rest_at_a_tenth():
    config = load(str(ROOT / "examples/fine_tune.toml"))
    with tf.Graph().as_default():
        images = tf.compat.v1.placeholder(tf.float32, [None, 224, 224, 3])
        slim.nets.vgg.vgg_16(images, num_classes=config.data.num_classes)
        names = [variable.op.name for variable in slim.get_model_variables()]
    new = {"vgg_16/fc8/weights", "vgg_16/fc8/biases"}
    slow = dict.fromkeys(config.train.gradient_multipliers.values())
    assert list(slow) == [0.1]
    matched = set(patterns.select(names, list(config.train.gradient_multipliers))[0])
    assert matched == set(names) - new
    assert set(patterns.select(names, config.train.restore_exclude)[0]) == new
