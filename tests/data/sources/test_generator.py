"""Generators as data: called anew for each epoch, and named when they fail."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data import made
from tests.data.sources import table
from tf_slim import data


def drawn(count=5):
    for number in range(count):
        yield table.pixels(number), number % 3


def broken(at, record=None, error=None):
    """A function whose record `at` is another one, or an error."""

    def function():
        for number in range(6):
            if number == at and error is not None:
                raise error
            yield record if number == at else (table.pixels(number), number % 3)

    return function


def fault(function, **options):
    spec = data.from_generator(function, 3, **options)
    with pytest.raises(data.DataError) as info:
        list(data.Pipeline(spec, 2, preprocess=made.identify))
    return info.value


def test_records_are_counted_by_running_it_once():
    spec = data.from_generator(drawn, 3)
    assert (spec.name, spec.num_samples, spec.image_channels) == ("drawn", None, 1)
    pipeline = data.Pipeline(spec, 2, preprocess=made.identify)
    assert (pipeline.num_samples, len(pipeline)) == (5, 3)
    assert made.numbers(pipeline.dataset()) == [[0, 1], [2, 3], [4]]


def test_what_can_be_iterated_over_is_fine():
    spec = data.from_generator(lambda: list(drawn()), 3, num_samples=5)
    assert made.numbers(data.Pipeline(spec, 5, preprocess=made.identify).dataset()) == [[*range(5)]]


def test_bytes_of_files():
    def files():
        for number in range(4):
            yield table.png(number), number % 3

    spec = data.from_generator(files, 3, image_channels=1)
    assert made.numbers(data.Pipeline(spec, 4, preprocess=made.identify).dataset()) == [[*range(4)]]


def test_several_labels_and_sizes():
    def pictures():
        for number in range(4):
            yield np.full([3, 3 + number, 3], number, np.uint8), list(range(number))

    spec = data.from_generator(pictures, 3, multi_label=True)
    pipeline = data.Pipeline(spec, 4, preprocess="lenet", image_size=4)
    ((images, labels),) = made.batches(pipeline.dataset())
    assert images.shape == (4, 4, 4, 3)
    np.testing.assert_array_equal(labels, np.tri(4, 3, -1))
    assert data.check(spec) == {0: 3, 1: 2, 2: 1}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (3, "expected (image, label), received 3"),
        ((table.pixels(3),), "expected (image, label)"),
        ((table.pixels(3), 3), "its label is 3, but must be in [0, 3)"),
        ((table.pixels(3), "cat"), "its label must be an integer, received 'cat'"),
        ((table.pixels(3), [1]), "expected one label, received"),
        ((np.zeros([2, 2, 3], np.uint8), 1), "the picture has 3 channels, the first has 1"),
        ((table.pixels(3) - 7.5, 1), "must be uint8 pixels"),
        ((np.zeros([7], np.uint8), 1), "the picture must be a picture [height"),
    ],
)
def test_a_bad_record_is_named(record, message):
    error = fault(broken(3, record), num_samples=6)
    assert message in str(error)
    assert (error.path, error.record) == ("the generator function", 3)
    with pytest.raises(data.DataError, match=r"the generator function, record 0: "):
        data.from_generator(broken(0, record), 3) if "first" not in message else fault(
            broken(0, (None, 1))
        )


def test_an_error_of_the_generator_is_told():
    error = fault(broken(4, error=RuntimeError("no more paint")), num_samples=6)
    assert "it fails by RuntimeError: no more paint" in str(error)
    assert error.record == 4


def test_bad_files_are_named(tmp_path):
    def files():
        yield table.png(0), 0
        yield b"text", 1

    error = fault(files)
    assert error.record == 1
    assert "the image of 4 bytes, starting with b'text', does not decode" in str(error)

    def paths():
        (tmp_path / "0.png").write_bytes(table.png(0))
        yield str(tmp_path / "0.png"), 0
        yield str(tmp_path / "1.png"), 1

    assert f"its file '{tmp_path / '1.png'}' cannot be read" in str(fault(paths))


@pytest.mark.parametrize("said", [4, 7])
@pytest.mark.parametrize("is_training", [False, True])
def test_a_wrong_number_of_pictures_is_told(said, is_training):
    spec = data.from_generator(drawn, 3, num_samples=said)
    pipeline = data.Pipeline(spec, 2, preprocess=made.identify, is_training=is_training)
    with pytest.raises(data.DataError, match=f"should have {said} records, but the data have 5"):
        with pipeline.diagnosing():
            list(pipeline.dataset().take(20))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (drawn(), "takes a function without parameters.*Give the function itself"),
        ([1, 2], "takes a function without parameters"),
        (iter([]).__iter__, "returns the same iterator each time"),
        (lambda: 3, "must yield .image, label., it returns 3"),
        (lambda: iter([]), "it yields nothing"),
    ],
)
def test_what_is_no_generator_function(function, message):
    with pytest.raises((TypeError, data.DataError), match=message):
        data.from_generator(function, 3)
