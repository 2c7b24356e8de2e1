"""`inception`, `vgg` and `cifarnet`: the preprocessing of the published nets."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.goldens.compare import assert_record
from tests.goldens.loader import case
from tests.goldens.rule import make_input
from tf_slim.data.preprocessing import cifarnet, colour, get_preprocessing, inception, vgg
from tf_slim.data.preprocessing.geometry import resize, resize_short_side
from tf_slim.ops import randomness

NAMES = ("inception", "vgg", "cifarnet")
SEED = tf.constant([1, 2])


def picture(height=48, width=64, channels=3):
    noise = np.random.RandomState(0).randint(0, 256, [height, width, channels])
    return tf.constant(noise, tf.uint8)


def apply(name, image, size=None, is_training=False, seed=SEED):
    return get_preprocessing(name, size)(image, is_training=is_training, seed=seed)


@pytest.mark.parametrize(
    "case_id",
    ["inception_eval_0", "inception_eval_299", "inception_eval_float", "vgg_eval_2"]
    + ["vgg_eval_0", "cifarnet_eval_0", "cifarnet_eval_2"],
)
def test_evaluation_is_that_of_the_original(case_id):
    recorded = case("preprocessing", case_id)
    image = tf.constant(make_input(recorded["inputs"][0]))
    made = apply(case_id.partition("_")[0], image, recorded["args"][1])
    assert_record(made, recorded["output"])


@pytest.mark.parametrize("name", NAMES)
class TestAll:
    @pytest.mark.parametrize("is_training", [False, True])
    def test_height_comes_before_width(self, name, is_training):
        assert apply(name, picture(), (24, 40), is_training).shape == [24, 40, 3]

    def test_training_depends_on_the_seed_alone(self, name):
        one = apply(name, picture(), 16, True)
        tf.random.set_seed(77)
        np.testing.assert_array_equal(apply(name, picture(), 16, True), one)
        for seed in ([1, 3], [2, 2]):
            other = apply(name, picture(), 16, True, tf.constant(seed))
            assert np.any(other != one)

    def test_evaluation_does_not_depend_on_the_seed(self, name):
        one = apply(name, picture(), 16)
        np.testing.assert_array_equal(apply(name, picture(), 16, seed=tf.constant([5, 6])), one)

    @pytest.mark.parametrize("is_training", [False, True])
    def test_without_a_size_it_is_that_of_the_nets(self, name, is_training):
        size = {"inception": 299, "vgg": 224, "cifarnet": 32}[name]
        assert apply(name, picture(), None, is_training).shape == [size, size, 3]

    @pytest.mark.parametrize("is_training", [False, True])
    def test_in_a_function_it_is_the_same(self, name, is_training):
        preprocess = get_preprocessing(name, 16)
        traced = tf.function(preprocess, input_signature=None)
        unknown = traced.get_concrete_function(
            tf.TensorSpec([None, None, 3], tf.uint8),
            is_training=is_training,
            seed=tf.TensorSpec([2], tf.int32),
        )
        eager = preprocess(picture(), is_training=is_training, seed=SEED)
        np.testing.assert_allclose(unknown(picture(), seed=SEED), eager, atol=1e-4)

    def test_small_images_are_enlarged_or_padded(self, name):
        for is_training in (False, True):
            made = apply(name, picture(5, 3), 32, is_training)
            assert made.shape == [32, 32, 3]
            assert np.isfinite(made).all()


def test_inception_stays_in_its_range():
    for seed in range(5):
        made = apply("inception", picture(), 16, True, tf.constant([0, seed])).numpy()
        assert -1 <= made.min() < -0.2
        assert 0.2 < made.max() <= 1


def test_inception_without_a_central_crop_sees_the_border():
    image = np.zeros([40, 40, 3], np.uint8)
    image[0] = 255
    cut = inception.inception((40, 40))(tf.constant(image), is_training=False, seed=SEED)
    whole = inception.inception((40, 40), central_fraction=None)
    assert np.all(cut == -1)
    assert np.all(whole(tf.constant(image), is_training=False, seed=SEED)[0] == 1)


def test_the_slow_inception_takes_all_methods_and_orders():
    preprocess = inception.inception((16, 16), fast=False)
    made = [preprocess(picture(), is_training=True, seed=tf.constant([0, s])) for s in range(4)]
    assert len({float(tf.reduce_mean(image)) for image in made}) == 4


def test_a_part_shows_an_object():
    image = tf.cast(picture(), tf.float32)
    for seed in range(10):
        box = tf.constant([[[0.4, 0.4, 0.6, 0.6]]])
        _, where = inception.random_part(image, tf.constant([0, seed]), inception.Part(0.9), box)
        top, left, bottom, right = where[0, 0].numpy()
        height, width = min(bottom, 0.6) - max(top, 0.4), min(right, 0.6) - max(left, 0.4)
        assert height * width / 0.04 > 0.8


def test_vgg_keeps_the_ratio_of_the_sides():
    assert resize_short_side(picture(48, 64), 12).shape == [12, 16, 3]
    assert resize_short_side(picture(64, 48), 100).shape == [133, 100, 3]


def test_vgg_takes_off_the_means():
    flat = tf.fill([40, 50, 3], tf.constant(200, tf.uint8))
    np.testing.assert_allclose(apply("vgg", flat, 24)[0, 0], 200 - np.array(vgg.MEANS), rtol=1e-5)
    grey = apply("vgg", flat[:, :, :1], 24)
    assert grey.shape == [24, 24, 1]
    weighted = tf.image.rgb_to_grayscale(tf.constant([[vgg.MEANS]], tf.float32))
    np.testing.assert_allclose(grey[0, 0], 200 - weighted[0, 0], rtol=1e-5)
    with pytest.raises(ValueError, match="received 4 channels"):
        apply("vgg", picture(channels=4), 24)


def test_vgg_looks_at_large_crops_at_the_scale_of_the_paper():
    """A line at the border of the middle 7/8, which is what a crop of 224 out of 256 shows."""
    image = np.zeros([64, 64, 3], np.uint8)
    image[4:60, 4:60] = 255
    for size in (28, 112, 224, 448):
        made = apply("vgg", tf.constant(image), size)
        assert np.mean(made > 0) > 0.95


def test_cifarnet_pads_moves_and_relights():
    image = tf.cast(picture(32, 32), tf.float32)
    moved = cifarnet.move(image, (32, 32), SEED, padding=4).numpy()
    assert moved.shape == (32, 32, 3)
    assert np.any(moved != image)
    still = cifarnet.move(image, (32, 32), SEED, padding=0).numpy()
    assert np.array_equal(still, image) or np.array_equal(still, image[:, ::-1])
    relit = cifarnet.relight(image, SEED)
    slope, _ = np.polyfit(image.numpy().ravel(), relit.numpy().ravel(), 1)
    assert 0.2 <= slope <= 1.8


def test_colours_of_images_whose_channels_are_known_when_it_runs_only():
    image = np.random.RandomState(0).uniform(size=[4, 5, 3]).astype(np.float32)
    distort = tf.function(
        lambda image: colour.distort_colour(image, SEED),
        input_signature=[tf.TensorSpec([None, None, None])],
    )
    np.testing.assert_allclose(distort(image), colour.distort_colour(image, SEED), atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError):
        distort(np.zeros([4, 5, 4], np.float32))


def test_saturation_is_that_of_tensorflow():
    images = np.random.RandomState(0).uniform(-0.2, 1.2, [4, 5, 6, 3]).astype(np.float32)
    images[0, 0] = 0.5  # grey
    images[0, 1] = [-0.3, -0.2, -0.1]
    factors = [0.0, 0.5, 1.0, 3.0]
    made = colour.saturated(tf.constant(images), tf.reshape(factors, [4, 1, 1]))
    for own, image, factor in zip(made, images, factors):
        np.testing.assert_allclose(own, tf.image.adjust_saturation(image, factor), atol=2e-6)


@pytest.mark.parametrize("seed", [(0, 0), (-500, 2**31 - 1), (7, -3)])
def test_one_operation_draws_what_tensorflow_draws(seed):
    seed = tf.constant(seed, tf.int32)
    np.testing.assert_array_equal(randomness.split(seed, 4), tf.random.split(seed, 4))
    drawn = tf.random.stateless_uniform([], seed, alg="philox")
    np.testing.assert_array_equal(randomness.uniform(seed), drawn)


def test_grey_stays_grey():
    image = np.repeat(np.random.RandomState(0).randint(0, 256, [40, 50, 1], np.uint8), 3, 2)
    for seed in range(4):
        made = apply("inception", image, (32, 48), True, tf.constant([seed, 1])).numpy()
        np.testing.assert_allclose(made, np.broadcast_to(made[..., :1], made.shape), atol=1e-6)


@pytest.mark.parametrize("ordering", range(colour.ORDERINGS))
@pytest.mark.parametrize("channels", [1, 3])
def test_colours(ordering, channels):
    image = tf.image.convert_image_dtype(picture(channels=channels), tf.float32)
    for fast in (True, False):
        made = colour.distort_colour(image, SEED, ordering=ordering, fast=fast).numpy()
        assert made.shape == image.shape
        assert 0 <= made.min() <= made.max() <= 1
        assert np.any(made != image)


def test_a_wrong_ordering():
    with pytest.raises(ValueError, match="from 0 to 3, received 4"):
        colour.distort_colour(tf.zeros([1, 1, 3]), SEED, ordering=4)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "area"])
def test_resizing_is_that_of_tensorflow_1(method):
    methods = tf.compat.v1.image.ResizeMethod
    kind = {"nearest": methods.NEAREST_NEIGHBOR}.get(method) or getattr(methods, method.upper(), 0)
    expected = tf.compat.v1.image.resize(picture(), [20, 30], kind)
    made = resize(picture(), (20, 30), method)
    assert made.dtype == tf.float32
    np.testing.assert_allclose(made, tf.cast(expected, tf.float32))
