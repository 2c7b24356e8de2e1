"""Every net in a v1 graph, at its full width: nothing is computed there."""

from __future__ import annotations

import fnmatch
import inspect

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import CLASSES, DEEPER, NETS, image_shape, in_graph

every_net = pytest.mark.parametrize("name", sorted(NETS))


def test_the_table_is_complete():
    assert sorted([*NETS, *DEEPER]) == slim.nets.names()
    assert set(DEEPER.values()) <= set(NETS)


@every_net
def test_features_without_classes(name):
    row = NETS[name]
    graph = in_graph(name, num_classes=None)
    assert graph.output[-1] == row.features
    assert graph == in_graph(name, num_classes=0)
    logits = in_graph(name, num_classes=CLASSES)
    shared = {key: logits.variables[key] for key in logits.variables if key in graph.variables}
    assert list(shared.items()) == list(graph.variables.items())
    patterns = slim.nets.spec(name).logits_patterns
    more = [key for key in logits.variables if key not in graph.variables]
    assert more
    assert all(any(fnmatch.fnmatchcase(key, p) for p in patterns) for key in more)
    again = [key for key in logits.end_points if key in graph.end_points]
    assert again == list(graph.end_points)


@every_net
def test_its_own_image_size(name):
    spec = slim.nets.spec(name)
    parameters = inspect.signature(spec.fn).parameters
    own = {key: parameters[key].default for key in NETS[name].kwargs}
    graph = in_graph(name, spec.image_size, **own)
    assert graph.output == [None, spec.num_classes]


@every_net
def test_the_variables_can_be_shared(name):
    spec, row = slim.nets.spec(name), NETS[name]
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, *image_shape(name)])
        spec.fn(x, CLASSES, **row.kwargs)
        count = len(tf.compat.v1.global_variables())
        _, again = spec.fn(x, CLASSES, reuse=True, **row.kwargs)
        assert len(tf.compat.v1.global_variables()) == count
        assert len(again) == len(in_graph(name, num_classes=CLASSES).end_points)
        with pytest.raises(ValueError, match="already exists"):
            spec.fn(x, CLASSES, **row.kwargs)


@every_net
def test_another_scope_renames_the_variables(name):
    usual = in_graph(name, num_classes=CLASSES)
    other = in_graph(name, num_classes=CLASSES, scope="trunk")
    old = next(iter(usual.variables)).partition("/")[0]
    renamed = [key.replace(old + "/", "trunk/", 1) for key in usual.variables]
    assert list(other.variables) == renamed


@pytest.mark.parametrize(
    ("name", "size"), [("alexnet_v2", 256), ("overfeat", 281), ("vgg_a", 256), ("vgg_16", 256)]
)
def test_larger_images(name, size):
    kwargs = dict.fromkeys(NETS[name].kwargs, "VALID") | {"num_classes": CLASSES}
    mapped = in_graph(name, size, spatial_squeeze=False, **kwargs)
    assert mapped.output[1] == mapped.output[2] == 2
    pooled = in_graph(name, size, global_pool=True, **kwargs)
    assert pooled.output == [None, CLASSES]
    assert list(pooled.end_points)[-2:] == ["global_pool", f"{name}/fc8"]
    assert pooled.end_points["global_pool"] == [None, 1, 1, 4096]
    assert pooled.variables == mapped.variables


def test_same_padding_keeps_the_map_of_vgg():
    graph = in_graph("vgg_16", 224, spatial_squeeze=False, num_classes=CLASSES)
    assert graph.output == [None, 7, 7, CLASSES]


def test_vgg_aliases():
    assert slim.nets.vgg.vgg_d is slim.nets.vgg.vgg_16
    assert slim.nets.vgg.vgg_e is slim.nets.vgg.vgg_19
