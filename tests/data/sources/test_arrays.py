"""Arrays as data: what people have in memory, and what it is taken for."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tests.data.sources import table
from tf_slim import data

IMAGES = np.stack([table.pixels(number) for number in range(6)])
LABELS = np.arange(6) % 3


def shown(spec, **kwargs):
    (batch,) = made.batches(data.Pipeline(spec, 6, **kwargs).dataset())
    return batch


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        IMAGES[..., 0],
        list(IMAGES),
        tf.constant(IMAGES),
        IMAGES.astype(np.int64),
        IMAGES.astype(np.float32),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float16),
        tf.constant(IMAGES / 255, tf.float32),
    ],
    ids=["uint8", "grey", "list", "tensor", "int64", "whole floats", "255ths", "half", "tensor255"],
)
def test_pictures(images):
    pixels, labels = shown(data.from_arrays(images, LABELS))
    np.testing.assert_array_equal(pixels, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


def test_pictures_of_pillow_and_of_several_sizes():
    pillow = pytest.importorskip("PIL.Image")
    pictures = [pillow.fromarray(np.full([4 + i, 5, 3], i, np.uint8)) for i in range(3)]
    spec = data.from_arrays(pictures, [0, 1, 2], image_size=6, preprocessing="lenet")
    assert spec.image_channels == 3
    ((images, _),) = made.batches(data.Pipeline(spec, 3).dataset())
    assert images.shape == (3, 6, 6, 3)
    with pytest.raises(data.DataError, match="do not fit into one batch"):
        list(data.Pipeline(data.from_arrays(pictures, [0, 1, 2]), 3))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (LABELS, LABELS),
        (LABELS[:, np.newaxis].astype(np.uint8), LABELS),
        (LABELS.astype(np.float32), LABELS),
        (np.eye(3)[LABELS], LABELS),
        (["b", "c", "a"] * 2, [1, 2, 0] * 2),
        (np.array(["b", "c", "a"] * 2, object), [1, 2, 0] * 2),
        (np.array([[1, 0], [1, 1]] * 3), [[1, 0], [1, 1]] * 3),
        (tf.constant(LABELS), LABELS),
    ],
)
def test_labels(labels, expected):
    spec = data.from_arrays(IMAGES, labels)
    _, found = shown(spec)
    np.testing.assert_array_equal(found, expected)
    assert spec.num_classes == (2 if spec.multi_label else 3)
    assert found.dtype == (np.float32 if spec.multi_label else np.int64)
    if isinstance(labels[0], str):
        assert spec.labels_to_names == {0: "a", 1: "b", 2: "c"}


def test_one_label_each_may_be_multi_label():
    spec = data.from_arrays(IMAGES, np.eye(3)[LABELS], multi_label=True)
    np.testing.assert_array_equal(shown(spec)[1], np.eye(3)[LABELS])
    names = data.from_arrays(IMAGES, LABELS, labels_to_names=["x", "y", "z", "none"])
    assert (names.num_classes, names.labels_to_names and names.labels_to_names[3]) == (4, "none")


def test_a_mapped_file_is_not_read_at_once(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    pixels, _ = shown(data.from_arrays(mapped, LABELS))
    np.testing.assert_array_equal(pixels, IMAGES)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        ("folder", [0], "A folder is read by slim.data.from_folder"),
        (3, [0], "must be an array or a list of pictures"),
        ((i for i in range(3)), [0], "a generator by slim.data.from_generator"),
        ([], [], "not a single picture"),
        (IMAGES[0, ..., 0], LABELS, r"received \[2, 2\].*images\[np.newaxis\]"),
        (np.zeros([6, 2, 2, 5], np.uint8), LABELS, r"channels, received shape \[6, 2, 2, 5\]"),
        (np.zeros([6, 3, 8, 8], np.uint8), LABELS, "The channels come last"),
        (np.zeros([6, 0, 2, 1], np.uint8), LABELS, "has no pixels"),
        (IMAGES / 100 - 1, LABELS, r"float64 in \[-1, .*np.uint8"),
        (IMAGES * np.nan, LABELS, "uint8 pixels from 0 to 255"),
        (IMAGES.astype(np.int32) * 1000, LABELS, r"int32 in \[0, "),
        (IMAGES.astype(str), LABELS, "must be uint8 pixels, received <U"),
        (["a.png"] * 6, LABELS, r"images\[0\] must be a picture"),
        ([IMAGES[0], np.zeros([2, 2, 3], np.uint8)], [0, 1], r"images\[1\] has 3 channels"),
        (IMAGES, LABELS[:5], "there are 6 pictures, but 5 labels"),
        (IMAGES, -LABELS, r"received -1 for picture 1"),
        (IMAGES, LABELS + 0.5, "labels must be integers or names, received float64"),
        (IMAGES, np.full([6, 3], 0.5), "rows of 0 and 1, but that of picture 0"),
        (IMAGES, np.zeros([6, 2, 2]), r"labels must be \[pictures\]"),
        (IMAGES, ["a", 1] * 3, None),
    ],
)
def test_what_is_refused(images, labels, message):
    if message is None:  # NumPy makes texts of both
        assert data.from_arrays(images, labels).labels_to_names == {0: "1", 1: "a"}
        return
    with pytest.raises((TypeError, ValueError), match=message):
        data.from_arrays(images, labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 2}, r"labels must be in \[0, 2\), received 2 for picture 2"),
        ({"weights": [1.0] * 5}, r"weights must be \[6\], one a picture; received \[5\]"),
        ({"weights": [1.0] * 5 + [-1]}, "received -1.0 for picture 5"),
        ({"multi_label": True}, "must be rows of 0 and 1"),
    ],
)
def test_options_that_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.from_arrays(IMAGES, LABELS, **options)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("flowers", r"slim.data.from_source\('flowers', 'train'\)"),
        ((IMAGES, LABELS), r"slim.data.from_arrays\(images, labels\)"),
        (IMAGES, r"slim.data.from_arrays\(images, labels\)"),
        (tf.data.Dataset.range(3), "take a tf.data.Dataset as it is"),
        ((i for i in range(3)), "slim.data.from_generator"),
    ],
)
def test_a_pipeline_says_what_to_write(given, message):
    with pytest.raises(TypeError, match=message):
        data.Pipeline(given, 8)
