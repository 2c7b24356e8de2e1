"""`slim.nets.create`: features, heads, and checkpoints, published and one's own."""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
import shutil
import tarfile

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import images
from tests.ops import loopback
from tf_slim.nets import _fetch, _published
from tf_slim.ops import downloads

# --------------------------------------------------------------------------------- features


def test_features_by_name():
    trunk = slim.nets.create("lenet", features=["pool2", "conv1"])
    x = images("lenet")
    maps = trunk(x, is_training=False)
    assert list(maps) == ["pool2", "conv1"]
    assert [v.name for v in trunk.variables][-1] == "LeNet/fc3/biases:0", "no head was asked for"
    assert trunk.accepts("is_training")
    again = tf.function(trunk)(x, is_training=False)
    for key, value in maps.items():
        np.testing.assert_allclose(again[key], value, rtol=1e-5, atol=1e-6)


def test_features_by_glob_come_in_the_order_of_the_net():
    maps = slim.nets.create("lenet", features=["pool*", "conv?"])(images("lenet"))
    assert list(maps) == ["pool1", "pool2", "conv1", "conv2"]


def test_features_beside_logits():
    model = slim.nets.create("lenet", 5, features=["fc3", "Predictions"])
    logits, maps = model(images("lenet"))
    assert logits.shape == maps["Predictions"].shape == [2, 5]


def test_short_names_are_the_outermost():
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 32, 32, 3])
        model = slim.nets.create("resnet_v1_18", features=["block2", "block?", "conv1"])
        maps = model(x, is_training=False)
    scope = "resnet_v1_18"
    blocks = [f"{scope}/block{n}" for n in range(1, 5)]
    assert list(maps) == ["block2", *blocks, "conv1"]
    assert maps["block2"] is maps[f"{scope}/block2"]
    assert maps["conv1"].shape.as_list() == [None, 16, 16, 64]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["pool3"], r"lenet has no end point 'pool3'. Did you mean 'pool[12]'.*It has: conv1, "),
        (["x*"], r"no end point 'x\*'.*With num_classes there are those of the logits"),
    ],
)
def test_unknown_features(features, message):
    with pytest.raises(ValueError, match=message):
        slim.nets.create("lenet", features=features)(images("lenet"))


def test_an_ambiguous_feature():
    from tf_slim.nets import _features

    with pytest.raises(ValueError, match=r"several end points 'c': a/c, b/c.*'\*/c'"):
        _features.select("net", {"a/c": 1, "b/c": 2, "a/b/c": 3}, ["c"], True)


def test_features_are_a_list():
    with pytest.raises(TypeError, match=r"list of names; got 'pool1'. Write \['pool1'\]"):
        slim.nets.create("lenet", features="pool1")


@pytest.mark.parametrize("features", [3, [3], ["pool1", None]])
def test_features_are_names(features):
    with pytest.raises(TypeError, match=r"lenet.*names of end points.*pool.*got (3|None)"):
        slim.nets.create("lenet", features=features)


def test_heads_on_inner_layers():
    trunk = slim.nets.create("lenet", features=["pool1", "pool2"])

    def heads(x, is_training=True):
        maps = trunk(x, is_training=is_training)
        return [
            slim.fully_connected(tf.reduce_mean(m, [1, 2]), 5, scope=f"head_{key}")
            for key, m in maps.items()
        ]

    model = slim.Model(heads)
    x = images("lenet")
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_mean(head) for head in model(x))
    gradients = tape.gradient(loss, [model.named_variables["LeNet/conv1/weights"]])
    assert np.any(gradients[0].numpy() != 0)
    assert {"head_pool1/weights", "head_pool2/weights", "LeNet/fc3/weights"} <= set(
        model.named_variables
    )


def test_no_classes_are_features():
    x = images("lenet")
    for classes in (None, 0):
        features, end_points = slim.nets.create("lenet", classes)(x)
        assert features is end_points["fc3"]


def test_precision_by_name():
    assert slim.nets.create("lenet", 10, precision="mixed_bfloat16").precision == "mixed_bfloat16"
    with pytest.raises(ValueError, match="mixed_bfloat16"):
        slim.nets.create("lenet", 10, precision="bfloat17")


