"""`slim.nets.dialects`: one function under several conventions; strides turned into dilation."""

from __future__ import annotations

import inspect
import pickle

import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import dilation
from tf_slim.nets.dialects import Call, adapted


def net(images, classes=10, scope="net", reuse=None, *, units=1, **kwargs):
    """A net.

    More of it.
    """
    return (images, classes, scope, reuse, units, kwargs), {"pool": 1, "logits": 2}


def parameters(function):
    return list(inspect.signature(function).parameters)


def test_a_function_is_left_as_it_is():
    same = adapted(net, Call())
    assert inspect.signature(same) == inspect.signature(net)
    assert same(1, 2, units=3, extra=4)[0] == (1, 2, "net", None, 3, {"extra": 4})
    assert (same.__name__, same.__doc__) == ("net", net.__doc__)


def test_the_order_of_arguments():
    other = adapted(net, Call(before={"reuse": "scope"}))
    assert parameters(other) == ["images", "classes", "reuse", "scope", "units", "kwargs"]
    assert other(1, 2, True, "other")[0][:4] == (1, 2, "other", True)
    assert parameters(adapted(other, Call(before={"scope": "reuse"})))[2:4] == ["scope", "reuse"]


def test_the_last_arguments_are_those_that_are_there():
    def few(a, b=1, c=2):
        return a, b, c

    assert parameters(adapted(few, Call(last=["b", "missing"]))) == ["a", "c", "b"]
    assert adapted(few, Call(last=["b", "missing"]))(0, 5) == (0, 1, 5)


def test_defaults_and_what_is_fixed():
    member = adapted(
        net, Call(defaults={"scope": "big"}, fixed={"units": 50}), name="big", summary="A big net."
    )
    assert parameters(member) == ["images", "classes", "scope", "reuse", "kwargs"]
    assert member(1)[0] == (1, 10, "big", None, 50, {})
    assert member(1, scope="mine")[0][2] == "mine"
    assert (member.__name__, member.__qualname__) == ("big", "big")
    assert member.__doc__.splitlines()[:3] == ["A big net.", "", "    More of it."]


def test_what_is_required():
    builder = adapted(net, Call(required=["classes"]))
    with pytest.raises(TypeError, match="classes"):
        builder(1)
    assert builder(1, 2)[0][1] == 2


def test_end_points_that_a_dialect_does_not_have():
    assert adapted(net, Call(without=["pool", "none"]))(1)[1] == {"logits": 2}


def test_the_size_of_images():
    sized = adapted(net, Call(image_size=32))
    assert sized.default_image_size == 32
    assert adapted(sized, Call()).default_image_size == 32
    assert not hasattr(adapted(sized, Call(image_size=None)), "default_image_size")


@pytest.mark.parametrize("name", ["vgg_16", "mobilenet_v1_050", "nasnet_large", "mobilenet_v2"])
def test_a_member_of_a_family_is_pickled_by_name(name):
    function = slim.nets.spec(name).fn
    assert pickle.loads(pickle.dumps(function)) is function


def test_a_scope_for_the_written_function_holds_for_the_others():
    @slim.add_arg_scope
    def layer(x, a=1, b=2):
        return x, a, b

    with slim.arg_scope([layer], a=5, b=6):
        assert adapted(layer, Call(defaults={"b": 7}))(0) == (0, 5, 7)


def test_resnets_of_both_dialects():
    images = tf.zeros([1, 33, 33, 3])
    net, end_points = slim.nets.resnet_v1.resnet_v1_18(images, 3, scope="contrib")
    assert net.shape == [1, 1, 1, 3] and "global_pool" not in end_points
    net, end_points = slim.nets.spec("resnet_v1_18").fn(images, 3, scope="whole")
    assert net.shape == [1, 3] and "global_pool" in end_points


@pytest.mark.parametrize(
    ("output_stride", "steps"),
    [
        (None, [(2, 1), (2, 1), (1, 1), (2, 1), (1, 1)]),
        (4, [(2, 1), (2, 1), (1, 1), (1, 1), (1, 2)]),
        (2, [(2, 1), (1, 1), (1, 2), (1, 2), (1, 4)]),
        (1, [(1, 1), (1, 2), (1, 4), (1, 4), (1, 8)]),
    ],
)
def test_strides_become_dilation(output_stride, steps):
    step = dilation(output_stride)
    assert [step(stride) for stride in (2, 2, 1, 2, 1)] == steps
