"""`train.accumulate` and `model.recompute`, on their way to the step and to the net."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.cli.conftest import tf_slim
from tf_slim.cli import build, config, training_step
from tf_slim.cli.options import ConfigError

IMAGES = tf.TensorSpec([8, 32, 32, 3])
NET = ("model.name=mobilenet_v2_035", "model.num_classes=3")


def test_a_step_in_parts():
    options = config.load(None, [*NET, "train.accumulate=4"])
    step = training_step.train_step(options, build.model(options, IMAGES))
    with pytest.raises(ValueError, match="accumulate cuts all tensors"):
        step(np.zeros(IMAGES.shape, np.float32), np.zeros([3], np.int64))


@pytest.mark.parametrize("given", ["true", "['MobilenetV2/layer_1']"])
def test_a_net_that_is_computed_again(given):
    options = config.load(None, [*NET, f"model.recompute={given}"])
    assert options.model.recompute == (True if given == "true" else ["MobilenetV2/layer_1"])
    build.model(options, IMAGES)


@pytest.mark.parametrize(
    ("net", "given", "said"),
    [
        ("mobilenet_v2_035", "['nothing']", "recompute pattern 'nothing' matches no block"),
        ("lenet", "true", "has no blocks"),
    ],
)
def test_what_cannot_be(net, given, said):
    options = config.load(None, [f"model.name={net}", f"model.recompute={given}"])
    with pytest.raises(ConfigError, match=said):
        build.model(options, tf.TensorSpec([8, 32, 32, 3]))


def test_the_flag():
    assert "accumulate = 3" in tf_slim("train", "--accumulate", "3", "--print-config").out
