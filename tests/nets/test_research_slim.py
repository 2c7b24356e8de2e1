"""`tf_slim.legacy.research_slim.nets`: research/slim's conventions round the same nets."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens import loader
from tests.nets.table import images
from tf_slim.legacy.research_slim.nets import nets_factory

PACKAGE = "tf_slim.legacy.research_slim.nets"
MODULES = ("alexnet", "cifarnet", "lenet", "overfeat", "vgg", "nets_factory")


def _recorded_signatures() -> dict[str, list]:
    with gzip.open(loader.DATA / "api.json.gz", "rt", encoding="utf-8") as stream:
        names = json.load(stream)["names"]
    return {
        name: entry["args"]
        for name, entry in names.items()
        # `arg_scope` itself is what these files imported from elsewhere.
        if name.startswith(tuple(f"nets.{m}." for m in MODULES)) and ".arg_scope" not in name
    }


SIGNATURES = _recorded_signatures()


def test_signatures_are_recorded():
    assert {"nets.vgg.vgg_16", "nets.lenet.lenet_arg_scope"} <= set(SIGNATURES)


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_the_arguments_come_in_the_recorded_order(name):
    _, module, function = name.split(".")
    found = getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)
    parameters = list(inspect.signature(found).parameters.values())
    for parameter, (argument, *default) in zip(parameters, SIGNATURES[name], strict=False):
        assert parameter.name == argument
        if default and not isinstance(default[0], dict):
            assert parameter.default == default[0]
        elif not default:
            assert parameter.default is parameter.empty
    assert len(parameters) >= len(SIGNATURES[name])


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
