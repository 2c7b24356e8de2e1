"""Several workers together read the batches of one: each its share, and no more than that."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data import made
from tf_slim import data
from tf_slim.data.batching import Batching
from tf_slim.data.shares import Share

pytestmark = [pytest.mark.one_seed, pytest.mark.usefixtures("png_alone_in_module")]

SIZES = (7, 5, 9, 3)


def contexts(workers, replicas=1):
    return [
        tf.distribute.InputContext(workers, worker, workers * replicas) for worker in range(workers)
    ]


def shares(pipeline, workers, replicas=1, start=0, steps=None):
    """For each step the batches of all replicas."""
    streams = [pipeline.dataset(start, context=one) for one in contexts(workers, replicas)]
    read = [list(stream if steps is None else stream.take(steps * replicas)) for stream in streams]
    assert len({len(elements) for elements in read}) == 1, "workers are out of step"
    return [
        [element for elements in read for element in elements[step : step + replicas]]
        for step in range(0, len(read[0]), replicas)
    ]


def assert_one_process(pipeline, got, start=0):
    """The parts of each step, one after the other, are the batch of one process."""
    expected = pipeline.dataset(start)
    expected = list(expected.take(len(got)) if pipeline.num_epochs is None else expected)
    assert len(got) == len(expected)
    for parts, whole in zip(got, expected):
        sizes = [int(part[0].shape[0]) for part in parts]
        assert max(sizes) - min(sizes) <= 1 and sizes == sorted(sizes, reverse=True)
        for together, tensor in zip(zip(*parts, strict=True), whole, strict=True):
            np.testing.assert_array_equal(np.concatenate(together), tensor)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    return made.write(tmp_path_factory.mktemp("records"), SIZES)


@given(
    batch_size=st.integers(1, 70),
    workers=st.integers(1, 9),
    replicas=st.integers(1, 4),
    total=st.integers(0, 300),
    drop_remainder=st.booleans(),
    start=st.integers(0, 5),
)
@example(batch_size=8, workers=8, replicas=1, total=9, drop_remainder=False, start=0)
@settings(max_examples=60)
def test_parts_cover_each_batch_once(batch_size, workers, replicas, total, drop_remainder, start):
    batch_size = max(batch_size, workers * replicas)
    all_shares = [Share.of(context, batch_size) for context in contexts(workers, replicas)]
    batching = Batching(batch_size, total, drop_remainder, 1)
    for size in (batch_size, total % batch_size):
        edges = [bound for share in all_shares for bound in share.bounds(size)]
        assert edges[0] == 0 and edges[-1] == size and edges == sorted(edges)
        sizes = [part for share in all_shares for part in share.sizes(size)]
        assert sum(sizes) == size and max(sizes) - min(sizes) <= 1
        assert all(share.most >= sum(share.sizes(size)) for share in all_shares)
        for share in all_shares:
            (cut,) = share.cut(tf.range(size))
            assert cut.numpy().tolist() == list(
                range(share.bounds(size)[0], share.bounds(size)[-1])
            )
    index = tf.range(start * batch_size, max(total, start * batch_size), dtype=tf.int64)
    owners = sum(
        tf.cast(share.mine(index, batching.rest, batching.in_whole), tf.int32).numpy()
        for share in all_shares
    )
    kept = total - total % batch_size if drop_remainder else total
    np.testing.assert_array_equal(owners, index.numpy() < kept)


@settings(max_examples=2)
@given(
    batch_size=st.integers(1, 50),
    workers=st.integers(1, 4),
    replicas=st.integers(1, 2),
    num_epochs=st.integers(1, 2),
    is_training=st.booleans(),
    drop_remainder=st.booleans(),
    start=st.integers(0, 3),
)
@example(5, 2, 2, 1, False, False, 0)  # 24 = 4 * 5 + 4
@example(23, 3, 1, 1, False, False, 0)  # the last batch has one example
@example(23, 3, 1, 1, False, False, 1)  # and is the only one
@example(7, 2, 1, 2, True, True, 1)
def test_streams_that_end(
    pattern, batch_size, workers, replicas, num_epochs, is_training, drop_remainder, start
):
    pipeline = made.pipeline(
        pattern,
        max(batch_size, workers * replicas),
        is_training=is_training,
        num_epochs=num_epochs,
        drop_remainder=drop_remainder,
    )
    got = shares(pipeline, workers, replicas, start)
    assert_one_process(pipeline, got, start)
    context = contexts(workers, replicas)[-1]
    assert len(pipeline.dataset(start, context=context)) == len(got) * replicas


@pytest.mark.parametrize(("workers", "mixed"), [(2, True), (3, False)])
def test_training(workers, mixed):
    pixels = np.arange(50 * 4, dtype=np.uint8).reshape(50, 2, 2, 1)
    pipeline = data.Pipeline(
        data.from_arrays(pixels, np.arange(50) % 5, weights=np.arange(50) / 50),
        8,
        is_training=True,
        augment=data.Augment(mixup=1.0) if mixed else data.Augment(random_erasing=0.5),
        shuffle_buffer=9,
    )
    for start in (0, 11):
        got = shares(pipeline, workers, start=start, steps=8)  # into the next epoch
        assert_one_process(pipeline, got, start)
        assert len(got[0][0]) == 3  # with weights


def test_many_records_in_several_chunks():
    pixels = np.random.RandomState(0).randint(0, 256, [700, 2, 2, 1]).astype(np.uint8)
    pipeline = data.Pipeline(data.from_arrays(pixels, np.arange(700) % 5), 300, num_epochs=2)
    assert_one_process(pipeline, shares(pipeline, 3))


def test_the_examples_of_others_are_not_decoded(pattern):
    seen = []

    def watched(image, *, is_training, seed):
        image = made.identify(image, is_training=is_training, seed=seed)
        tf.numpy_function(lambda one: seen.append(int(one.flat[0])), [image], [])
        return image

    pipeline = made.pipeline(pattern, 6, preprocess=watched)
    mine = made.numbers(pipeline.dataset(context=contexts(3)[1]))
    assert mine == [[2, 3], [8, 9], [14, 15], [20, 21]]
    assert sorted(seen) == sorted(itertools.chain(*mine))


def test_under_a_strategy(strategy2, pattern):
    pipeline = made.pipeline(pattern, 4, is_training=True, shuffle_buffer=0)
    by_function = strategy2.distribute_datasets_from_function(
        lambda context: pipeline.dataset(3, context=context)
    )
    of_dataset = strategy2.experimental_distribute_dataset(pipeline.dataset(3))
    for _, (one, _), (other, _) in zip(range(4), by_function, of_dataset):
        for mine, theirs in zip(one.values, other.values, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_shapes_are_known_where_all_parts_are_alike(pattern):
    pipeline = made.pipeline(pattern, 9, is_training=True)
    first, second = (pipeline.dataset(context=one).element_spec[0] for one in contexts(2))
    assert (first.shape[0], second.shape[0]) == (5, 4)
    assert pipeline.dataset(context=contexts(2, 2)[0]).element_spec[0].shape[0] is None


def test_bad_contexts(pattern):
    pipeline = made.pipeline(pattern, 3)
    with pytest.raises(ValueError, match=r"at least the number of replicas, 4 on 2 workers.*3"):
        pipeline.dataset(context=contexts(2, 2)[0])
    for wrong in (tf.distribute.InputContext(2, 0, 3), tf.distribute.InputContext(2, 2, 2)):
        with pytest.raises(ValueError, match="context: expected num_replicas_in_sync"):
            pipeline.dataset(context=wrong)


class TestWholeFiles:
    """Each worker reads files of its own."""

    @settings(max_examples=2)
    @given(
        batch_size=st.integers(4, 30),
        workers=st.integers(2, 4),
        num_epochs=st.integers(1, 2),
        start=st.integers(0, 2),
    )
    @example(4, 4, 1, 0)  # 7, 5, 9 and 3 records, one at a time
    def test_each_example_once(self, pattern, batch_size, workers, num_epochs, start):
        pipeline = made.pipeline(
            pattern,
            batch_size,
            num_epochs=num_epochs,
            shard_files=True,
        )
        seen = [
            [made.numbers(pipeline.dataset(one, context=context)) for context in contexts(workers)]
            for one in (0, start)
        ]
        for streams in seen:  # in step, the last batches empty where need be
            assert len({len(batches) for batches in streams}) == 1
        full = sorted(itertools.chain(*itertools.chain(*seen[0])))
        assert full == sorted([*range(24)] * num_epochs)
        assert [batches[start:] for batches in seen[0]] == seen[1]

    def test_training(self, pattern):
        pipeline = made.pipeline(pattern, 4, is_training=True, shard_files=True)
        own = [{*range(7), *range(12, 21)}, {*range(7, 12), *range(21, 24)}]
        seeds: list[float] = []
        for context, files in zip(contexts(2), own):
            read = made.batches(pipeline.dataset(context=context).take(24))
            numbers = [int(number) for images, _ in read for number in images[:, 0, 0, 0]]
            seeds += [seed for images, _ in read for seed in images[:, 0, 1, 0].tolist()]
            for epoch in range(48 // len(files)):
                seen = numbers[epoch * len(files) : (epoch + 1) * len(files)]
                assert sorted(seen) == sorted(files)
            again = made.batches(pipeline.dataset(5, context=context).take(3))
            made.assert_same(again, read[5:8])
        assert len(set(seeds)) == len(seeds)

    def test_one_that_ends_with_whole_batches(self, pattern):
        pipeline = made.pipeline(
            pattern,
            6,
            is_training=True,
            num_epochs=1,
            augment=data.Augment(mixup=1.0),
            shard_files=True,
        )
        streams = [pipeline.dataset(context=context) for context in contexts(2)]
        assert [len(list(stream)) for stream in streams] == [2, 2]  # of 16 and 8 records

    def test_the_files_of_others_are_not_opened(self, tmp_path):
        pattern = made.write(tmp_path, [4, 4])
        spec = made.describe(pattern, num_samples=8)
        pipeline = data.Pipeline(
            spec, 2, is_training=True, preprocess=made.identify, shard_files=True
        )
        (tmp_path / "part-001.tfrecord").unlink()
        batches = made.numbers(pipeline.dataset(context=contexts(2)[0]).take(4))
        assert sorted(itertools.chain(*batches)) == [0, 1, 2, 3]

    def test_too_few_files(self, pattern):
        options = {"preprocess": made.identify, "shard_files": True}
        pipeline = made.pipeline(pattern, 8, shard_files=True)
        with pytest.raises(ValueError, match="5 workers cannot have whole files each"):
            pipeline.dataset(context=contexts(5)[0])
        arrays = data.from_arrays(np.zeros([4, 1, 2, 1], np.uint8), [0, 1, 0, 1])
        with pytest.raises(ValueError, match="2 workers cannot have whole files each of arrays"):
            data.Pipeline(arrays, 2, **options).dataset(context=contexts(2)[0])
        with pytest.raises(ValueError, match="shard_files has no meaning with a service"):
            made.pipeline(pattern, 8, service="grpc://a:1", **options)
