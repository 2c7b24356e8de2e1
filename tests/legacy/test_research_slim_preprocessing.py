"""`tf_slim.legacy.research_slim.preprocessing` beyond what was recorded."""

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
from tf_slim.data.preprocessing import registry
from tf_slim.legacy.research_slim.nets import nets_factory
from tf_slim.legacy.research_slim.preprocessing import (
    cifarnet_preprocessing,
    inception_preprocessing,
    preprocessing_factory,
    vgg_preprocessing,
)

v1 = tf.compat.v1
IMAGE = np.random.RandomState(0).randint(0, 256, [40, 50, 3]).astype(np.uint8)


def _recorded_signatures() -> dict[str, list]:
    with gzip.open(loader.DATA / "api.json.gz", "rt", encoding="utf-8") as stream:
        names = json.load(stream)["names"]
    return {key: row["args"] for key, row in names.items() if key.startswith("preprocessing.")}


SIGNATURES = _recorded_signatures()


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signatures_are_the_recorded_ones(name):
    _, module, function = name.split(".")
    package = "tf_slim.legacy.research_slim.preprocessing"
    found = getattr(importlib.import_module(f"{package}.{module}"), function)
    ours = [
        [p.name] if p.default is p.empty else [p.name, p.default]
        for p in inspect.signature(found).parameters.values()
    ]
    recorded = [
        [name, *(tuple(d) if isinstance(d, list) else d for d in default)]
        for name, *default in SIGNATURES[name]
    ]
    assert ours == recorded


@pytest.mark.parametrize("name", sorted({*nets_factory.networks_map, *slim.nets.names()}))
def test_every_net_has_a_preprocessing(name):
    image = np.zeros([8, 8, 1 if name == "lenet" else 3], np.uint8)
    made = preprocessing_factory.get_preprocessing(name)(image, 8, 8)
    assert made.shape[:2] == [8, 8]


def test_a_preprocessing_of_ones_own_is_found_by_its_name(monkeypatch):
    slim.data.preprocessing.names()
    monkeypatch.setattr(registry._factories, "_things", dict(registry._factories._things))

    @slim.data.preprocessing.register("made_up_halves")
    def halves(image_size=None):
        def preprocess(image, *, is_training, seed):
            return tf.image.resize(image, image_size) / (2 if is_training else 1)

        return preprocess

    preprocess = preprocessing_factory.get_preprocessing("made_up_halves", is_training=True)
    made = preprocess(np.full([4, 4, 3], 8, np.uint8), 6, 5)
    np.testing.assert_array_equal(made, np.full([6, 5, 3], 4.0))


def test_an_unknown_name_gets_the_closest_one():
    with pytest.raises(ValueError, match=r"\[vgg_61\] was not recognized: did you mean 'vgg_1"):
        preprocessing_factory.get_preprocessing("vgg_61")


@pytest.mark.parametrize("name", ["inception", "vgg", "cifarnet", "lenet"])
@pytest.mark.parametrize("is_training", [False, True])
def test_grey_images(name, is_training):
    """In the original, those of `vgg` and `cifarnet` failed."""
    preprocess = preprocessing_factory.get_preprocessing(name, is_training, use_grayscale=True)
    for image in (IMAGE, IMAGE[:, :, :1]):
        made = preprocess(image, 24, 24)
        assert made.shape == [24, 24, 1]
        assert np.isfinite(made).all()


def test_in_a_tf_data_pipeline():
    preprocess = preprocessing_factory.get_preprocessing("inception", is_training=True)
    images = tf.data.Dataset.from_tensors(IMAGE).repeat(2).map(lambda x: preprocess(x, 8, 8))
    first, second = images.as_numpy_iterator()
    assert np.any(first != second)


def test_the_seed_of_the_graph_makes_runs_repeatable():
    def runs():
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(3)
            made = vgg_preprocessing.preprocess_for_train(IMAGE, 8, 8, 16, 32)
            return session.run(made), session.run(made)

    once, again = runs(), runs()
    np.testing.assert_array_equal(once, again)
    assert np.any(once[0] != once[1])


def test_a_crop_that_is_too_large():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Crop size greater"):
        vgg_preprocessing.preprocess_for_eval(IMAGE, 300, 300, 256)


def test_summaries_are_added_only_if_wanted():
    with tf.Graph().as_default():
        for preprocess in (
            inception_preprocessing.preprocess_image,
            cifarnet_preprocessing.preprocess_image,
        ):
            preprocess(tf.constant(IMAGE), 8, 8, is_training=True, add_image_summaries=False)
        assert v1.get_collection(v1.GraphKeys.SUMMARIES) == []


def test_a_random_selector_takes_all_cases():
    def chosen(x, case):
        return x + case

    seen = {
        float(inception_preprocessing.apply_with_random_selector(tf.constant(0.0), chosen, 3))
        for _ in range(40)
    }
    assert seen == {0.0, 1.0, 2.0}


def test_where_the_random_part_lies():
    image = tf.constant(IMAGE, tf.float32)
    box = tf.constant([[[0.2, 0.2, 0.8, 0.8]]])
    part, where = inception_preprocessing.distorted_bounding_box_crop(image, box)
    top, left, bottom, right = np.round(where[0, 0] * [40, 50, 40, 50]).astype(int)
    np.testing.assert_array_equal(part, image[top:bottom, left:right])
