"""The digits that come with the package: what is in them, and that they can be made again."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from tf_slim import data

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / "tf_slim" / "data" / "digits"
TRAIN = [143, 146, 142, 147, 145, 146, 145, 144, 140, 144]
TEST = [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]


@pytest.fixture(scope="module")
def source():
    return load_digits()


def records(split):
    files = data.get_dataset("digits", split).files()
    return [
        tf.train.Example.FromString(record.numpy()).features.feature
        for record in tf.data.TFRecordDataset(files)
    ]


def pixels(feature):
    return tf.io.decode_png(feature["image/encoded"].bytes_list.value[0]).numpy()[:, :, 0]


def test_the_files_are_what_the_script_makes(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("make_digits", ROOT / "scripts/make_digits.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(["--out", str(tmp_path)])
    assert "1442 images" in capsys.readouterr().out
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["digits_test.tfrecord", "digits_train.tfrecord", "labels.txt"]
    for name in made:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


@pytest.mark.parametrize(("split", "counts"), [("train", TRAIN), ("test", TEST)])
def test_counts(split, counts):
    spec = data.get_dataset("digits", split)
    assert list(data.check(spec).values()) == counts
    assert spec.num_samples == sum(counts)


def test_a_fifth_of_each_class_is_for_testing(source):
    for label, (train, test) in enumerate(zip(TRAIN, TEST)):
        assert train + test == (source.target == label).sum()
        assert test == (train + test) // 5


def test_every_image_of_the_source_is_there_once(source):
    def key(image, label):
        return (label, image.astype(np.uint8).tobytes())

    expected = sorted(key(image, int(label)) for image, label in zip(source.images, source.target))
    got = sorted(
        key(np.rint(pixels(record) / 255 * 16), record["image/class/label"].int64_list.value[0])
        for split in ("train", "test")
        for record in records(split)
    )
    assert got == expected


def test_the_keys_and_the_values_of_a_record():
    for record in records("test")[:3]:
        assert sorted(record) == [
            "image/class/label",
            "image/class/text",
            "image/encoded",
            "image/format",
            "image/height",
            "image/width",
        ]
        label = record["image/class/label"].int64_list.value[0]
        names = data.get_dataset("digits", "test").labels_to_names
        assert record["image/class/text"].bytes_list.value[0].decode() == names[label]
        assert record["image/format"].bytes_list.value[0] == b"png"
        assert record["image/height"].int64_list.value[0] == 8
        assert record["image/width"].int64_list.value[0] == 8
        assert pixels(record).shape == (8, 8)


def test_the_order_takes_each_class_in_turn(source):
    labels = [record["image/class/label"].int64_list.value[0] for record in records("train")]
    assert labels[:20] == [*range(10), *range(10)]
    first_zeros = source.images[source.target == 0][:5]
    zeros = [pixels(record) for record, label in zip(records("train"), labels) if label == 0]
    # The fifth zero is for testing.
    for index in range(4):
        np.testing.assert_array_equal(zeros[index], np.rint(first_zeros[index] * 255 / 16))
    np.testing.assert_array_equal(pixels(records("test")[0]), np.rint(first_zeros[4] * 255 / 16))


def test_the_spec_says_where_the_data_is_from():
    spec = data.get_dataset("digits", "train")
    assert "Alpaydin" in spec.citation
    assert "10.24432/C50P49" in spec.citation
    assert spec.license == "CC BY 4.0"
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "10.24432/C50P49" in readme
    assert "| train | " + " | ".join(map(str, TRAIN)) + " | 1,442 |" in readme
    assert "| test | " + " | ".join(map(str, TEST)) + " | 355 |" in readme
