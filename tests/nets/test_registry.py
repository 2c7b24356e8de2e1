"""Nets by name: `names`, `spec`, `create`, `get_network_fn`, `register`."""

from __future__ import annotations

import dataclasses
import fnmatch
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import BUILT, NETS, image_shape, images
from tests.nets.test_reference import CLASSES as RECORDED_CLASSES
from tests.nets.test_reference import recorded
from tf_slim.nets import _registry

every_net = pytest.mark.parametrize("name", sorted(NETS))


def test_names():
    assert slim.nets.names("vgg*") == ["vgg_16", "vgg_19", "vgg_a"]
    assert slim.nets.names("*cifar*") == ["cifarnet", "nasnet_cifar"]
    assert slim.nets.names("no such net") == []
    assert slim.nets.names() == sorted(slim.nets.names())


@pytest.mark.parametrize(
    ("name", "near"),
    [("vgg16", "'vgg_16'"), ("LeNet", "'lenet'"), ("alexnet", "'alexnet_v2'")],
)
@pytest.mark.parametrize(
    "look_up", [slim.nets.spec, slim.nets.create, lambda name: slim.nets.get_network_fn(name, 10)]
)
def test_an_unknown_name_gets_the_closest_ones(look_up, name, near):
    with pytest.raises(ValueError, match=f"no net '{name}'. Did you mean .*{near}.*Known: alexnet"):
        look_up(name)


@every_net
def test_spec(name):
    spec = slim.nets.spec(name)
    assert spec.name == name
    assert spec.paper
    assert spec.preprocessing in slim.data.preprocessing.names()
    assert spec.num_classes in (10, 400, 1000, 1001)
    assert isinstance(spec.weight_decay, float)
    if "nasnet" not in name:  # whose variables are at the root
        assert spec.keywords["scope"] == spec.logits_scopes[0].partition("/")[0]
    assert "is_training" in spec.keywords
    assert "num_classes" not in spec.keywords and "inputs" not in spec.keywords
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.__setattr__("name", "other")


@pytest.mark.parametrize("name", sorted(set(recorded("research_slim")) & set(NETS)))
def test_logits_patterns_match_what_depends_on_the_classes(name):
    rows = recorded("research_slim")[name]["train"]["variables"]
    spec = slim.nets.spec(name)
    matched = [
        key for key, _ in rows if any(fnmatch.fnmatchcase(key, one) for one in spec.logits_patterns)
    ]
    heads = [key for key, shape in rows if shape[-1:] == [RECORDED_CLASSES]]
    assert heads and set(heads) <= set(matched)
    others = set(matched) - set(heads)
    assert all(key.startswith(spec.auxiliary_scopes) for key in others)


@pytest.mark.parametrize(
    ("name", "weight_decay"),
    [
        ("lenet", 0.0),
        ("cifarnet", 0.004),
        ("alexnet_v2", 5e-4),
        ("overfeat", 5e-4),
        ("vgg_a", 5e-4),
    ],
)
def test_own_weight_decay(name, weight_decay):
    assert slim.nets.spec(name).weight_decay == weight_decay


def _weights(model):
    return [v.numpy() for key, v in model.named_variables.items() if key.endswith("weights")]


def _l2(weights):
    return 0.5 * sum(float(np.sum(np.square(w, dtype=np.float64))) for w in weights)


def test_weight_decay_reaches_the_losses():
    model = slim.nets.create("lenet", weight_decay=0.1).build([1, 8, 8, 1])
    assert len(model.losses) == 4
    np.testing.assert_allclose(sum(model.losses), 0.1 * _l2(_weights(model)), rtol=1e-5)


def test_without_one_given_the_weight_decay_is_the_nets_own():
    model = slim.nets.create("cifarnet").build([1, 8, 8, 3])
    regularized = [v for v in _weights(model) if v.ndim == 2][:2]
    assert len(model.losses) == 2
    np.testing.assert_allclose(sum(model.losses), 0.004 * _l2(regularized), rtol=1e-5)
    assert slim.nets.create("lenet").build([1, 8, 8, 1]).losses == []


