"""Every net in a v1 graph, at its full width: nothing is computed there."""

from __future__ import annotations

import fnmatch

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import BUILT, CLASSES, COMPUTED, NETS, image_shape, in_graph

each_built = pytest.mark.parametrize("name", BUILT)
each_computed = pytest.mark.parametrize("name", COMPUTED)


def test_the_table_is_complete():
    assert sorted(NETS) == slim.nets.names()


def test_nets_of_the_same_code_are_of_the_same_file():
    for name, row in NETS.items():
        if row.like is not None:
            homes = {slim.nets.spec(one).fn.__module__.split(".")[2] for one in (name, row.like)}
            assert len(homes) == 1, name
            assert NETS[row.like].like is None


@each_built
def test_logits_and_features(name):
    row, spec = NETS[name], slim.nets.spec(name)
    features, logits = in_graph(name, num_classes=None), in_graph(name, num_classes=CLASSES)
    assert logits.output == [None, CLASSES]
    assert features.output[-1] == row.features
    common = [key for key in logits.variables if key in features.variables]
    assert common == list(features.variables)
    # What exists only with classes is what a checkpoint of other classes must leave alone.
    heads = [key for key in logits.variables if key not in features.variables]
    assert heads == [
        key
        for key in logits.variables
        if any(fnmatch.fnmatchcase(key, pattern) for pattern in spec.logits_patterns)
    ]
    assert any(logits.variables[key][-1] == CLASSES for key in heads)
    common = [key for key in logits.end_points if key in features.end_points]
    assert common == list(features.end_points)


@each_computed
def test_no_classes_are_no_classes(name):
    assert in_graph(name, num_classes=0) == in_graph(name, num_classes=None)


@pytest.mark.parametrize("name", ["lenet", "vgg_a", "resnet_v1_18"])
def test_the_logits_are_as_many_as_the_classes(name):
    few, many = in_graph(name, num_classes=CLASSES), in_graph(name, num_classes=5)
    patterns = slim.nets.spec(name).logits_patterns
    changed = [key for key in few.variables if few.variables[key] != many.variables[key]]
    assert changed == [
        key for key in few.variables if any(fnmatch.fnmatchcase(key, one) for one in patterns)
    ]


@each_computed
def test_its_own_image_size(name):
    spec = slim.nets.spec(name)
    graph = in_graph(name, spec.image_size, **_plain(name))
    assert graph.output == [None, spec.num_classes]


@each_computed
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


@each_computed
def test_another_scope_renames_the_variables(name):
    usual = in_graph(name, num_classes=CLASSES)
    other = in_graph(name, num_classes=CLASSES, scope="trunk")
    old = next(iter(usual.variables)).partition("/")[0]
    renamed = [key.replace(old + "/", "trunk/", 1) for key in usual.variables]
    assert list(other.variables) == renamed


_FLATTEN = ("cifarnet", "lenet")


@pytest.mark.usefixtures("v1_shapes")
@pytest.mark.parametrize("name", [name for name in BUILT if name not in _FLATTEN])
def test_unknown_sizes_with_v1_shapes(name):
    logits, count = _of_unknown_sizes(name)
    assert logits.shape.as_list() == [None, CLASSES]
    assert count == len(in_graph(name, num_classes=CLASSES).variables)


@pytest.mark.usefixtures("v1_shapes")
@pytest.mark.parametrize("name", _FLATTEN)
def test_a_flattened_map_must_be_known(name):
    with pytest.raises(ValueError, match=r"fc3.*whose channels .* are known"):
        _of_unknown_sizes(name)


def _of_unknown_sizes(name):
    spec = slim.nets.spec(name)
    *others, channels = spec.input_shape
    with tf.Graph().as_default(), slim.arg_scope(spec.arg_scope()):
        x = tf.compat.v1.placeholder(tf.float32, [*([None] * len(others)), channels])
        options = {**spec.defaults, "num_classes": CLASSES, "is_training": True}
        logits, _ = spec.fn(x, **options)
        return logits, len(tf.compat.v1.global_variables())


def _plain(name):
    """The keywords of the table undone: as the function has them by default."""
    keywords = slim.nets.spec(name).keywords
    return {key: keywords[key] for key in NETS[name].kwargs}


def test_output_stride():
    """The last map is 1/8 of the image, not 1/32, with the same variables."""
    usual = in_graph("resnet_v1_18", num_classes=None, global_pool=False)
    dense = in_graph("resnet_v1_18", num_classes=None, global_pool=False, output_stride=8)
    assert usual.output[1:3] == [1, 1]
    assert dense.output[1:3] == [4, 4]
    assert dense.variables == usual.variables


@pytest.mark.parametrize(
    ("name", "size"), [("alexnet_v2", 256), ("overfeat", 281), ("vgg_a", 256), ("vgg_16", 256)]
)
def test_larger_images(name, size):
    kwargs = _plain(name) | {"num_classes": CLASSES}
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