# ------------------------------------------------------------------------- one's own checkpoint


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A trained net: (model, path of its checkpoint)."""
    model = slim.nets.create("lenet", 10).build([None, 28, 28, 1])
    return model, model.save(tmp_path_factory.mktemp("run") / "model.ckpt")


def _weights(model, name):
    return model.named_variables[name].numpy()


def test_a_checkpoint_is_restored(trained):
    model, path = trained
    for given in (path, pathlib.Path(path)):
        again = slim.nets.create("lenet", checkpoint=given)
        for name, variable in model.named_variables.items():
            np.testing.assert_array_equal(_weights(again, name), variable)


def test_other_classes_leave_the_logits_alone(trained):
    model, path = trained
    tuned = slim.nets.create("lenet", 3, checkpoint=path)
    assert _weights(tuned, "LeNet/fc4/weights").shape == (1024, 3)
    np.testing.assert_array_equal(
        _weights(tuned, "LeNet/fc3/weights"), _weights(model, "LeNet/fc3/weights")
    )


def test_features_of_a_checkpoint(trained):
    model, path = trained
    trunk = slim.nets.create("lenet", features=["fc3"], checkpoint=path)
    x = images("lenet")
    expected = trunk(tf.image.resize(x, [28, 28]), is_training=False)["fc3"]
    got = model(tf.image.resize(x, [28, 28]), is_training=False)[1]["fc3"]
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_classes_that_nobody_asked_for_are_an_error(tmp_path):
    path = slim.nets.create("lenet", 3).build([None, 28, 28, 1]).save(tmp_path / "model.ckpt")
    with pytest.raises(slim.checkpoints.CheckpointError, match="LeNet/fc4/weights"):
        slim.nets.create("lenet", checkpoint=path)


def test_a_checkpoint_of_another_net(trained):
    with pytest.raises(ValueError, match="no checkpoint of 'cifarnet'.*looks like one of 'lenet'"):
        slim.nets.create("cifarnet", checkpoint=trained[1])


def test_a_checkpoint_of_nothing_known(tmp_path):
    path = slim.checkpoints.save(tmp_path / "x.ckpt", {"mine/w": tf.zeros([1])})
    with pytest.raises(ValueError, match="no checkpoint of 'lenet'.*It has: mine"):
        slim.nets.create("lenet", checkpoint=path)


def test_averages_take_the_place_of_weights(trained, tmp_path):
    model, _ = trained
    named = dict(model.named_variables)
    name = "LeNet/conv1/weights"
    average = named[name] + 1.0
    path = slim.checkpoints.save(
        tmp_path / "x.ckpt", {**named, name + "/ExponentialMovingAverage": average}
    )
    np.testing.assert_array_equal(
        _weights(slim.nets.create("lenet", checkpoint=path), name), average
    )


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="no checkpoint"):
        slim.nets.create("lenet", checkpoint=tmp_path / "none.ckpt")


# ------------------------------------------------------------------------ published checkpoints


def test_each_belongs_to_a_net():
    for known in _published.PUBLISHED.values():
        found = slim.nets.spec(known.net)
        assert known in found.checkpoints
        assert set(known.keywords) <= set(found.keywords)
        assert known.preprocessing in slim.data.preprocessing.names()
        assert known.num_classes in (1000, 1001)
        assert known.labels_offset == known.num_classes - 1000
        assert known.top_1 is not None and 40 < known.top_1 < (known.top_5 or 97) < 98
        assert known.address.startswith("https://")
        assert known.address.endswith((f"/{known.name}.tar.gz", f"/{known.name}.tgz"))


def test_the_first_checkpoint_is_for_the_net_as_it_is():
    for name in slim.nets.names():
        for known in slim.nets.spec(name).checkpoints[:1]:
            assert not known.keywords
            # ResNet v2 was published for another size than that of its paper.
            assert known.image_size == slim.nets.spec(name).image_size or "resnet_v2" in name
    assert slim.nets.checkpoint("mobilenet_v2").name == "mobilenet_v2_1.0_224"


def test_what_there_is_to_know_of_one():
    known = slim.nets.checkpoint("resnet_v2_50")
    assert (known.name, known.preprocessing) == ("resnet_v2_50_2017_04_14", "inception")
    assert slim.nets.checkpoint("mobilenet_v2_1.0_96").image_size == 96
    with pytest.raises(ValueError, match="no published checkpoint 'resnet_v2_51'. Did you mean"):
        slim.nets.checkpoint("resnet_v2_51")
    with pytest.raises(ValueError, match="No checkpoint of 'lenet' was published"):
        slim.nets.checkpoint("lenet")
    with pytest.raises(ValueError, match="is one of the net 'vgg_16', not of 'lenet'"):
        slim.nets.create("lenet", checkpoint="vgg_16_2016_08_28")


ADDRESS = "https://example.invalid/models/digits_2020.tar.gz"


def _archive(path, prefix, inside="."):
    with tarfile.open(path, "w:gz") as made:
        for file in pathlib.Path(prefix).parent.glob(pathlib.Path(prefix).name + ".*"):
            made.add(file, f"{inside}/{file.name}")
        text = tarfile.TarInfo("README")
        made.addfile(text, io.BytesIO())
    return path


@pytest.fixture
def one_published(monkeypatch, tmp_path, trained):
    """A checkpoint of LeNet, published for 32x32 images; returns the path of its archive."""
    known = _published.Checkpoint("digits_2020", "lenet", ADDRESS, 10, 28, "lenet", 99.0, 99.9)
    table = {known.name: known}
    monkeypatch.setattr(_fetch, "PUBLISHED", table)
    monkeypatch.setattr("tf_slim.nets._registry.PUBLISHED", table)
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    return _archive(tmp_path / "made.tar.gz", trained[1])


@pytest.fixture
def served(monkeypatch, one_published):
    """Serves the archive in place of the network; returns the addresses asked for."""
    asked = []

    def download(address, path, *, sha256, progress, archive):
        assert archive
        asked.append(address)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(one_published, path)
        progress(1, 1)

    monkeypatch.setattr(downloads, "download", download)
    return asked


def test_a_published_checkpoint_is_fetched_once(served, trained, tmp_path):
    seen = []
    path = slim.nets.fetch("lenet", progress=lambda *both: seen.append(both))
    assert path == str(tmp_path / "cache/checkpoints/digits_2020/model.ckpt")
    assert slim.nets.fetch("digits_2020") == path
    assert served == [ADDRESS]
    assert seen == [(1, 1)]
    assert os.listdir(tmp_path / "cache/checkpoints") == ["digits_2020"]
    for given in (True, "digits_2020"):
        model = slim.nets.create("lenet", checkpoint=given)
        name = "LeNet/fc4/weights"
        np.testing.assert_array_equal(_weights(model, name), _weights(trained[0], name))


def test_over_http_with_an_interruption(one_published, monkeypatch, trained):
    with loopback.serving(one_published.read_bytes()) as server:
        known = dataclasses.replace(slim.nets.checkpoint("lenet"), address=server.address)
        monkeypatch.setattr(_fetch, "PUBLISHED", {known.name: known})
        monkeypatch.setattr("tf_slim.nets._registry.PUBLISHED", {known.name: known})
        server.cut = [1000]
        model = slim.nets.create("lenet", checkpoint=True)
    assert server.asked == [None, "bytes=1000-"]
    name = "LeNet/fc4/weights"
    np.testing.assert_array_equal(_weights(model, name), _weights(trained[0], name))


def test_another_folder(served, tmp_path):
    path = slim.nets.fetch("lenet", tmp_path / "mine")
    assert path.startswith(str(tmp_path / "mine"))


def test_without_a_network_it_says_what_to_put_where(one_published, monkeypatch, tmp_path):
    def fail(*args, **kwargs):
        raise downloads.DownloadError("Cannot fetch it.")

    monkeypatch.setattr(downloads, "download", fail)
    place = tmp_path / "cache/checkpoints/digits_2020.tar.gz"
    with pytest.raises(OSError, match=f"Cannot fetch it. To do .*, put {ADDRESS} at {place}"):
        slim.nets.create("lenet", checkpoint=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(one_published, place)
    slim.nets.create("lenet", checkpoint=True)
    assert place.exists(), "it is not ours to delete"


def test_an_archive_without_a_checkpoint(served, one_published):
    with tarfile.open(one_published, "w:gz") as made:
        made.addfile(tarfile.TarInfo("README"), io.BytesIO())
    with pytest.raises(OSError, match="no checkpoint in .*digits_2020. Remove that folder"):
        slim.nets.fetch("lenet")


def test_a_damaged_archive_is_fetched_again(served, one_published, tmp_path):
    whole = one_published.read_bytes()
    one_published.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="Cannot unpack"):
        slim.nets.fetch("lenet")
    one_published.write_bytes(whole)
    assert slim.nets.fetch("lenet").startswith(str(tmp_path / "cache/checkpoints"))
    assert len(served) == 2


def test_averages_are_taken_before_the_last_step(tmp_path):
    for name in ("pristine/model.ckpt-9.index", "ema/model-3.index", "ema/model-5.index"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert _fetch._find(tmp_path) == str(tmp_path / "ema/model-5")


def test_the_format_of_2016(tmp_path):
    (tmp_path / "vgg_16.ckpt").touch()
    assert _fetch._find(tmp_path) == str(tmp_path / "vgg_16.ckpt")
