"""Every net against what TF 1.15 built: variables, end points, updates, regularization.

`data/` was written by TF 1.15's contrib.slim and by research/slim on top of it, with 1001 classes;
`net_op_names` has the operations of the logits and end points, which freeze commands name.
"""

from __future__ import annotations

import functools
import gzip
import json
import pathlib
import re

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens.decode import exists, find
from tf_slim.legacy.research_slim.nets import nets_factory

v1 = tf.compat.v1

DATA = pathlib.Path(__file__).parent / "data"
CLASSES = 1001
WEIGHT_DECAY = 0.001

# contrib.slim's net -> its module in slim.nets, and its arg_scope there.
CONTRIB = {
    "alexnet_v2": ("alexnet", "alexnet_v2_arg_scope"),
    "inception_v1": ("inception", "inception_v1_arg_scope"),
    "inception_v2": ("inception", "inception_v2_arg_scope"),
    "inception_v3": ("inception", "inception_v3_arg_scope"),
    "overfeat": ("overfeat", "overfeat_arg_scope"),
    "resnet_v1_50": ("resnet_v1", "resnet_arg_scope"),
    "resnet_v2_50": ("resnet_v2", "resnet_arg_scope"),
    "vgg_16": ("vgg", "vgg_arg_scope"),
    "vgg_19": ("vgg", "vgg_arg_scope"),
    "vgg_a": ("vgg", "vgg_arg_scope"),
}


@functools.cache
def recorded(source: str) -> dict:
    """What was recorded of the nets of "contrib" or "research_slim", by name."""
    with gzip.open(DATA / f"{source}_nets_num_classes_{CLASSES}.json.gz", "rt") as stream:
        return json.load(stream)


@functools.cache
def recorded_operations() -> dict:
    """The operation of each output, by "<net>/<mode>"."""
    with gzip.open(DATA / "net_op_names.json.gz", "rt") as stream:
        return json.load(stream)


def test_all_recorded_nets_are_there():
    assert set(recorded("research_slim")) <= set(nets_factory.networks_map)
    assert sorted(nets_factory.networks_map) == slim.nets.names()
    assert sorted(recorded("contrib")) == sorted(CONTRIB)
    modes = {f"{name}/{mode}" for name in recorded("research_slim") for mode in ("train", "eval")}
    assert set(recorded_operations()) == modes


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", sorted(recorded("research_slim")))
def test_a_net_of_research_slim(name, mode):
    expected = recorded("research_slim")[name][mode]
    with tf.Graph().as_default():
        net = nets_factory.get_network_fn(name, CLASSES, WEIGHT_DECAY, is_training=mode == "train")
        logits, end_points = net(v1.placeholder(tf.float32, expected["input"]))
        assert variables(v1.global_variables()) == expected["variables"]
        assert rows(end_points) == expected["end_points"]
        assert operations(logits, end_points) == operations_of(name, mode)
        assert [logits.name, logits.shape.as_list()] == expected["output"]
        assert size_of(v1.GraphKeys.UPDATE_OPS) == expected["update_ops"]
        assert size_of(v1.GraphKeys.REGULARIZATION_LOSSES) == expected["regularization_losses"]
        parameters = sum(v.shape.num_elements() for v in v1.trainable_variables())
        assert parameters == expected["trainable_params"]
    image_size = recorded("research_slim")[name]["default_image_size"]
    assert net.default_image_size == image_size


@pytest.mark.parametrize(
    "name", [name for name in CONTRIB if exists(f"slim.nets.{CONTRIB[name][0]}.{name}")]
)
def test_a_net_of_contrib_slim(name):
    expected = recorded("contrib")[name]
    module, arg_scope = CONTRIB[name]
    net = find(f"slim.nets.{module}.{name}")
    scope = find(f"slim.nets.{module}.{arg_scope}")(weight_decay=WEIGHT_DECAY)
    size = expected["dis"] or (231 if name == "overfeat" else 224)
    with tf.Graph().as_default(), slim.arg_scope(scope):
        logits, end_points = net(v1.placeholder(tf.float32, [2, size, size, 3]), CLASSES)
        assert variables(v1.global_variables()) == expected["vars"]
        assert rows(end_points) == expected["ep"]
        assert [logits.name, logits.shape.as_list()] == expected["net"]
        assert size_of(v1.GraphKeys.MODEL_VARIABLES) == expected["model"]
        assert size_of("moving_vars") == expected["moving"]
        assert size_of(v1.GraphKeys.UPDATE_OPS) == expected["upd"]
        assert size_of(v1.GraphKeys.REGULARIZATION_LOSSES) == expected["reg"]
    assert getattr(net, "default_image_size", None) == expected["dis"]


def variables(made) -> list[list]:
    """Names and shapes, in the order of creation."""
    return [[v.op.name, v.shape.as_list()] for v in made]


def rows(end_points: dict[str, tf.Tensor]) -> list[list]:
    """Names and shapes, in order."""
    return [[name, tensor.shape.as_list()] for name, tensor in end_points.items()]


def operations(logits: tf.Tensor, end_points: dict[str, tf.Tensor]) -> dict[str, str]:
    """The operation of each output by its name, and "" for the logits."""
    made = {key: tensor.op.name for key, tensor in end_points.items()}
    return {key: outside_dropout(name) for key, name in {"": logits.op.name, **made}.items()}


def operations_of(name: str, mode: str) -> dict[str, str]:
    """What `operations` is, as recorded."""
    rows = recorded_operations()[f"{name}/{mode}"]
    made = {"": rows["logits"], **rows["end_points"]}
    return {key: outside_dropout(operation) for key, operation in made.items()}


def outside_dropout(operation: str) -> str:
    """The name without what TensorFlow's own dropout calls its operations inside."""
    return re.sub(r"/dropout(_1)?/(mul_1|SelectV2)$", "/dropout", operation)


def size_of(collection: str) -> int:
    return len(v1.get_collection(collection))
