"""`tf_slim.legacy.research_slim.nets`: research/slim's conventions round the same nets."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import pickle

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens import loader
from tests.goldens.decode import exists, find
from tests.nets.table import images
from tf_slim.legacy.research_slim.nets import nets_factory

PACKAGE = "tf_slim.legacy.research_slim.nets"


def _recorded_signatures() -> dict[str, list]:
    with gzip.open(loader.DATA / "api.json.gz", "rt", encoding="utf-8") as stream:
        names = json.load(stream)["names"]
    return {
        name: entry["args"]
        for name, entry in names.items()
        # `arg_scope` itself is what these files imported from elsewhere.
        if name.startswith("nets.") and not name.endswith(".arg_scope") and "args" in entry
    }


SIGNATURES = _recorded_signatures()


def test_signatures_are_recorded():
    assert {"nets.vgg.vgg_16", "nets.lenet.lenet_arg_scope"} <= set(SIGNATURES)


# What was recorded of a variant, such as mobilenet_v2_140, is the signature of the net it is made
# from. These are the arguments that make it a variant.
SET_BY_VARIANTS = {"conv_defs", "depth_multiplier", "finegrain_classification_mode", "scope"}


def _there(name):
    """Whether the module of a recorded function is there."""
    return exists(name.rpartition(".")[0])


@pytest.mark.parametrize("name", sorted(filter(_there, SIGNATURES)))
def test_the_arguments_come_in_the_recorded_order(name):
    parameters = inspect.signature(find(name)).parameters
    recorded = [row for row in SIGNATURES[name] if not row[0].startswith("*")]
    ours = [key for key, p in parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    assert ours[: len(recorded)] == [argument for argument, *_ in recorded]
    for argument, *default in recorded:
        made = parameters[argument].default
        if argument in SET_BY_VARIANTS and "mobilenet" in name:
            continue
        if not default:
            assert made is inspect.Parameter.empty
        elif isinstance(default[0], list):
            assert list(made) == default[0]
        elif not isinstance(default[0], dict):
            assert made == default[0]


def test_the_maps_name_the_same_nets():
    assert list(nets_factory.networks_map) == list(nets_factory.arg_scopes_map)
    assert set(nets_factory.networks_map) <= set(slim.nets.names())


@pytest.mark.parametrize("name", sorted(nets_factory.networks_map))
def test_default_image_sizes(name):
    network_fn = nets_factory.get_network_fn(name, 10)
    assert network_fn.default_image_size == slim.nets.spec(name).image_size
    assert network_fn.__name__ == name


def test_the_wrappers_leave_our_nets_alone():
    assert not hasattr(slim.nets.overfeat.overfeat, "default_image_size")
    ours = list(inspect.signature(slim.nets.vgg.vgg_16).parameters)
    assert ours.index("scope") < ours.index("reuse")


def test_reuse_comes_before_scope_in_vgg():
    vgg = importlib.import_module(f"{PACKAGE}.vgg")
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 32, 32, 3])
        for reuse in (None, True):
            vgg.vgg_a(x, 3, False, 0.5, True, reuse, "v", "SAME", True)
        names = {v.op.name.partition("/")[0] for v in tf.compat.v1.global_variables()}
    assert names == {"v"}


def test_a_wrong_argument_is_an_error():
    vgg = importlib.import_module(f"{PACKAGE}.vgg")
    with pytest.raises(TypeError, match="nonsense"):
        vgg.vgg_a(tf.zeros([1, 32, 32, 3]), nonsense=1)


def test_get_network_fn():
    x = images("lenet")
    model = slim.Model(nets_factory.get_network_fn("lenet", 5, weight_decay=0.1))
    logits, end_points = model(x)
    assert logits.shape == [2, 5]
    assert list(end_points)[-2:] == ["Logits", "Predictions"]
    assert len(model.losses) == 4
    np.testing.assert_array_equal(model(x)[0], logits)
    training = slim.Model(nets_factory.get_network_fn("lenet", 5, is_training=True))
    assert training(x)[0].shape == [2, 5]
    assert training.losses == []


def test_an_unknown_name_gets_the_closest_ones():
    with pytest.raises(ValueError, match="no net 'vgg_17'. Did you mean 'vgg_1"):
        nets_factory.get_network_fn("vgg_17", 10)


@pytest.mark.parametrize("module", ["vgg", "nasnet.nasnet", "mobilenet.mobilenet_v3", "resnet_v1"])
def test_what_a_module_offers_can_be_pickled(module):
    made = importlib.import_module(f"{PACKAGE}.{module}")
    for name in made.__all__:
        if inspect.isfunction(function := getattr(made, name)) and name != "wrapped_partial":
            assert pickle.loads(pickle.dumps(function)).__name__ == function.__name__


def test_a_module_that_nobody_had_is_not_found():
    with pytest.raises(ModuleNotFoundError, match="vgg_17"):
        importlib.import_module(f"{PACKAGE}.vgg_17")
    with pytest.raises(AttributeError, match="no module 'vgg_17'"):
        getattr(importlib.import_module(PACKAGE), "vgg_17")  # noqa: B009


@pytest.mark.usefixtures("own_registry")
def test_a_new_net_is_in_the_factory_by_itself(monkeypatch):
    for table in (nets_factory.networks_map, nets_factory.arg_scopes_map):
        monkeypatch.delitem(table, "tiny", raising=False)

    @slim.nets.register(arg_scope=slim.nets.lenet.lenet_arg_scope, image_size=8, channels=1)
    def tiny(images, num_classes=4, is_training=True):
        del is_training
        return slim.fully_connected(slim.flatten(images), num_classes), {}

    network_fn = nets_factory.get_network_fn("tiny", 3)
    assert network_fn.default_image_size == tiny.default_image_size == 8
    assert network_fn(tf.zeros([1, 8, 8, 1]))[0].shape == [1, 3]
    for table in (nets_factory.networks_map, nets_factory.arg_scopes_map):
        del table["tiny"]
