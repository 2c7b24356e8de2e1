"""Records with several labels, with weights and with the names of their pictures."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tf_slim import data


def record(number, labels, weight=None, name=None):
    example = made.example(number, 0)
    features = example.features.feature
    del features["image/class/label"].int64_list.value[:]
    features["image/class/label"].int64_list.value.extend(labels)
    if weight is not None:
        features["image/weight"].float_list.value.append(weight)
    if name is not None:
        features["image/filename"].bytes_list.value.append(name.encode())
    return example


def test_several_labels(tmp_path):
    labels = [[0, 2], [], [1], [2, 2]]
    data.write_examples(tmp_path / "x", [record(i, each) for i, each in enumerate(labels)])
    spec = data.from_tfrecords(tmp_path / "x", 3, image_channels=1, multi_label=True)
    pipeline = data.Pipeline(spec, 4)
    assert pipeline.element_spec[1] == tf.TensorSpec([None, 3], tf.float32)
    ((_, found),) = made.batches(pipeline.dataset())
    np.testing.assert_array_equal(found, [[1, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert data.check(spec) == {0: 1, 1: 1, 2: 3}


@pytest.mark.parametrize("label", [-1, 3, 2**40])
def test_one_of_several_labels_out_of_range(tmp_path, label):
    data.write_examples(tmp_path / "x", [record(0, [1]), record(1, [0, label])])
    spec = data.from_tfrecords(tmp_path / "x", 3, image_channels=1, multi_label=True)
    with pytest.raises(data.DataError, match=rf"label is {label}, .* \[0, 3\)") as info:
        list(data.Pipeline(spec, 2))
    assert info.value.record == 1


def test_weights(tmp_path):
    data.write_examples(tmp_path / "x", [record(0, [1], 0.5), record(1, [0]), record(2, [0], 2.0)])
    spec = data.from_tfrecords(tmp_path / "x", 3, image_channels=1, weighted=True)
    training = data.Pipeline(spec, 3, is_training=True, preprocess=made.identify)
    ((images, _, weights),) = list(training.dataset().take(1))
    found = dict(zip(images.numpy()[:, 0, 0, 0].tolist(), weights.numpy().tolist()))
    assert found == {0.0: 0.5, 1.0: 1.0, 2.0: 2.0}
    assert len(data.Pipeline(spec, 3).element_spec) == 2
    bad = record(1, [0])
    bad.features.feature["image/weight"].int64_list.value.append(1)
    data.write_examples(tmp_path / "x", [record(0, [1]), bad])
    with pytest.raises(data.DataError, match="'image/weight' must be one value of float_list"):
        list(data.Pipeline(spec, 2))


def test_names_of_pictures(tmp_path):
    for part, start in enumerate((0, 3)):
        named = [record(start + i, [0], name=f"é/{start + i}.png") for i in range(3)]
        data.write_examples(tmp_path / f"part-{part}", named)
    data.write_examples(tmp_path / "part-2", [record(6, [0])])
    spec = data.from_tfrecords(tmp_path / "part-*", 3, image_channels=1)
    pipeline = data.Pipeline(spec, 2)
    names = [*(f"é/{number}.png" for number in range(6)), None]
    assert pipeline.filenames(range(7)) == names
    assert pipeline.filenames([6, 1, 4, 1]) == [None, names[1], names[4], names[1]]
    with pytest.raises(IndexError, match=r"\[0, 7\)"):
        pipeline.filenames([-1])
