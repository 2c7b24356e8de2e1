"""Nets that compute their blocks again: what the blocks are, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.nasnet import nasnet
from tf_slim.ops import blocks

RNG = np.random.RandomState(0)


def trained(name, pixels, recompute, **kwargs):
    tf.random.set_seed(1)
    model = slim.nets.create(name, 3, recompute=recompute, **kwargs)
    model.build(tf.TensorSpec([None, pixels, pixels, 3]))
    for index, variable in enumerate(model.trainable_variables):
        values = np.random.RandomState(index).randn(*variable.shape)
        variable.assign(values * np.sqrt(2.0 / max(1, np.prod(variable.shape[:-1]))))
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.01)
    )
    x = np.random.RandomState(1).uniform(-1, 1, [4, pixels, pixels, 3]).astype(np.float32)
    return float(step(x, np.array([0, 1, 2, 0]))), model


NUMBERS = {
    "resnet_v1_18": {"pixels": 33, "depth_multiplier": 0.125},
    "mobilenet_v1_025": {"pixels": 32},
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_step_is_the_same(name):
    (wanted, plain), (loss, model) = (
        trained(name, recompute=recompute, **NUMBERS[name]) for recompute in (None, True)
    )
    np.testing.assert_allclose(loss, wanted, rtol=1e-6)
    for (key, one), other in zip(plain.named_variables.items(), model.variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=key)


NAMES = {
    "resnet_v1_18": (64, ["root", "block1/unit_1", "block1/unit_2", "block4/unit_2"], 9),
    "inception_v3": (107, ["Conv2d_1a_3x3", "Mixed_5b", "Mixed_7c"], 16),
    "mobilenet_v2": (64, ["layer_1", "layer_19"], 19),
    "mobilenet_v1": (64, ["Conv2d_0", "Conv2d_13_pointwise"], 27),
    "vgg_a": (224, ["block1", "block5"], 5),
    "nasnet_cifar": (32, ["cell_0", "reduction_cell_1"], 5),
}


def few_cells():
    config = nasnet.cifar_config()
    config.set_hparam("num_cells", 3)
    return config


@pytest.mark.parametrize("net", NAMES)
def test_what_the_blocks_of_a_net_are(net):
    pixels, some, number = NAMES[net]
    model = slim.nets.create(net, **({"config": few_cells()} if net == "nasnet_cifar" else {}))
    asked = blocks.Asked(True)
    with blocks.asking(asked):
        model.build(tf.TensorSpec([None, pixels, pixels, 3]))
    names = [name.partition("/")[2] or name for name in asked.names]
    assert set(some) <= set(names), names
    assert len(names) == len(set(names)) == number
