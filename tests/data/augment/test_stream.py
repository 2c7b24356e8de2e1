"""Augmentation within a `Pipeline`: resumable, in training only, with labels and weights."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tf_slim import data

ALL = data.Augment(rand_augment_ops=2, random_erasing=0.5, mixup=0.4, cutmix=1.0)
CLASSES = 4


def arrays(count=23, side=8, **options):
    pixels = np.random.RandomState(0).randint(0, 256, [count, side, side, 3]).astype(np.uint8)
    return data.from_arrays(pixels, np.arange(count) % CLASSES, num_classes=CLASSES, **options)


def training(augment=None, spec=None, **options):
    options = {"preprocess": "lenet", "batch_size": 6, "seed": 3, **options}
    return data.Pipeline(spec or arrays(), is_training=True, augment=augment, **options)


def taken(dataset, count):
    return [tuple(part.numpy() for part in batch) for batch in dataset.take(count)]


@pytest.mark.parametrize("start", [1, 5])  # within an epoch, and in the next one
def test_a_stream_starts_anywhere(start):
    pipeline = training(ALL)
    full = taken(pipeline.dataset(), start + 2)
    again = taken(training(ALL).dataset(start), 2)
    for one, other in zip(full[start:], again, strict=True):
        for part, expected in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("batch_size", [6, 40])  # in one chunk, and of several
def test_elements_are_what_the_spec_says(batch_size):
    for augment in (data.Augment(mixup=1.0, cutmix=1.0), data.Augment(random_erasing=1.0), None):
        pipeline = training(augment, batch_size=batch_size, class_weights="balanced")
        batch = next(iter(pipeline.dataset()))
        for tensor, spec, seen in zip(
            batch, pipeline.element_spec, pipeline.dataset().element_spec, strict=True
        ):
            assert spec.is_compatible_with(tensor) and seen.shape == spec.shape
    assert batch[1].dtype == tf.int64


def test_seeds_differ_by_batch_by_picture_and_by_seed():
    first, second = taken(training(data.Augment(mixup=1.0)).dataset(), 2)
    assert np.abs(first[1] - second[1]).max() > 1e-3
    other = taken(training(data.Augment(mixup=1.0), seed=4).dataset(), 1)[0]
    assert np.abs(first[1] - other[1]).max() > 1e-3
    same = data.from_arrays(np.full([12, 8, 8, 3], 90, np.uint8), np.zeros(12, int), num_classes=2)
    erased = taken(training(data.Augment(random_erasing=1.0), same).dataset(), 4)
    pictures = np.concatenate([images for images, _ in erased])
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)  # epochs differ, too


def test_the_order_is_that_without_augmentation():
    plain = taken(training().dataset(), 4)
    images = taken(training(data.Augment(random_erasing=0.5)).dataset(), 4)
    for (unchanged, labels), (erased, same_labels) in zip(plain, images, strict=True):
        np.testing.assert_array_equal(labels, same_labels)
        assert 0.3 < (unchanged == erased).mean() < 1
        assert erased.min() >= -1 and erased.max() < 1  # the range of lenet


def test_evaluation_is_left_alone():
    plain = data.Pipeline(arrays(), 6, preprocess="lenet")
    augmented = data.Pipeline(arrays(), 6, preprocess="lenet", augment=ALL, class_weights=[1] * 4)
    assert augmented.element_spec == plain.element_spec
    made.assert_same(made.batches(augmented.dataset()), made.batches(plain.dataset()))


@pytest.mark.parametrize("name", data.preprocessing.names())
def test_every_preprocessing_can_be_followed(name):
    options = data.Augment(rand_augment_ops=2, random_erasing=1.0)
    for channels in (1, 3) if name == "vgg" else (3,):  # whose values differ by channel
        pixels = np.random.RandomState(0).randint(0, 256, [5, 40, 40, channels]).astype(np.uint8)
        spec = data.from_arrays(pixels, np.zeros(5, int), num_classes=2)
        size = None if name == "none" else 24
        (images, _), *_ = taken(
            training(options, spec, preprocess=name, image_size=size, batch_size=5).dataset(), 1
        )
        span = data.preprocessing.get_pixel_range(name, channels)
        assert np.isfinite(images).all()
        if span is not None:
            low, high = (np.float32(one) for one in span)
            assert (images >= low - 1e-3).all() and (images <= high + 1e-3).all()
            assert images.std() > 0.1 * np.max(high - low)


def test_a_preprocessing_of_ones_own_says_its_range():
    def unit(image, *, is_training, seed):
        return tf.cast(image, tf.float32) / 255.0

    unit.pixel_range = (0.0, 1.0)  # pyright: ignore[reportFunctionMemberAccess]
    options = data.Augment(rand_augment_ops=1, rand_augment_magnitude=10.0)
    images = np.concatenate(
        [batch[0] for batch in taken(training(options, preprocess=unit).dataset(), 6)]
    )
    bytes_ = np.concatenate(
        [batch[0] for batch in taken(training(options, preprocess="none").dataset(), 6)]
    )
    assert (np.abs(images * 255 - bytes_) > 0.5).mean() < 0.01


def test_several_labels_a_picture_are_mixed_too():
    targets = np.float32([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]])
    pixels = np.random.RandomState(0).randint(0, 256, [4, 8, 8, 3]).astype(np.uint8)
    spec = data.from_arrays(pixels, targets, num_classes=3)
    _, labels = taken(training(data.Augment(mixup=1.0), spec, batch_size=4).dataset(), 1)[0]
    np.testing.assert_allclose(labels.mean(), targets.mean(), atol=0.25)
    assert ((labels > 0.01) & (labels < 0.99)).any() and labels.shape == (4, 3)


def test_what_is_no_augment_is_refused():
    with pytest.raises(TypeError, match=r"augment must be a slim.data.Augment.*received 'mixup'"):
        training("mixup")
    with pytest.raises(ValueError, match=r"1 \(grey\) or 3 \(RGB\)"):
        spec = data.from_arrays(np.zeros([4, 8, 8, 4], np.uint8), np.zeros(4, int), num_classes=2)
        training(data.Augment(rand_augment_ops=1), spec)
