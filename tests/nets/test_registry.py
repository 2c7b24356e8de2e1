"""Nets by name: `names`, `spec`, `create`, `get_network_fn`, `register`."""

from __future__ import annotations

import contextlib
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


def _tiny(images, num_classes=4, is_training=True, scope="tiny"):
    del is_training
    with slim.scope(scope):
        return slim.fully_connected(slim.flatten(images), num_classes, scope="logits"), {}


def _register(fn, name, module):
    fn.__name__, fn.__module__ = name, module
    return slim.nets.register(
        arg_scope=_tiny_arg_scope, image_size=8, logits_scopes=["tiny/logits"]
    )(fn)


@pytest.mark.usefixtures("own_registry")
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


def _trunk(images, scope="trunk"):
    """A net of features alone: no classes, and nothing that is different in training."""
    with slim.scope(scope):
        fine = slim.conv2d(images, 3, 3, stride=2, scope="fine")
        return {"fine": fine, "coarse": slim.conv2d(fine, 5, 3, stride=2, scope="coarse")}


@pytest.mark.usefixtures("own_registry")
class TestWithoutClasses:
    @pytest.fixture(autouse=True)
    def trunk(self, own_registry):
        _register(_trunk, "trunk", "mine")

    def test_its_spec(self):
        spec = slim.nets.spec("trunk")
        assert spec.num_classes is None
        assert spec.keywords == {"scope": "trunk"}

    @pytest.mark.parametrize("mode", ["eager", "function", "v1"])
    def test_it_is_made_by_name(self, mode):
        def shapes():
            model = slim.nets.create("trunk", scope="other")
            call = tf.function(model) if mode == "function" else model
            maps = call(tf.zeros([1, 8, 8, 3]))
            assert len(model.variables) == 4
            return {key: value.shape.as_list() for key, value in maps.items()}

        with tf.Graph().as_default() if mode == "v1" else contextlib.nullcontext():
            assert shapes() == {"fine": [1, 4, 4, 3], "coarse": [1, 2, 2, 5]}

    @pytest.mark.parametrize("classes", [{}, {"num_classes": None}, {"num_classes": 0}])
    def test_some_of_its_features(self, classes):
        model = slim.nets.create("trunk", features=["coarse"], **classes)
        assert list(model(tf.zeros([1, 8, 8, 3]))) == ["coarse"]

    def test_as_a_function_of_the_images(self):
        network = slim.nets.get_network_fn("trunk", None, is_training=True)
        assert list(network(tf.zeros([1, 8, 8, 3]))) == ["fine", "coarse"]

    def test_what_it_is_made_of(self):
        found = slim.model_analyzer.analyze_net("trunk")
        assert found.parameters == 3 * 9 * 3 + 3 + 3 * 9 * 5 + 5
        assert dict(found.end_points)["coarse"] == "(float32 1x2x2x5)"

    @pytest.mark.parametrize(
        "make", [slim.nets.create, slim.nets.get_network_fn], ids=["create", "get_network_fn"]
    )
    def test_it_takes_no_number_of_classes(self, make):
        with pytest.raises(TypeError, match="'trunk' has no classes.*got num_classes=7. Leave it"):
            make("trunk", 7)

    def test_none_can_be_registered_with_it(self):
        with pytest.raises(ValueError, match="'_trunk' has no argument num_classes; got .*=7"):
            slim.nets.register(
                arg_scope=_tiny_arg_scope, image_size=8, num_classes=7, name="_trunk"
            )(_trunk)

    def test_a_run_of_it_is_loaded(self, tmp_path):
        model = slim.nets.create("trunk").build(tf.TensorSpec([None, 8, 8, 3]))

        def loss(maps, labels):
            return tf.reduce_mean(tf.square(tf.reduce_mean(maps["coarse"], [1, 2]) - labels))

        step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
        data = tf.data.Dataset.from_tensors((tf.ones([2, 8, 8, 3]), tf.zeros([2, 5])))
        slim.learning.fit(step, data, tmp_path, 1, hooks=[])
        again = slim.load(tmp_path).model
        for name, variable in model.named_variables.items():
            np.testing.assert_array_equal(again.named_variables[name], variable)


@pytest.mark.usefixtures("own_registry")
def test_a_number_of_classes_is_needed_where_the_function_takes_one():
    def head(images, num_classes):
        return slim.fully_connected(slim.flatten(images), num_classes)

    with pytest.raises(ValueError, match="'head' has no number of classes by default: pass"):
        _register(head, "head", "mine")


def test_features_of_a_net_without_end_points(own_registry):
    def bare(images, num_classes=3):
        return slim.fully_connected(slim.flatten(images), num_classes)

    _register(bare, "bare", "mine")
    with pytest.raises(ValueError, match="'bare', features=.*returns no end points"):
        slim.nets.create("bare", 3, features=["x"])(tf.zeros([1, 8, 8, 3]))


def _home(name):
    """The file of a net, without the folder of the nets: "vgg", "mobilenet.mobilenet_v2"."""
    return slim.nets.spec(name).fn.__module__.removeprefix("tf_slim.nets.")


# One net of each family that is one file; the others are folders.
FORKED = {_home(name): name for name in BUILT if "." not in _home(name)}


@pytest.mark.usefixtures("own_registry")
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
