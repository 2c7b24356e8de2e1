"""What a pipeline yields: batches, epochs, order, sizes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tf_slim import data

SIZES = (7, 5, 9, 3)
TOTAL = sum(SIZES)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    return made.write(tmp_path_factory.mktemp("records"), SIZES)


def pipeline(pattern, batch_size=4, **kwargs):
    spec = kwargs.pop("spec", None) or made.describe(pattern)
    return data.Pipeline(spec, batch_size, preprocess=made.identify, **kwargs)


def flat(lists):
    return [number for numbers in lists for number in numbers]


def test_evaluation_is_one_pass_in_the_order_of_the_files(pattern):
    batches = made.numbers(pipeline(pattern, 5).dataset())
    assert flat(batches) == list(range(TOTAL))
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 4]


@pytest.mark.usefixtures("png_alone")
def test_labels_go_with_their_images(pattern):
    for kwargs in ({}, {"is_training": True, "num_epochs": 2}):
        for images, labels in made.batches(pipeline(pattern, 5, **kwargs).dataset()):
            np.testing.assert_array_equal(labels, images[:, 0, 0, 0].astype(int) % made.CLASSES)
            assert images.dtype == np.float32
            assert labels.dtype == np.int64


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize("batch_size", [1, 4, 24, 31, 32, 33, 50])
@pytest.mark.parametrize("drop_remainder", [None, True])
def test_steps_per_epoch_is_the_length_of_an_evaluation(pattern, batch_size, drop_remainder):
    evaluation = pipeline(pattern, batch_size, drop_remainder=drop_remainder)
    batches = made.numbers(evaluation.dataset())
    assert len(batches) == evaluation.steps_per_epoch == len(evaluation.dataset())
    kept = TOTAL // batch_size * batch_size if drop_remainder else TOTAL
    assert flat(batches) == list(range(kept))


@pytest.mark.usefixtures("png_alone")
def test_training_shows_every_record_once_per_epoch_in_ever_new_order(pattern):
    numbers = flat(made.numbers(pipeline(pattern, 8, is_training=True).dataset().take(9)))
    epochs = [numbers[i : i + TOTAL] for i in range(0, 3 * TOTAL, TOTAL)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(TOTAL))
    assert epochs[0] != list(range(TOTAL))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


@pytest.mark.usefixtures("png_alone")
def test_training_has_no_short_batch(pattern):
    training = pipeline(pattern, 10, is_training=True)
    assert training.dataset().cardinality() == tf.data.INFINITE_CARDINALITY
    assert [len(batch) for batch in made.numbers(training.dataset().take(12))] == [10] * 12
    assert training.steps_per_epoch == TOTAL // 10
    assert pipeline(pattern, 100, is_training=True).steps_per_epoch == 1


@pytest.mark.usefixtures("png_alone")
def test_training_for_some_epochs(pattern):
    training = pipeline(pattern, 10, is_training=True, num_epochs=3)
    batches = made.numbers(training.dataset())
    assert [len(batch) for batch in batches] == [10] * 7
    assert len(training.dataset()) == 7
    rest = pipeline(pattern, 10, is_training=True, num_epochs=3, drop_remainder=False)
    everything = flat(made.numbers(rest.dataset()))
    assert everything[:70] == flat(batches)
    assert sorted(everything) == sorted([*range(TOTAL)] * 3)


@pytest.mark.usefixtures("png_alone")
def test_two_iterations_are_the_same(pattern):
    training = pipeline(pattern, 6, is_training=True, seed=3)
    first = made.batches(training.dataset().take(10))
    made.assert_same(made.batches(training.dataset().take(10)), first)
    same = pipeline(pattern, 6, is_training=True, seed=3, num_parallel_calls=1)
    made.assert_same(made.batches(same.dataset().take(10)), first)


@pytest.mark.usefixtures("png_alone")
def test_the_global_seed_changes_nothing(pattern):
    first = made.batches(pipeline(pattern, 6, is_training=True).dataset().take(10))
    tf.random.set_seed(99)
    made.assert_same(made.batches(pipeline(pattern, 6, is_training=True).dataset().take(10)), first)


@pytest.mark.usefixtures("png_alone")
def test_seeds_give_different_orders(pattern):
    orders = {
        tuple(
            flat(made.numbers(pipeline(pattern, 8, is_training=True, seed=seed).dataset(0).take(3)))
        )
        for seed in (0, 1, 2, 2**40)
    }
    assert len(orders) == 4


@pytest.mark.usefixtures("png_alone")
def test_the_order_of_a_seed_stays_what_it_is(pattern):
    """A training started with an earlier version must resume with the same data."""
    numbers = made.numbers(pipeline(pattern, 8, is_training=True, seed=5).dataset().take(3))
    assert numbers == [
        [22, 5, 0, 17, 15, 7, 3, 9],
        [6, 12, 13, 16, 19, 18, 1, 11],
        [21, 14, 2, 23, 10, 8, 4, 20],
    ]


@pytest.mark.usefixtures("png_alone")
def test_images_get_the_index_of_their_record_in_the_stream_as_a_seed(pattern):
    training = pipeline(pattern, 10, is_training=True)
    seeds = [images[:, 0, 1, 0] for images, _ in made.batches(training.dataset().take(6))]
    np.testing.assert_array_equal(np.concatenate(seeds), np.arange(60))


@pytest.mark.usefixtures("png_alone")
def test_the_seed_of_the_pipeline_reaches_the_preprocessing(pattern):
    def first_words(seed):
        def preprocess(image, *, is_training, seed):
            del image, is_training
            return tf.cast(tf.reshape(seed, [1, 2, 1]), tf.float32)

        made_of = data.Pipeline(
            made.describe(pattern), 4, is_training=True, preprocess=preprocess, seed=seed
        )
        (images, _), *_ = made.batches(made_of.dataset().take(1))
        return set(images[:, 0, 0, 0])

    assert len(first_words(1)) == 1
    assert first_words(1) == first_words(1) != first_words(2)


@pytest.mark.usefixtures("png_alone")
def test_without_a_buffer_only_files_are_shuffled(pattern):
    training = pipeline(pattern, TOTAL, is_training=True, shuffle_buffer=0, cycle_length=1)
    ends = np.cumsum(SIZES).tolist()
    files = [list(range(end - size, end)) for size, end in zip(SIZES, ends)]
    orders = set()
    for epoch in made.numbers(training.dataset().take(6)):
        order = sorted(range(len(files)), key=lambda index: epoch.index(files[index][0]))
        assert epoch == flat(files[index] for index in order)
        orders.add(tuple(order))
    assert len(orders) > 2


def test_num_samples_is_counted_if_need_be(pattern):
    assert pipeline(pattern).num_samples == TOTAL
    assert data.Pipeline(data.get_dataset("digits", "test"), 10).num_samples == 355


@pytest.mark.usefixtures("png_alone")
def test_an_empty_file_among_others_is_no_fault(tmp_path):
    pattern = made.write(tmp_path, (3, 0, 2))
    for is_training in (False, True):
        batches = made.numbers(pipeline(pattern, 5, is_training=is_training).dataset().take(1))
        assert sorted(flat(batches)) == list(range(5))


@pytest.mark.parametrize("kwargs", [{}, {"is_training": True}, {"drop_remainder": True}])
@pytest.mark.parametrize("batch_size", [8, 100])
def test_element_spec(kwargs, batch_size):
    digits = data.Pipeline(data.get_dataset("digits", "train"), batch_size, **kwargs)
    assert digits.element_spec == digits.dataset().element_spec
    static = batch_size if kwargs else None
    assert digits.element_spec[0].shape.as_list() == [static, 8, 8, 1]
    assert digits.element_spec[1] == tf.TensorSpec([static], tf.int64)


def test_the_size_reaches_a_named_preprocessing():
    spec = data.get_dataset("digits", "test")
    larger = data.Pipeline(spec, 4, preprocess="lenet", image_size=(10, 12))
    images, _ = next(iter(larger.dataset()))
    assert images.shape == (4, 10, 12, 1)
    assert set(images.numpy()[:, 0].ravel()) == {-1.0}


def test_color_and_jpeg(tmp_path):
    color = np.zeros([6, 5, 3], np.uint8) + np.array([200, 100, 50], np.uint8)
    jpeg = tf.io.encode_jpeg(color, quality=100).numpy()
    data.write_examples(tmp_path / "x", [data.image_example(image, 0) for image in (color, jpeg)])
    ((images, _),) = made.batches(
        data.Pipeline(data.from_tfrecords(tmp_path / "x", 1), 2).dataset()
    )
    np.testing.assert_array_equal(images[0], color)
    np.testing.assert_allclose(images[1], color, atol=3)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, received 0"),
        ({"num_epochs": 0}, "num_epochs must be at least 1, received 0"),
        ({"cycle_length": 0}, "cycle_length must be at least 1, received 0"),
        ({"seed": -1}, "seed must be an integer from 0, received -1"),
        ({"preprocess": "lenett"}, "Did you mean 'lenet'"),
        ({"preprocess": lambda image: image}, "does not take is_training and seed"),
        ({"preprocess": lambda image, **_: image}, "one float32 tensor"),
        ({"preprocess": lambda image, **_: tf.cast(image[0], tf.float32)}, "one float32 tensor"),
    ],
)
def test_nonsense_is_refused(pattern, kwargs, message):
    arguments = {"batch_size": 4, **kwargs}
    with pytest.raises(ValueError, match=message):
        data.Pipeline(made.describe(pattern), **arguments)


def test_a_negative_start_is_refused(pattern):
    with pytest.raises(ValueError, match="received -1"):
        pipeline(pattern).dataset(start=-1)
