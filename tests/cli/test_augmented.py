"""`[augment]` and `train.class_weights` of a configuration, down to the batches and the loss."""

from __future__ import annotations

import numpy as np
import pytest

import tf_slim as slim
from tf_slim.cli import build, config
from tf_slim.cli.options import ConfigError


def parts(*settings):
    chosen = build.resolved(config.load(settings=["data.batch_size=8", *settings]))
    pipeline = build.pipeline(chosen, slim.data.get_dataset("digits", "train"), is_training=True)
    return chosen, pipeline


def test_all_is_off_by_default():
    _, pipeline = parts()
    plain = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 8, is_training=True)
    assert pipeline.element_spec == plain.element_spec
    for (images, labels), (others, same) in zip(
        pipeline.dataset().take(2), plain.dataset().take(2), strict=True
    ):
        np.testing.assert_array_equal(images, others)
        np.testing.assert_array_equal(labels, same)


def test_keys_are_those_of_augment():
    assert config.fields(config.AugmentOptions).keys() == config.fields(slim.data.Augment).keys()
    for key, field in config.fields(config.AugmentOptions).items():
        assert field.default == getattr(slim.data.Augment(), key)


@pytest.mark.parametrize("classes", [10, 13])  # as many as the data have, and more
def test_mixed_and_weighted_batches_fit_the_loss(classes):
    _, pipeline = parts(
        "augment.mixup=0.4",
        "augment.cutmix=1",
        "augment.rand_augment_ops=1",
        "train.class_weights=balanced",
        f"model.num_classes={classes}",
    )
    images, labels, weights = next(iter(pipeline.dataset()))
    logits = np.random.RandomState(0).randn(8, classes).astype(np.float32)
    got = slim.losses.label_cross_entropy(logits, labels, weights, label_smoothing=0.1)
    smoothed = 0.9 * labels.numpy() + 0.1 / classes
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    losses = -(smoothed * log_softmax).sum(axis=1)
    assert float(got) == pytest.approx((losses * weights.numpy()).mean(), rel=1e-5)
    assert np.isfinite(images).all()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["train.class_weights=balanced"], "balanced"),
        (["train.class_weights.7=2", "train.class_weights.0=0.5"], {"7": 2.0, "0": 0.5}),
        (["train.class_weights={ 7 = 2.0 }"], {"7": 2.0}),
    ],
)
def test_weights_of_classes_by_a_setting(settings, expected, tmp_path):
    chosen = config.load(settings=settings)
    assert chosen.train.class_weights == expected
    path = tmp_path / "config.toml"
    path.write_text(config.dumped(chosen))
    assert config.load(str(path)) == chosen


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("augment.mixup=-1", "augment.mixup must be at least 0"),
        ("augment.random_erasing=2", "augment.random_erasing must be at most 1"),
        ("augment.mix_up=0.2", "Did you mean"),
    ],
)
def test_what_is_wrong_is_said_by_its_key(setting, message):
    with pytest.raises(ConfigError, match=message):
        config.load(settings=[setting])
