"""What the preprocessings do to an image."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.goldens.compare import assert_record
from tests.goldens.loader import case
from tests.goldens.rule import make_input
from tf_slim.data.preprocessing import get_pixel_range, get_preprocessing, names
from tf_slim.data.preprocessing.geometry import crop_or_pad, fit, jitter
from tf_slim.legacy.research_slim.preprocessing import lenet_preprocessing

SEED = tf.constant([1, 2])


def picture(height, width, channels=1):
    return np.random.RandomState(0).randint(0, 256, [height, width, channels]).astype(np.uint8)


def apply(name, image, size=None, is_training=False, seed=SEED):
    image = tf.convert_to_tensor(image)
    return get_preprocessing(name, size)(image, is_training=is_training, seed=seed)


@pytest.mark.parametrize("case_id", ["lenet_1", "lenet_2"])
def test_lenet_of_research_slim_is_that_of_the_original(case_id):
    recorded = case("preprocessing", case_id)
    image = make_input(recorded["inputs"][0])
    for is_training in (False, True):
        made = lenet_preprocessing.preprocess_image(tf.constant(image), 28, 28, is_training)
        assert_record(made, recorded["output"])


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    known=st.booleans(),
)
def test_nothing_of_an_image_is_cut_off(height, width, size, known):
    image = np.full([height, width, 3], 200, np.uint8)
    given_size = [height, width] if known else [None, None]
    call = tf.function(lambda x: fit(x, size), autograph=False)
    made = call.get_concrete_function(tf.TensorSpec([*given_size, 3], tf.uint8))(image)
    assert made.shape == [*size, 3] and made.dtype == tf.uint8
    rows, columns = (np.flatnonzero(made.numpy()[..., 0].any(axis)) for axis in (1, 0))
    factor = min(1.0, size[0] / height, size[1] / width)
    for found, side, room in zip((rows, columns), (height, width), size):
        assert abs(len(found) - max(side * factor, 1.0)) <= 0.5 + 1e-3, "its ratio is kept"
        margin = room - len(found)
        assert len(found) == found[-1] - found[0] + 1, "in one piece"
        assert found[0] in (margin // 2, margin - margin // 2), "in the middle"
    assert set(np.unique(made)) <= {0, 200}


def test_what_is_made_smaller_is_averaged():
    image = picture(24, 32)
    means = image.reshape(6, 4, 8, 4).mean((1, 3))
    np.testing.assert_allclose(fit(tf.constant(image), (6, 8))[..., 0], np.rint(means), atol=1)
    floats = tf.constant(image, tf.float32)
    np.testing.assert_allclose(fit(floats, (6, 8))[..., 0], means, rtol=1e-5)


@pytest.mark.parametrize("name", ["lenet", "digits"])
def test_a_photograph_is_seen_whole(name):
    photograph = np.zeros([300, 400, 3], np.uint8)
    photograph[:60], photograph[240:] = 255, 128  # what a crop would not see
    made = apply(name, photograph, 28)[:, 14, 0].numpy()
    assert np.any(made > 0.9) and np.any(np.abs(made) < 0.1)


def test_lenet_without_a_size_keeps_that_of_the_image():
    image = picture(5, 7)
    np.testing.assert_array_equal(apply("lenet", image), (image - np.float32(128)) / 128)


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_crop_or_pad_is_that_of_tensorflow(height, width, size):
    image = tf.constant(picture(height, width, 3))
    expected = tf.image.resize_with_crop_or_pad(image, *size)
    np.testing.assert_array_equal(crop_or_pad(image, size), expected)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("is_training", [False, True])
def test_static_shapes(name, is_training):
    def run(image):
        return apply(name, image, (8, 8), is_training)

    unknown = tf.TensorSpec([None, None, 1], tf.uint8)
    result = tf.function(run).get_concrete_function(unknown).structured_outputs
    assert result.shape == [8, 8, 1]
    assert result.dtype == tf.float32


def test_none_changes_the_type_only():
    image = picture(4, 4, 3)
    np.testing.assert_array_equal(apply("none", image), image.astype(np.float32))
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        apply("none", image, (5, 5))


def test_digits_moves_images_in_training_only():
    image = picture(8, 8)
    np.testing.assert_array_equal(apply("digits", image, 8), apply("lenet", image, 8))
    trained = apply("digits", image, 8, is_training=True).numpy()
    assert not np.array_equal(trained, apply("lenet", image, 8))
    assert trained.min() >= -1
    assert trained.max() < 1


def test_digits_depends_on_the_seed_alone():
    image = picture(8, 8)
    one = apply("digits", image, 8, True)
    tf.random.set_seed(77)
    np.testing.assert_array_equal(apply("digits", image, 8, True), one)
    assert not np.array_equal(apply("digits", image, 8, True, tf.constant([1, 3])), one)
    assert not np.array_equal(apply("digits", image, 8, True, tf.constant([2, 2])), one)


def centre_of_mass(image):
    rows, columns = np.indices(image.shape[:2])
    weights = image[:, :, 0] / image.sum()
    return np.array([(rows * weights).sum(), (columns * weights).sum()])


def dot(size=(9, 7), at=(4, 3)):
    image = np.zeros([*size, 1], np.float32)
    image[at] = 100
    return tf.constant(image)


def test_jitter_of_nothing_is_nothing():
    image = tf.cast(picture(8, 6), tf.float32)
    still = jitter(image, SEED, shift=0.0, rotation=0.0, zoom=0.0)
    np.testing.assert_allclose(still, image, atol=1e-4)


def test_jitter_turns_and_zooms_about_the_centre():
    moved = jitter(dot(), SEED, shift=0.0, rotation=0.3, zoom=0.3).numpy()
    np.testing.assert_allclose(centre_of_mass(moved), [4, 3], atol=1e-4)
    away = jitter(dot(at=(1, 3)), SEED, shift=0.0, rotation=0.3, zoom=0.0).numpy()
    assert abs(centre_of_mass(away)[1] - 3) > 0.05


def test_jitter_shifts_by_up_to_what_it_says():
    shifts = []
    for seed in range(200):
        moved = jitter(dot(), tf.constant([0, seed]), shift=1.0, rotation=0.0, zoom=0.0).numpy()
        assert moved.sum() == pytest.approx(100, rel=1e-4)
        shifts.append(centre_of_mass(moved) - [4, 3])
    shifts = np.array(shifts)
    assert np.abs(shifts).max() <= 1 + 1e-4
    assert np.abs(shifts).max() > 0.9
    np.testing.assert_allclose(shifts.mean(axis=0), 0, atol=0.15)
    np.testing.assert_allclose(shifts.std(axis=0), 3**-0.5, atol=0.08)


def test_jitter_is_the_same_with_an_unknown_size():
    def run(image):
        return jitter(image, SEED, shift=1.0, rotation=0.2, zoom=0.1)

    image = tf.cast(picture(8, 6), tf.float32)
    dynamic = tf.function(run, input_signature=[tf.TensorSpec([None, None, 1])])(image)
    np.testing.assert_allclose(dynamic, run(image), atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["digits", "inception", "lenet", "none", "vgg"])
def test_black_and_white_are_what_the_preprocessing_says(name, channels):
    for value, expected in zip((0, 255), get_pixel_range(name, channels), strict=True):
        made = apply(name, np.full([32, 32, channels], value, np.uint8), [32, 32])
        np.testing.assert_allclose(
            made, np.broadcast_to(np.float32(expected), made.shape), atol=1e-4
        )


def test_a_preprocessing_without_a_fixed_range_has_none():
    assert get_pixel_range("cifarnet", 3) is None
