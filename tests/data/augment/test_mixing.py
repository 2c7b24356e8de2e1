"""mixup and CutMix, against NumPy: what was drawn is read from the labels."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim import losses
from tf_slim.data.augment import Augment, cutmix, mixing, mixup

BATCH = 12
SEED = tf.constant([4, 2])


def examples(batch=BATCH, height=9, width=7, channels=3):
    """Images in [-1, 1], and each example its own class, so that labels tell what was mixed."""
    images = np.random.RandomState(1).uniform(-1, 1, [batch, height, width, channels])
    return images.astype(np.float32), np.eye(batch, dtype=np.float32)


def drawn(labels):
    """(share of itself, partner) of each example, from mixed labels that were the unit matrix."""
    others = labels * (1 - np.eye(len(labels)))
    return np.diag(labels), np.where(others.any(axis=1), others.argmax(axis=1), range(len(labels)))


def test_mixup_blends_images_as_labels():
    images, labels = examples()
    mixed, targets = mixup(images, labels, SEED, alpha=1.0)
    share, partner = drawn(targets.numpy())
    part = share[:, None, None, None]
    np.testing.assert_allclose(mixed, part * images + (1 - part) * images[partner], atol=1e-6)
    np.testing.assert_allclose(targets.numpy().sum(axis=1), 1, atol=1e-6)
    assert (partner != np.arange(BATCH)).sum() > BATCH / 2 and len(set(partner)) > BATCH / 2
    assert len(set(share.round(4))) > BATCH / 2  # each pair has its own


def test_cutmix_takes_a_rectangle_and_labels_by_its_area():
    images, labels = examples(batch=40)
    mixed, targets = (tensor.numpy() for tensor in cutmix(images, labels, SEED))
    share, partner = drawn(targets)
    for index in range(40):
        cut = (mixed[index] != images[index]).any(axis=2)
        expected = np.where(cut[..., None], images[partner[index]], images[index])
        np.testing.assert_array_equal(mixed[index], expected)
        if partner[index] != index:
            assert cut.mean() == pytest.approx(1 - share[index], abs=1e-6)
            rows, columns = np.flatnonzero(cut.any(axis=1)), np.flatnonzero(cut.any(axis=0))
            assert cut.sum() == len(rows) * len(columns)
            assert (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_of_a_beta_distribution(alpha):
    share = mixing.shares(tf.constant(4000), alpha, SEED).numpy()
    expected = np.random.RandomState(0).beta(alpha, alpha, 40_000)
    points = [5, 20, 50, 80, 95]
    np.testing.assert_allclose(
        np.percentile(share, points), np.percentile(expected, points), atol=0.04
    )
    assert share.var() == pytest.approx(0.25 / (2 * alpha + 1), rel=0.1)


def test_areas_of_cutmix_are_those_of_its_definition():
    count, side = 3000, 32
    images, labels = np.zeros([count, side, side, 1], np.float32), np.zeros([count, 2], np.float32)
    labels[:, 0] = np.arange(count) % 2
    images[..., 0] += np.arange(count)[:, None, None]
    mixed, _ = cutmix(images, labels, SEED)
    area = (mixed.numpy()[..., 0] != images[..., 0]).mean(axis=(1, 2))
    random = np.random.RandomState(0)
    cut = (np.sqrt(random.uniform(size=count)) * side).astype(int)  # Beta(1, 1)
    sides = []
    for _ in range(2):
        begin = random.randint(side, size=count) - cut // 2
        sides.append(np.clip(begin + cut, 0, side) - np.clip(begin, 0, side))
    expected = sides[0] * sides[1] / side**2
    np.testing.assert_allclose(
        np.percentile(area, [10, 50, 90]), np.percentile(expected, [10, 50, 90]), atol=0.04
    )


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_the_loss_of_a_mixed_example_is_that_of_its_parts_with_their_weights(mix):
    images, labels = examples()
    weights = np.random.RandomState(2).uniform(0.5, 3, BATCH).astype(np.float32)
    weights[3] = 0
    logits = np.random.RandomState(3).randn(BATCH, BATCH).astype(np.float32)
    share, partner = drawn(mix(images, labels, SEED, alpha=1.0)[1].numpy())
    _, targets, mixed_weights = mix(images, labels, SEED, alpha=1.0, weights=tf.constant(weights))

    def cross_entropies(targets):
        return tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=logits).numpy()

    parts = [cross_entropies(labels), cross_entropies(labels[partner])]
    expected = share * weights * parts[0] + (1 - share) * weights[partner] * parts[1]
    np.testing.assert_allclose(
        mixed_weights.numpy() * cross_entropies(targets), expected, rtol=1e-4, atol=1e-5
    )
    nothing = mix(images, labels, SEED, alpha=1.0, weights=tf.zeros([BATCH]))
    assert all(np.isfinite(tensor).all() for tensor in nothing)


def test_losses_take_mixed_labels_and_smooth_them_further():
    images, labels = examples()
    _, targets = mixup(images, labels, SEED, alpha=1.0)
    logits = np.random.RandomState(3).randn(BATCH, BATCH).astype(np.float32)
    smoothed = 0.9 * targets.numpy() + 0.1 / BATCH
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    got = losses.softmax_cross_entropy(tf.constant(logits), targets, label_smoothing=0.1)
    assert float(got) == pytest.approx(-(smoothed * log_softmax).sum(axis=1).mean(), rel=1e-5)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_it_is_a_function_of_the_seed(mix):
    images, labels = examples()
    first = mix(images, labels, SEED, alpha=0.4)
    again = tf.function(mix)(images, labels, SEED, alpha=0.4)
    other = mix(images, labels, SEED + 1, alpha=0.4)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert np.abs(first[1] - other[1]).max() > 0.01


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_tiny_alphas_and_single_examples_are_no_trouble(mix):
    images, labels = examples()
    assert np.isfinite(mix(images, labels, SEED, alpha=1e-4)[1]).all()
    mixed, targets = mix(images[:1], labels[:1], SEED, alpha=1.0)
    np.testing.assert_allclose(mixed, images[:1], atol=1e-6)
    np.testing.assert_allclose(targets, labels[:1], atol=1e-6)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_what_cannot_be_mixed_is_refused(mix):
    images, labels = examples()
    with pytest.raises(ValueError, match="alpha must be above 0"):
        mix(images, labels, SEED, alpha=0.0)
    with pytest.raises(ValueError, match="tf.one_hot"):
        mix(images, labels.argmax(axis=1), SEED)
    with pytest.raises(ValueError, match="float images"):
        mix(images[0], labels, SEED)


def test_with_both_each_batch_takes_one():
    images, _ = examples()
    augment = Augment(mixup=1.0, cutmix=1.0)
    kinds = set()
    for word in range(12):
        mixed, targets = augment.batch(
            tf.constant(images), tf.range(BATCH), None, tf.constant([word, 0]), BATCH
        )
        share, partner = drawn(targets.numpy())
        part = share[:, None, None, None]
        blended = np.allclose(mixed, part * images + (1 - part) * images[partner], atol=1e-5)
        kinds.add(blended)
    assert kinds == {True, False}
    with pytest.raises(ValueError, match="rand_augment_ops must be an integer from 0 to 14"):
        Augment(rand_augment_ops=-1)
    with pytest.raises(ValueError, match="random_erasing must be a number from 0 to 1"):
        Augment(random_erasing=2.0)
    with pytest.raises(ValueError, match="mixup: alpha must be above 0"):
        Augment(mixup=-0.2)
    with pytest.raises(ValueError, match="cutmix must be a number, its alpha"):
        Augment(cutmix=True)
    assert not Augment().mixes and not Augment().changes_images
