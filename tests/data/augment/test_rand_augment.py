"""RandAugment and random erasing, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data.augment import reference
from tf_slim.data.augment import operations, rand_augment, random_erasing

RANGES = {
    "none": (0.0, 255.0),
    "inception": (-1.0, 1.0),
    "unit": (0.0, 1.0),
    "vgg": ((-123.68, -116.78, -103.94), (131.32, 138.22, 151.06)),
}


def picture(channels=3, height=20, width=16):
    rows, columns = np.mgrid[:height, :width]
    smooth = 90 + 5 * rows + 3 * columns
    noise = np.random.RandomState(0).randint(-60, 60, [height, width, channels])
    return np.clip(smooth[..., None] + noise, 0, 255).astype(np.float32)


def seed(*words):
    return tf.constant(words, tf.int32)


def to_range(image, pixel_range):
    low, high = (np.asarray(one, np.float32) for one in pixel_range)
    return image / 255 * (high - low) + low


def test_the_table_is_whole():
    names = [operation.__name__ for operation in operations.OPERATIONS]
    assert sorted(names) == sorted(reference.OPERATIONS) and len(names) == 14


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("operation", operations.OPERATIONS, ids=lambda f: f.__name__)
def test_an_operation_is_that_of_the_reference(operation, channels):
    # More than 255 pixels, or equalize leaves the image as it is.
    image = picture(channels)
    for strength, sign in ((0.9, 1.0), (0.9, -1.0), (0.25, 1.0), (0.0, -1.0)):
        made = operation(tf.constant(image), strength, tf.constant(sign)).numpy()
        expected = reference.OPERATIONS[operation.__name__](image.astype(float), strength, sign)
        np.testing.assert_allclose(made, expected, atol=2e-3)


@pytest.mark.parametrize("operation", operations.OPERATIONS, ids=lambda f: f.__name__)
def test_an_image_of_one_value_stays_finite(operation):
    made = operation(tf.fill([6, 5, 3], 77.0), 0.9, tf.constant(1.0))
    assert np.isfinite(made).all()


@pytest.mark.parametrize("pixel_range", RANGES.values(), ids=RANGES)
def test_the_range_of_the_pixels_makes_no_difference(pixel_range):
    image = picture()
    given = to_range(image, pixel_range)
    on_range = tf.function(lambda x, s: rand_augment(x, s, num_ops=1, pixel_range=pixel_range))
    on_bytes = tf.function(lambda x, s: rand_augment(x, s, num_ops=1))
    for word in range(24):
        made = on_range(tf.constant(given), seed(word, 5))
        expected = to_range(on_bytes(tf.constant(image), seed(word, 5)).numpy(), pixel_range)
        span = np.max(np.subtract(pixel_range[1], pixel_range[0]))
        # At a threshold (solarize) the last bit of a pixel may decide.
        differs = np.abs(made - expected) > 1e-3 * span
        assert differs.mean() < 0.01


def test_without_a_range_the_image_has_its_own():
    image = picture()
    own = (float(image.min()), float(image.max()))
    for word in range(6):
        np.testing.assert_allclose(
            rand_augment(tf.constant(image), seed(word, 1), pixel_range=None),
            rand_augment(tf.constant(image), seed(word, 1), pixel_range=own),
            atol=1e-3,
        )
    assert np.isfinite(rand_augment(tf.fill([6, 5, 3], 0.3), seed(1, 1), pixel_range=None)).all()


def test_operations_are_drawn_evenly_and_one_after_the_other():
    calls = tf.function(lambda s: rand_augment(tf.constant(image), s, num_ops=1, magnitude=9.0))
    image = picture(height=18, width=16)
    expected = {}
    for name, operation in reference.OPERATIONS.items():
        for sign in (-1.0, 1.0):
            expected[name, sign] = operation(image.astype(float), 0.9, sign)
    counts = dict.fromkeys(reference.OPERATIONS, 0)
    signs = []
    for word in range(420):
        made = calls(seed(word, 7)).numpy()
        near = min(expected, key=lambda key: np.abs(made - expected[key]).max())
        assert np.abs(made - expected[near]).max() < 3e-3
        counts[near[0]] += 1
        if near[0] == "rotate":
            signs.append(near[1])
    assert min(counts.values()) >= 12 and max(counts.values()) <= 55  # 30 each, if evenly
    assert set(signs) == {-1.0, 1.0}


def test_magnitude_0_leaves_the_image_to_what_has_no_strength():
    image = tf.constant(picture())
    unchanged = sum(
        np.allclose(rand_augment(image, seed(word, 2), num_ops=1, magnitude=0.0), image, atol=1e-3)
        for word in range(28)
    )
    assert 18 <= unchanged < 28  # autocontrast and equalize have none


@pytest.mark.parametrize("function", [rand_augment, random_erasing])
def test_the_same_seed_gives_the_same_image_in_any_mode(function):
    image = tf.constant(picture())
    eager = np.stack([function(image, seed(3, word)) for word in range(8)])
    words = tf.data.Dataset.range(8, output_type=tf.int32)
    mapped = words.map(lambda word: function(image, tf.stack([3, word])), num_parallel_calls=2)
    np.testing.assert_allclose(eager, np.stack(list(mapped.as_numpy_iterator())), atol=2e-3)
    again = np.stack([function(image, seed(3, word)) for word in range(8)])
    np.testing.assert_array_equal(eager, again)
    assert mapped.element_spec.shape == image.shape


@pytest.mark.parametrize("pixel_range", [*RANGES.values(), None], ids=[*RANGES, "own"])
def test_erasing_leaves_noise_in_a_rectangle(pixel_range):
    image = to_range(picture(height=24, width=30), pixel_range or (0.0, 255.0))
    low, high = pixel_range or (image.min(), image.max())
    areas, noise = [], []
    options = {"probability": 1.0, "area": (0.1, 0.3), "pixel_range": pixel_range}
    erase = tf.function(lambda s: random_erasing(tf.constant(image), s, **options))
    for word in range(40):
        made = erase(seed(word, 0)).numpy()
        hole = (made != image).any(axis=2)
        if not hole.any():
            continue
        rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
        assert hole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        areas.append(hole.mean())
        noise.append(((made - low) / np.subtract(high, low))[hole].ravel())
    noise = np.concatenate(noise)
    assert len(areas) >= 38 and 0.07 < min(areas) < 0.17 and 0.23 < max(areas) < 0.34
    assert noise.min() >= -1e-5 and noise.max() <= 1 + 1e-5
    assert abs(noise.mean() - 0.5) < 0.02 and abs(noise.std() - 12**-0.5) < 0.02


def test_erasing_chooses_its_share_of_the_images():
    image = tf.constant(picture())
    erase = tf.function(lambda s: random_erasing(image, s, probability=0.25))
    erased = sum(bool((erase(seed(word, 4)) != image).numpy().any()) for word in range(200))
    assert 30 <= erased <= 70
    np.testing.assert_array_equal(random_erasing(image, seed(1, 1), probability=0.0), image)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: rand_augment(x, seed(0, 0), num_ops=0), "num_ops must be at least 1"),
        (lambda x: rand_augment(x, seed(0, 0), magnitude=11), "magnitude must be from 0 to 10"),
        (lambda x: rand_augment(tf.zeros([4, 4, 4]), seed(0, 0)), r"1 \(grey\) or 3 \(RGB\)"),
        (lambda x: random_erasing(x, seed(0, 0), probability=1.5), "probability must be in"),
        (lambda x: random_erasing(x, seed(0, 0), area=(0.5, 0.2)), "area must be"),
        (lambda x: random_erasing(x, seed(0, 0), aspect=0.0), "aspect must be"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(tf.constant(picture()))