def test_no_weight_decay():
    assert slim.nets.create("cifarnet", weight_decay=0.0).build([1, 8, 8, 3]).losses == []


def test_the_scope_around_create_does_not_leak_in():
    with slim.arg_scope([slim.conv2d], activation_fn=None, weights_regularizer=None):
        model = slim.nets.create("lenet", weight_decay=1.0)
    assert len(model.build([1, 8, 8, 1]).losses) == 4


def test_the_number_of_classes():
    x = images("lenet")
    assert slim.nets.create("lenet")(x)[0].shape == [2, 10]
    assert slim.nets.create("lenet", 7)(x)[0].shape == [2, 7]
    features, end_points = slim.nets.create("lenet", num_classes=0)(x)
    assert features is end_points["fc3"]


def test_is_training_is_left_to_the_call():
    model = slim.nets.create("lenet")
    assert model.accepts("is_training")
    assert not model.accepts("num_classes")
    assert not slim.nets.create("lenet", is_training=False).accepts("is_training")


def test_keywords_of_the_net_are_kept():
    x = images("lenet")
    model = slim.nets.create("lenet", scope="digits", dropout_keep_prob=1.0)
    np.testing.assert_array_equal(model(x, is_training=True)[0], model(x, is_training=False)[0])
    assert model.variables[0].name == "digits/conv1/weights:0"


def test_an_unknown_keyword_is_refused_at_once():
    with pytest.raises(TypeError) as caught:
        slim.nets.create("vgg_16", droput_keep_prob=0.8)
    for part in ("'vgg_16'", "'droput_keep_prob'", "Did you mean 'dropout_keep_prob'?"):
        assert part in str(caught.value)
    for keyword in ("num_classes", "weight_decay", "fc_conv_padding", "global_pool", "is_training"):
        assert keyword in str(caught.value).partition("It has:")[2]
    with pytest.raises(TypeError, match="no keyword 'fc_conv_padding'"):
        slim.nets.create("lenet", fc_conv_padding="SAME")


def test_a_checkpoint_of_other_classes(tmp_path):
    x = images("lenet")
    trained = slim.nets.create("lenet", 10).build(x)
    path = trained.save(tmp_path / "lenet.ckpt")
    tuned = slim.nets.create("lenet", 3).build(x)
    tuned.restore(path, exclude=slim.nets.spec("lenet").logits_patterns)
    np.testing.assert_array_equal(
        tuned(x, is_training=False)[1]["fc3"], trained(x, is_training=False)[1]["fc3"]
    )


class TestGetNetworkFn:
    def test_it_takes_the_images_alone(self):
        network_fn = slim.nets.get_network_fn("lenet", 5)
        assert network_fn.__name__ == "lenet"
        assert network_fn.default_image_size == 28
        logits, _ = network_fn(images("lenet"))
        assert logits.shape == [2, 5]
        assert slim.get_model_variables("LeNet")

    def test_the_default_image_size_is_always_there(self):
        for name in slim.nets.names():
            network_fn = slim.nets.get_network_fn(name, 5)
            assert network_fn.default_image_size == slim.nets.spec(name).image_size

    @pytest.mark.parametrize("num_classes", [0, None])
    def test_features(self, num_classes):
        features, end_points = slim.nets.get_network_fn("lenet", num_classes)(images("lenet"))
        assert features is end_points["fc3"]

    @pytest.mark.parametrize(("weight_decay", "losses"), [({}, 0), (0.5, 2), (None, 2)])
    def test_weight_decay(self, weight_decay, losses):
        given = {} if weight_decay == {} else {"weight_decay": weight_decay}
        with tf.Graph().as_default():
            slim.nets.get_network_fn("cifarnet", 5, **given)(images("cifarnet"))
            found = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.REGULARIZATION_LOSSES)
        assert len(found) == losses

    def test_is_training(self):
        x = images("lenet")
        testing = slim.Model(slim.nets.get_network_fn("lenet", 5, is_training=False))
        np.testing.assert_array_equal(testing(x)[0], testing(x)[0])
        training = slim.Model(slim.nets.get_network_fn("lenet", 5, is_training=True))
        assert np.any(training(x)[0].numpy() != training(x)[0].numpy())

    def test_a_call_has_the_last_word(self):
        model = slim.Model(slim.nets.get_network_fn("lenet", 5, is_training=True))
        x = images("lenet")
        np.testing.assert_array_equal(
            model(x, is_training=False)[0], model(x, is_training=False)[0]
        )
        assert model(x, scope="other")[0].shape == [2, 5]


