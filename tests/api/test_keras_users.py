"""What users of Keras try first works, or says what to write."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.keras_names import OF_MODELS


@pytest.fixture(scope="module")
def model():
    return slim.nets.create("lenet", 10).build(tf.TensorSpec([None, 8, 8, 1]))


@pytest.fixture(scope="module")
def train():
    return slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)


@pytest.mark.parametrize("name", OF_MODELS)
def test_a_model_says_what_to_write(model, name):
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=f"has no '{name}'. Write ") as caught:
        getattr(model, name)
    for written in ("slim.learning.fit", "slim.evaluation.evaluate", "slim.Predictor"):
        if written in str(caught.value):
            home, _, last = written.removeprefix("slim.").rpartition(".")
            assert hasattr(getattr(slim, home) if home else slim, last)


def test_a_name_that_nobody_has_is_not_explained(model):
    with pytest.raises(AttributeError, match="A slim.Model has no 'colour'.$"):
        _ = model.colour


def test_a_property_that_fails_says_how():
    class Broken(slim.Model):
        @property
        def variables(self):
            return self.nothing_of_this_name

    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = Broken(slim.nets.lenet.lenet).variables


@pytest.mark.parametrize("name", ["map", "batch", "take", "prefetch"])
def test_a_pipeline_says_what_a_dataset_has(train, name):
    with pytest.raises(AttributeError, match=f"pipeline.dataset\\(\\).{name}."):
        getattr(train, name)
    with pytest.raises(AttributeError, match="has no 'colour'.$"):
        _ = train.colour


def test_a_pipeline_has_a_length_and_is_gone_through():
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 100)
    assert [len(images) for images, _ in test] == [100, 100, 100, 55]
    assert len(test) == 4


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": "imagenet"}, "checkpoint=True"),
        ({"classes": 5}, "num_classes="),
        ({"include_top": False}, "num_classes=None"),
        ({"input_shape": (224, 224, 3)}, "model.build"),
    ],
)
@pytest.mark.parametrize("net", ["lenet", "mobilenet_v2"])
def test_arguments_of_applications(net, given, words):
    with pytest.raises(TypeError, match=words):
        slim.nets.create(net, **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"callbacks": []}, "Slim's name is 'hooks'"),
        ({"validation_data": None}, "Slim's name is 'validation'"),
        ({"class_weight": {0: 1.0}}, "class_weights='balanced'"),
        ({"hooks": [tf.keras.callbacks.EarlyStopping()]}, r"slim.hooks.from_keras\(callback\)"),
    ],
)
def test_arguments_of_fit(model, train, given, words):
    loss, optimizer = slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    step = slim.learning.make_train_step(model, loss, optimizer)
    with pytest.raises(TypeError, match=words):
        slim.learning.fit(step, train, None, 1, **given)


def test_a_schedule_epochs_and_validation(model, train):
    rate = tf.keras.optimizers.schedules.CosineDecay(0.1, 22)
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(rate)
    )
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 100)
    run = slim.learning.fit(step, train, None, epochs=1, validation=test, hooks=[])
    assert run.step == len(train)
    assert run.validation["accuracy"] > 0.3


def test_a_metric_by_name_is_told_the_function(model):
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 100)
    with pytest.raises(TypeError, match="Write slim.metrics.streaming_accuracy"):
        slim.evaluation.evaluate(model, test, ["accuracy"])


def test_a_generator_and_arrays_are_data():
    images = np.zeros([9, 4, 4, 3], np.uint8)
    labels = np.arange(9) % 3

    def pictures():
        yield from zip(images, labels)

    for spec in (
        slim.data.from_arrays(images, labels),
        slim.data.from_generator(pictures, num_classes=3),
    ):
        seen = [len(batch) for batch, _ in slim.data.Pipeline(spec, 4, preprocess="none")]
        assert seen == [4, 4, 1]
