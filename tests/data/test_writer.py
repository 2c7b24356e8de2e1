"""Writing records, and files of records."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tf_slim import data


def read(path):
    return [record.numpy() for record in tf.data.TFRecordDataset(str(path))]


def test_what_is_written_is_read(tmp_path):
    examples = [made.example(number) for number in range(5)]
    path = tmp_path / "new" / "folder" / "x.tfrecord"
    assert data.write_examples(path, iter(examples)) == 5
    assert [tf.train.Example.FromString(record) for record in read(path)] == examples
    assert [file.name for file in path.parent.iterdir()] == ["x.tfrecord"]


def test_serialized_records_are_written_as_they_are(tmp_path):
    data.write_examples(tmp_path / "x", [b"one", made.example(1), b""])
    assert read(tmp_path / "x")[::2] == [b"one", b""]


def test_a_failure_leaves_what_was_there(tmp_path):
    data.write_examples(tmp_path / "x", [b"old"])

    def failing():
        yield b"new"
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        data.write_examples(tmp_path / "x", failing())
    with pytest.raises(RuntimeError, match="power cut"):
        data.write_examples(tmp_path / "y", failing())
    assert read(tmp_path / "x") == [b"old"]
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_an_unfinished_file_matches_no_usual_pattern(tmp_path):
    def looking():
        yield b"one"
        assert tf.io.gfile.glob(str(tmp_path / "train*")) == []
        assert tf.io.gfile.glob(str(tmp_path / "*.tfrecord")) == []
        assert len(list(tmp_path.iterdir())) == 1

    data.write_examples(tmp_path / "train.tfrecord", looking())
    assert read(tmp_path / "train.tfrecord") == [b"one"]


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 4)])
def test_pixels_become_a_png(shape):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    features = data.image_example(pixels, 7, "seven").features.feature
    encoded = features["image/encoded"].bytes_list.value[0]
    np.testing.assert_array_equal(tf.io.decode_png(encoded), pixels.reshape(3, 4, -1))
    assert features["image/format"].bytes_list.value[0] == b"png"
    assert features["image/height"].int64_list.value[0] == 3
    assert features["image/width"].int64_list.value[0] == 4
    assert features["image/class/label"].int64_list.value[0] == 7
    assert features["image/class/text"].bytes_list.value[0] == b"seven"
    assert "image/class/text" not in data.image_example(pixels, 7).features.feature


def test_files_are_kept_as_they_are():
    jpeg = tf.io.encode_jpeg(np.zeros([5, 6, 3], np.uint8)).numpy()
    features = data.image_example(jpeg, 0).features.feature
    assert features["image/encoded"].bytes_list.value[0] == jpeg
    assert features["image/format"].bytes_list.value[0] == b"jpeg"
    assert features["image/height"].int64_list.value[0] == 5
    assert features["image/width"].int64_list.value[0] == 6


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (b"cat.png", "7 bytes starting with b'cat.png' are not"),
        (np.zeros([3, 4], np.float32), r"received float32 \[3, 4, 1\]"),
        (np.zeros([3, 4, 2], np.uint8), r"received uint8 \[3, 4, 2\]"),
        (np.zeros([3], np.uint8), r"received uint8 \[3\]"),
    ],
    ids=["bytes", "dtype", "channels", "rank"],
)
def test_what_is_no_image_is_refused(image, message):
    with pytest.raises(data.DataError, match=message):
        data.image_example(image, 0)


def test_in_a_v1_graph():
    expected = made.example(3)
    with tf.Graph().as_default():
        assert made.example(3) == expected


def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    seen = []
    reader = threading.Thread(target=lambda: seen.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    data.write_examples(tmp_path / "pipe", [b"one"])
    reader.join()
    data.write_examples(tmp_path / "x", [b"one"])
    assert seen == [(tmp_path / "x").read_bytes()]