def _tiny_arg_scope(weight_decay=0.25):
    with slim.arg_scope(
        [slim.fully_connected], weights_regularizer=slim.l2_regularizer(weight_decay)
    ) as scope:
        return scope


@pytest.fixture
def empty_registry(monkeypatch):
    monkeypatch.setattr(_registry, "_SPECS", dict(_registry._SPECS))


def _tiny(images, num_classes=4, is_training=True, scope="tiny"):
    del is_training
    with slim.scope(scope):
        return slim.fully_connected(slim.flatten(images), num_classes, scope="logits"), {}


def _register(fn, name, module):
    fn.__name__, fn.__module__ = name, module
    return slim.nets.register(
        arg_scope=_tiny_arg_scope, image_size=8, logits_scopes=["tiny/logits"]
    )(fn)


@pytest.mark.usefixtures("empty_registry")
class TestRegister:
    def test_a_new_net(self):
        assert _register(_tiny, "tiny", "mine") is _tiny
        assert "tiny" in slim.nets.names()
        assert slim.nets.spec("tiny").weight_decay == 0.25
        model = slim.nets.create("tiny").build([1, 8, 8, 3])
        assert [v.shape.as_list() for v in model.variables] == [[192, 4], [4]]
        assert len(model.losses) == 1

    def test_a_net_may_take_any_keyword(self):
        def free(images, num_classes=4, **kwargs):
            return _tiny(images, num_classes, **kwargs)

        _register(free, "free", "mine")
        assert slim.nets.create("free", scope="other")(tf.zeros([1, 8, 8, 3]))[0].shape == [1, 4]

    def test_a_fork_takes_the_place_of_the_net_it_copies(self):
        with pytest.warns(UserWarning, match="'lenet' of my_fork takes the place.*tf_slim"):
            _register(_tiny, "lenet", "my_fork")
        assert slim.nets.spec("lenet").fn is _tiny

    def test_a_reloaded_module_may_register_again(self, recwarn):
        _register(_tiny, "tiny", "mine")
        _register(_tiny, "tiny", "mine")
        assert not recwarn


def _home(name):
    """The file of a net, without the folder of the nets: "vgg", "mobilenet.mobilenet_v2"."""
    return slim.nets.spec(name).fn.__module__.removeprefix("tf_slim.nets.")


# One net of each family that is one file; the others are folders.
FORKED = {_home(name): name for name in BUILT if "." not in _home(name)}


@pytest.mark.usefixtures("empty_registry")
@pytest.mark.parametrize("family", FORKED)
def test_a_file_can_be_copied_out_and_changed(family):
    source = pathlib.Path(slim.nets.__file__).parent / f"{family}.py"
    program = compile(source.read_text(encoding="utf-8"), "my_net.py", "exec")
    ours = [name for name in NETS if _home(name) == family]
    with pytest.warns(UserWarning, match="of my_net takes the place"):
        exec(program, {"__name__": "my_net"})
    assert sorted(ours) == [name for name in slim.nets.names() if _home(name) == "my_net"]
    name = FORKED[family]
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, *image_shape(name)])
        features, _ = slim.nets.spec(name).fn(x, None, **NETS[name].kwargs)
    assert features.shape[-1] == NETS[name].features
