"""What a pipeline promises holds for every kind of source: see the table."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tests.data.sources import table
from tf_slim import data


@pytest.fixture(scope="module", params=table.SOURCES)
def spec(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    return table.SOURCES[request.param](folder, table.COUNT)


def pipeline(spec, batch_size=8, **kwargs):
    kwargs.setdefault("preprocess", made.identify)
    return data.Pipeline(spec, batch_size, **kwargs)


def arrays(dataset):
    return [tuple(part.numpy() for part in batch) for batch in dataset]


def assert_same(got, expected):
    assert len(got) == len(expected)
    for one, other in zip(got, expected):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other):
            np.testing.assert_array_equal(mine, theirs)


def numbers(batches):
    return [int(number) for images, *_ in batches for number in images[:, 0, 0, 0]]


def test_an_evaluation_is_one_pass_with_a_short_last_batch(spec):
    evaluation = pipeline(spec, 8)
    batches = arrays(evaluation.dataset())
    assert sorted(numbers(batches)) == list(range(table.COUNT))
    assert [len(images) for images, _ in batches] == [8] * 5 + [5]
    assert len(evaluation) == evaluation.steps_per_epoch == len(evaluation.dataset()) == 6
    for images, labels in batches:
        expected = [table.label_of(int(number)) for number in images[:, 0, 0, 0]]
        np.testing.assert_array_equal(labels, expected)
        assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert evaluation.element_spec == evaluation.dataset().element_spec


@pytest.mark.usefixtures("png_alone")
def test_weights_come_in_training_only(spec):
    training = pipeline(spec, 9, is_training=True)
    assert training.element_spec == training.dataset().element_spec
    assert len(training.element_spec) == (3 if spec.weighted else 2)
    for images, labels, *weights in arrays(training.dataset().take(3)):
        assert len(labels) == 9
        for weight in weights:
            expected = [table.weight_of(int(number)) for number in images[:, 0, 0, 0]]
            np.testing.assert_array_equal(weight, np.array(expected, np.float32))


@pytest.mark.usefixtures("png_alone")
def test_epochs_have_every_picture_once_in_ever_new_order(spec):
    shown = numbers(arrays(pipeline(spec, 9, is_training=True).dataset().take(15)))
    epochs = [shown[i : i + table.COUNT] for i in range(0, 3 * table.COUNT, table.COUNT)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(table.COUNT))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize("start", [6, 23])
def test_a_training_goes_on_at_any_batch(spec, start):
    training = pipeline(spec, 8, is_training=True, seed=3, shuffle_buffer=10)
    expected = arrays(training.dataset().take(start + 3))[start:]
    assert_same(arrays(training.dataset(start).take(3)), expected)
    tf.random.set_seed(99)
    again = pipeline(spec, 8, is_training=True, seed=3, shuffle_buffer=10, num_parallel_calls=1)
    assert_same(arrays(again.dataset(start).take(3)), expected)


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize("start", [5])
def test_an_evaluation_goes_on_at_any_batch(spec, start):
    expected = arrays(pipeline(spec).dataset())[start:]
    resumed = pipeline(spec).dataset(start)
    assert len(resumed) == len(expected)
    assert_same(arrays(resumed), expected)


@pytest.mark.usefixtures("png_alone")
def test_a_far_start_is_as_quick_as_a_near_one(spec):
    training = pipeline(spec, 9, is_training=True)
    shown = numbers(arrays(training.dataset(5 * 10**12).take(5)))
    assert sorted(shown) == list(range(table.COUNT))


@pytest.mark.usefixtures("png_alone")
def test_replicas_share_a_batch(spec, strategy2):
    expected = arrays(pipeline(spec).dataset(2))
    shared = strategy2.experimental_distribute_dataset(pipeline(spec).dataset(2))
    got = []
    for parts in shared:
        local = [strategy2.experimental_local_results(part) for part in parts]
        got.append(tuple(np.concatenate([one.numpy() for one in part]) for part in local))
    assert_same(got, expected)


@pytest.mark.usefixtures("png_alone")
def test_workers_share_a_stream_by_batches(spec):
    expected = numbers(arrays(pipeline(spec).dataset()))
    assert pipeline(spec).dataset().options().experimental_distribute.auto_shard_policy == (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    parts = [numbers(arrays(pipeline(spec, 5).dataset().shard(2, worker))) for worker in (0, 1)]
    assert sorted(parts[0] + parts[1]) == sorted(expected)


def test_in_a_v1_graph(spec):
    expected = arrays(pipeline(spec, is_training=True).dataset(2).take(2))
    with tf.Graph().as_default():
        dataset = pipeline(spec, is_training=True).dataset(2)
        following = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
        with tf.compat.v1.Session() as session:
            got = [session.run(following) for _ in range(2)]
    assert_same(got, expected)


@pytest.mark.usefixtures("png_alone")
def test_iterating_a_pipeline(spec):
    evaluation = pipeline(spec)
    assert evaluation
    assert_same(arrays(evaluation), arrays(evaluation.dataset()))


@pytest.mark.usefixtures("png_alone")
def test_names_of_pictures(spec):
    evaluation = pipeline(spec)
    shown = numbers(arrays(evaluation.dataset()))
    names = evaluation.filenames([44, 0, 7, 7])
    if spec.listing is None and names[0] is None:
        assert names == [None] * 4
    else:
        for position, name in zip((44, 0, 7, 7), names):
            assert name is not None and name.endswith(f"/{shown[position]} é.png")
    assert evaluation.filenames([]) == []
    with pytest.raises(IndexError, match=r"\[0, 45\)"):
        evaluation.filenames([45])


def test_all_are_checked(spec):
    assert data.check(spec) == dict.fromkeys(range(table.CLASSES), 9)


@pytest.mark.usefixtures("png_alone")
def test_a_preprocessing_that_fails_names_the_picture(spec):
    def picky(image, *, is_training, seed):
        del is_training, seed
        tf.debugging.Assert(tf.not_equal(image[0, 0, 0], 20), ["too bright"])
        return tf.cast(image, tf.float32)

    failing = pipeline(spec, preprocess=picky)
    order = numbers(arrays(pipeline(spec).dataset()))
    with pytest.raises(data.DataError, match="preprocessing.* fails: .*too bright") as info:
        list(failing)
    error = info.value
    (name,) = pipeline(spec).filenames([order.index(20)])
    if error.record is None:
        assert name is not None and error.path is not None and error.path.endswith(name)
    else:
        assert error.record == 20  # of TFRecords as well: the first file has 22
