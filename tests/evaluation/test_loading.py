"""`slim.load`, and what `fit` writes down for it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import runs
from tf_slim.learning import description

SPEC = dataclasses.replace(slim.data.get_dataset("digits", "train"), preprocessing="digits")


def tiny(images, num_classes=10, is_training=False):
    with slim.scope("tiny"):
        net = slim.conv2d(images, 4, 3, stride=2, scope="conv")
        return slim.fully_connected(tf.reduce_mean(net, [1, 2]), num_classes, scope="logits")


def fitted(model, logdir, dataset=None, steps=1):
    data = slim.data.Pipeline(SPEC, 16, is_training=True) if dataset is None else dataset
    if not model.variables:
        model.build(tf.TensorSpec([None, 8, 8, 1]))
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    return slim.learning.fit(step, data, logdir, steps, hooks=[])


@pytest.fixture(scope="module")
def lenet_run(tmp_path_factory):
    """A run of a net with a name. Only to be read."""
    folder = str(tmp_path_factory.mktemp("runs") / "lenet")
    model = slim.nets.create("lenet", 10, weight_decay=0.001)
    fitted(model, folder, steps=2)
    return folder, model


@pytest.fixture
def copied(lenet_run, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(lenet_run[0], str(tmp_path / "run"))


def test_a_run_is_loaded_with_all_that_there_is_to_know(lenet_run):
    folder, trained = lenet_run
    run = slim.load(folder)
    assert run.labels == tuple(SPEC.labels_to_names[i] for i in range(10))
    assert (run.image_size, run.channels, run.multi_label) == ((8, 8), 1, False)
    assert (run.step, run.data) == (2, "digits")
    assert run.checkpoint == os.path.join(folder, "model.ckpt-2")
    assert run.history == slim.learning.read_history(folder)
    assert dict(run.model.origin.kwargs) == {"weight_decay": 0.001}
    image = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    preprocess = slim.data.preprocessing.get_preprocessing("digits", (8, 8))
    seed = tf.constant([0, 0])
    np.testing.assert_array_equal(
        run.preprocess(image, is_training=False, seed=seed),
        preprocess(image, is_training=False, seed=seed),
    )
    x = np.random.rand(2, 8, 8, 1).astype(np.float32)
    np.testing.assert_array_equal(run.model(x)[0], trained(x)[0])


@pytest.mark.parametrize("quantize", [True, {"per_channel": False, "delay": 3}])
def test_a_run_knows_how_it_is_quantized(tmp_path, quantize):
    model = slim.nets.create("lenet", 10, quantize=quantize)
    fitted(model, str(tmp_path), steps=1)
    run = slim.load(str(tmp_path))
    assert run.model.quantization == ({} if quantize is True else quantize)
    x = np.random.rand(2, 8, 8, 1).astype(np.float32)
    np.testing.assert_array_equal(run.model(x)[0], model(x)[0])
    config = runs.config_to_evaluate(str(tmp_path), [])
    assert (config.model.quantize, config.model.quantize_options) == (True, run.model.quantization)


def test_the_best_checkpoint_is_taken_if_one_is_marked(copied):
    first = os.path.join(copied, "model.ckpt-0")
    slim.checkpoints.mark_best(first, 0.5, "accuracy")
    assert slim.load(copied).checkpoint == first
    assert slim.load(copied, "best").step == 0
    assert slim.load(copied, "latest").step == 2
    assert slim.load(copied, "model.ckpt-2").step == 2
    assert slim.load(copied, os.path.join(copied, "model.ckpt-2")).step == 2


def test_averages_of_weights_stand_in_for_the_weights(copied):
    path = os.path.join(copied, "model.ckpt-2")
    values = slim.checkpoints.load(path)
    name = "LeNet/conv1/weights"
    values[f"{name}/ExponentialMovingAverage"] = np.full_like(values[name], 7.0)
    slim.checkpoints.save(path, values)
    weights = slim.load(copied).model.named_variables
    assert (weights[name].numpy() == 7.0).all()
    np.testing.assert_array_equal(weights["LeNet/conv2/weights"], values["LeNet/conv2/weights"])


def test_a_run_of_the_command_from_before_is_loaded_by_its_configuration(copied):
    os.remove(os.path.join(copied, description.FILE_NAME))
    with open(os.path.join(copied, "config.toml"), "w", encoding="utf-8") as file:
        file.write(
            '[model]\nname = "lenet"\nnum_classes = 10\nweight_decay = 0.0\nkwargs = {}\n'
            '[data]\nname = "digits"\nfiles = []\ntrain_split = "train"\nimage_size = [8, 8]\n'
            'preprocessing = "digits"\nchannels = 3\n'
        )
    run = slim.load(copied)
    assert (run.image_size, run.channels, run.data) == ((8, 8), 1, "digits")
    assert run.labels[3] == "three"
    assert run.preprocess is not None


def test_the_net_of_a_user_is_passed(tmp_path):
    folder = str(tmp_path / "run")
    trained = slim.Model(tiny)
    fitted(trained, folder)
    with pytest.raises(slim.evaluation.LoadError, match=r"test_loading:tiny.*model=slim.Model"):
        slim.load(folder)
    run = slim.load(folder, model=slim.Model(tiny))
    assert run.labels[0] == "zero"
    x = np.random.rand(2, 8, 8, 1).astype(np.float32)
    np.testing.assert_array_equal(run.model(x), trained(x))


def test_of_a_dataset_the_size_of_the_images_is_known(tmp_path):
    images = np.zeros([4, 8, 8, 1], np.float32)
    data = tf.data.Dataset.from_tensor_slices((images, np.zeros([4], np.int64))).batch(2)
    fitted(slim.nets.create("lenet", 10), tmp_path / "run", data)
    run = slim.load(tmp_path / "run")
    assert (run.image_size, run.channels, run.labels, run.preprocess) == ((8, 8), 1, None, None)


def test_what_no_file_can_hold_is_named(tmp_path):
    model = slim.nets.create("resnet_v1_18", 10, global_pool=True)
    model.origin = dataclasses.replace(
        model.origin, kwargs={**model.origin.kwargs, "activation": tf.nn.relu, "global_pool": True}
    )
    data = slim.data.Pipeline(SPEC, 2)
    found = description.describe(model, data)
    assert found.unwritten == ("activation",)
    assert found.kwargs == {"global_pool": True}
    description.write(str(tmp_path), found)
    slim.checkpoints.save(tmp_path / "model.ckpt-1", {"w": np.zeros(1)})
    with pytest.raises(slim.evaluation.LoadError, match="made with activation"):
        slim.load(tmp_path)


def test_what_was_known_is_kept_when_a_run_goes_on_with_less(copied):
    before = description.read(copied)
    less = dataclasses.replace(before, data=None, labels=None, preprocessing=None)
    description.write(copied, less)
    assert description.read(copied) == before
    own = dataclasses.replace(less, preprocess="mine:crop")
    description.write(copied, own)
    after = description.read(copied)
    assert (after.preprocessing, after.preprocess, after.labels) == (
        None,
        "mine:crop",
        before.labels,
    )


def test_a_file_of_that_name_that_is_none_is_set_aside(copied):
    path = os.path.join(copied, description.FILE_NAME)
    with open(path, "w", encoding="utf-8") as file:
        file.write("notes of mine")
    with pytest.warns(UserWarning, match="set-aside-1"):
        description.write(copied, description.Description(net="lenet"))
    assert description.read(copied).net == "lenet"
    with open(f"{path}.set-aside-1", encoding="utf-8") as file:
        assert file.read() == "notes of mine"


def test_a_net_is_loaded_by_its_name_and_a_checkpoint(tmp_path):
    model = slim.nets.create("mobilenet_v1", 5, depth_multiplier=1.0)
    model.build(tf.TensorSpec([None, 32, 32, 3]))
    path = model.save(tmp_path / "mine.ckpt")
    run = slim.load("mobilenet_v1", path)
    assert run.image_size == (224, 224)
    assert run.description.num_classes == 5
    assert run.description.preprocessing == slim.nets.spec("mobilenet_v1").preprocessing
    run = slim.load("mobilenet_v1", path, labels=list("abcde"))
    assert run.labels == tuple("abcde")


def test_published_nets_have_the_names_of_imagenet(monkeypatch):
    from tf_slim.evaluation import published

    rows = [[(f"n{i}", f"class_{i}", 1.0)] for i in range(1000)]
    where = tf.keras.applications.imagenet_utils
    monkeypatch.setattr(where, "decode_predictions", lambda scores, top: rows)
    assert published.imagenet_names(1000)[:2] == ("class 0", "class 1")
    assert published.imagenet_names(1001)[:2] == ("background", "class 0")
    assert published.imagenet_names(5) is None

    def unreachable(scores, top):
        raise OSError("no network")

    monkeypatch.setattr(where, "decode_predictions", unreachable)
    with pytest.warns(UserWarning, match="no network"):
        assert published.imagenet_names(1000) is None


# ------------------------------------------------------------------------------- bad input

FAULTS = {
    "nowhere": ("no run folder", lambda folder: {"run": folder + "-elsewhere"}),
    "a folder beside it": ("Did you mean 'run'", lambda folder: {"run": folder[:-1] + "m"}),
    "near a net": ("Did you mean 'lenet'", lambda folder: {"run": "lenett"}),
    "a file": ("is a file", lambda folder: {"run": os.path.join(folder, "run.json")}),
    "no such checkpoint": ("model.ckpt-0", lambda folder: {"run": folder, "checkpoint": "x"}),
    "no best": ("was marked", lambda folder: {"run": folder, "checkpoint": "best"}),
    "never published": ("was published", lambda folder: {"run": "lenet"}),
    "labels": (
        "2 names of classes.*10",
        lambda folder: {"run": folder, "labels": ["cat", "dog"]},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_loaded(copied, fault):
    words, arguments = FAULTS[fault]
    with pytest.raises(ValueError, match=words):
        slim.load(**arguments(copied))


def changed(folder, **values):
    path = os.path.join(folder, description.FILE_NAME)
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**table, **values}, file)


DAMAGES = {
    "another number of classes": ({"num_classes": 4, "labels": None}, "lenet of 4 classes"),
    "labels of another number": ({"labels": ["a"] * 11}, "11 names of classes.*10"),
    "an unknown net": ({"net": "mynet", "function": "mine:net"}, "not registered.*mine:net"),
    "a later version": ({"version": 99}, "later release"),
    "an argument that it has not": ({"kwargs": {"depth": 3}}, "no keyword 'depth'"),
    "a label that is no text": ({"labels": [1]}, "labels cannot be"),
    "a size that is none": ({"image_size": [0, 8]}, "image_size cannot be"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_description_that_disagrees(copied, damage):
    values, words = DAMAGES[damage]
    changed(copied, **values)
    with pytest.raises(ValueError, match=words):
        slim.load(copied)


def test_an_empty_folder_and_one_without_a_checkpoint(tmp_path, copied):
    with pytest.raises(slim.evaluation.LoadError, match="neither a description nor a checkpoint"):
        slim.load(tmp_path)
    for name in os.listdir(copied):
        if name.startswith("model.ckpt"):
            os.remove(os.path.join(copied, name))
    with pytest.raises(slim.checkpoints.CheckpointError, match="has not been trained"):
        slim.load(copied)


def test_a_run_that_does_not_say_of_which_net(copied):
    os.remove(os.path.join(copied, description.FILE_NAME))
    with pytest.raises(slim.evaluation.LoadError, match="model=model"):
        slim.load(copied)
    run = slim.load(copied, model=slim.nets.create("lenet", 10).build([None, 8, 8, 1]))
    assert (run.labels, run.preprocess) == (None, None)
