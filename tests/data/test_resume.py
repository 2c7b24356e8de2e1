"""A stream that starts at batch k is the full stream from batch k on, to the bit."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data import made
from tf_slim import data

pytestmark = pytest.mark.usefixtures("png_alone_in_module")

SIZES = (7, 5, 9, 3)
AHEAD = 3


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    return made.write(tmp_path_factory.mktemp("records"), SIZES)


@settings(max_examples=12)
@given(
    start=st.integers(0, 40),
    batch_size=st.integers(1, 60),
    seed=st.integers(0, 2**63),
    shuffle_buffer=st.sampled_from([0, 5, 1000]),
)
@example(start=3, batch_size=8, seed=0, shuffle_buffer=1000)  # exactly an epoch
@example(start=40, batch_size=60, seed=0, shuffle_buffer=1000)  # a hundred epochs
def test_training(pattern, start, batch_size, seed, shuffle_buffer):
    training = made.pipeline(
        pattern,
        batch_size,
        is_training=True,
        seed=seed,
        shuffle_buffer=shuffle_buffer,
        cycle_length=2,
    )
    expected = made.batches(training.dataset().take(start + AHEAD))[start:]
    made.assert_same(made.batches(training.dataset(start).take(AHEAD)), expected)


@settings(max_examples=10)
@given(
    start=st.integers(0, 30),
    batch_size=st.integers(1, 40),
    num_epochs=st.integers(1, 3),
    is_training=st.booleans(),
    drop_remainder=st.booleans(),
)
@example(start=3, batch_size=8, num_epochs=1, is_training=False, drop_remainder=False)  # the end
def test_streams_that_end(pattern, start, batch_size, num_epochs, is_training, drop_remainder):
    pipeline = made.pipeline(
        pattern,
        batch_size,
        is_training=is_training,
        num_epochs=num_epochs,
        drop_remainder=drop_remainder,
    )
    resumed = pipeline.dataset(start)
    expected = made.batches(pipeline.dataset())[start:]
    made.assert_same(made.batches(resumed), expected)
    assert len(resumed) == len(expected)


def test_augmented_digits_over_many_epochs():
    training = data.Pipeline(data.get_dataset("digits", "train"), 128, is_training=True)
    full = made.batches(training.dataset().take(60))
    for start in (1, 11, 12, 23, 45, 57):
        made.assert_same(made.batches(training.dataset(start).take(3)), full[start : start + 3])


def test_a_far_start_is_as_quick_as_a_near_one(pattern):
    training = made.pipeline(pattern, 5, is_training=True)
    # 10^12 epochs could not be read; the position in the stream has to be computed.
    far = 24 * 10**12
    numbers = made.numbers(training.dataset(far).take(24))
    assert sorted(itertools.chain(*numbers)) == sorted([*range(24)] * 5)
