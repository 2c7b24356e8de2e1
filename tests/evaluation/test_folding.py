"""The folded graph takes the place of the model when that pays, and gives the same."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.evaluation import folding, measure
from tf_slim.export.errors import ExportError


def net(images, num_classes=3):
    net = slim.conv2d(images, 8, 3, normalizer_fn=slim.batch_norm, scope="conv")
    end_points = {"conv": net, "pool": tf.reduce_mean(net, [1, 2])}
    pool = end_points["pool"]
    return slim.fully_connected(pool, num_classes, activation_fn=None, scope="logits"), end_points


def without_batch_norm(images):
    return slim.fully_connected(slim.flatten(images), 3, activation_fn=None, scope="logits")


SPEC = tf.TensorSpec([None, 8, 8, 1])
PICTURES = [np.full([8, 8, 1], 20 * i, np.uint8) for i in range(12)]


@pytest.fixture
def model():
    return slim.Model(net).build(SPEC)


def predictor(model, **options):
    return slim.Predictor(
        model, preprocess="digits", image_size=8, channels=1, batch_size=4, **options
    )


def probabilities(predict):
    return np.array([one.probabilities for one in predict(PICTURES)])


@pytest.mark.parametrize("multi_label", [False, True])
def test_predictions_are_those_of_the_model(model, multi_label):
    fast = predictor(model, fold=True, multi_label=multi_label)
    fast.fold()
    assert fast._step(None, False).is_folded
    expected = probabilities(predictor(model, multi_label=multi_label))
    np.testing.assert_allclose(probabilities(fast), expected, rtol=0, atol=1e-6)


def test_features_and_heat_maps_keep_the_model(model):
    fast, plain = predictor(model, fold=True), predictor(model)
    fast.fold()
    np.testing.assert_array_equal(fast.features(PICTURES, "pool"), plain.features(PICTURES, "pool"))
    maps = [next(iter(one.stream(PICTURES, heat_maps=True))).heat_map for one in (fast, plain)]
    np.testing.assert_array_equal(*maps)


def test_a_model_that_may_be_trained_further_is_not_folded(model):
    predict = predictor(model)
    predict.fold()
    before = probabilities(predict)
    for variable in model.trainable_variables:
        variable.assign_add(tf.random.uniform(variable.shape))
    assert np.abs(probabilities(predict) - before).max() > 1e-3


def test_it_is_folded_once_what_it_saves_is_what_it_costs(model, monkeypatch):
    monkeypatch.setattr(folding, "_SECONDS", 0.0)
    monkeypatch.setattr(folding, "_SECONDS_A_BYTE", 0.0)
    predict = predictor(model, fold=True)
    step = predict._step(None, False)
    found = probabilities(predict)
    assert step.is_folded
    monkeypatch.undo()
    patient = predictor(model, fold=True)
    np.testing.assert_allclose(found, probabilities(patient), rtol=0, atol=1e-6)
    assert not patient._step(None, False).is_folded


@pytest.mark.parametrize("observed", [False, True])
def test_an_evaluation_goes_over_in_the_middle_and_measures_the_same(model, monkeypatch, observed):
    random = np.random.default_rng(0)
    data = (
        random.normal(size=[70, 8, 8, 1]).astype(np.float32),
        random.integers(0, 3, 70).astype(np.int64),
    )
    metrics = slim.evaluation.classification_metrics(3)
    seen: dict[bool, list[np.ndarray]] = {False: [], True: []}

    def measured(is_folded):
        def observe(inputs, outputs, labels):
            seen[is_folded].append(outputs.numpy())

        return slim.evaluation.evaluate(
            model, tf.data.Dataset.from_tensor_slices(data).batch(16), metrics,
            observe=observe if observed else None,
        )  # fmt: skip

    expected = measured(False)
    monkeypatch.setattr(folding, "_SECONDS", 0.0)
    monkeypatch.setattr(folding, "_SECONDS_A_BYTE", 0.0)
    made = []
    fold = measure.folded

    def folded(*args, **kwargs):
        made.append(fold(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(measure, "folded", folded)
    found = measured(True)
    assert len(made) == 1
    assert made[0].folds == 1
    assert found == pytest.approx(expected, abs=1e-6)
    if observed:
        np.testing.assert_allclose(
            np.concatenate(seen[True]), np.concatenate(seen[False]), rtol=0, atol=1e-5
        )


def test_a_long_time_pays_and_a_short_one_does_not(model):
    payoff = folding.Payoff(model)
    assert not payoff.after(1)
    assert payoff.after(60)
    assert not folding.Payoff(slim.Model(without_batch_norm).build(SPEC)).after(1e6)


def test_a_low_precision_pays_earlier():
    seconds = 4
    low = slim.Model(net, precision="mixed_bfloat16").build(SPEC)
    assert folding.Payoff(low).after(seconds)
    assert not folding.Payoff(slim.Model(net).build(SPEC)).after(seconds)


def test_what_cannot_be_folded_stays_as_it_is(model):
    def refuse():
        raise ExportError("too large")

    step = folding.WhenItPays(model, lambda images: images + 1, refuse)
    step.fold()
    assert not step.is_folded
    assert step(tf.ones([])) == 2
    assert not step._payoff.after(1e6)
