"""images_to_sequence and sequence_to_images."""

from __future__ import annotations

import numpy as np
import pytest

import tf_slim as slim
from tests.layers import each_mode

IMAGES = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape([2, 3, 4, 5])
SEQUENCE = np.stack([IMAGES[:, :, w].reshape([6, 5]) for w in range(4)])


@pytest.mark.parametrize("mode", each_mode.MODES)
def test_there_and_back(mode):
    def both(images):
        sequence = slim.images_to_sequence(images)
        first = slim.sequence_to_images(sequence, 3, output_data_format="channels_first")
        return sequence, slim.sequence_to_images(sequence, np.int64(3)), first

    sequence, last, first = each_mode.run(mode, both, IMAGES)
    np.testing.assert_array_equal(sequence, SEQUENCE)
    np.testing.assert_array_equal(last, IMAGES)
    np.testing.assert_array_equal(first, IMAGES.transpose([0, 3, 1, 2]))


def test_channels_first():
    channels_first = IMAGES.transpose([0, 3, 1, 2])
    sequence = slim.images_to_sequence(channels_first, data_format="NCHW")
    np.testing.assert_array_equal(sequence, SEQUENCE)


@pytest.mark.parametrize("mode", ["v1", "eager", "function"])
def test_the_height_may_be_a_tensor(mode):
    height = np.array(3)
    images = each_mode.run(mode, slim.sequence_to_images, SEQUENCE, height)
    np.testing.assert_array_equal(images, IMAGES)


def test_outputs_are_collected():
    with slim.collect():
        with slim.arg_scope([slim.images_to_sequence], outputs_collections="ends"):
            sequence = slim.images_to_sequence(IMAGES, scope="columns")
        images = slim.sequence_to_images(sequence, 3, outputs_collections=["ends"])
        ends = slim.utils.convert_collection_to_dict("ends")
    assert list(ends) == ["columns", "SequenceToImages"]
    assert ends["SequenceToImages"] is images


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: slim.images_to_sequence(IMAGES[0]), ["rank 4", "[3, 4, 5]"]),
        (lambda: slim.images_to_sequence(IMAGES, "NWHC"), ["'NWHC'", "NCHW"]),
        (lambda: slim.sequence_to_images(IMAGES, 3), ["rank 3", "[2, 3, 4, 5]"]),
        (lambda: slim.sequence_to_images(SEQUENCE, 3, "NHWC"), ["'NHWC'", "channels_last"]),
        (lambda: slim.sequence_to_images(SEQUENCE, 0), ["height=0"]),
        (lambda: slim.sequence_to_images(SEQUENCE, 4), ["multiple of height", "[4, 6, 5]"]),
    ],
)
def test_wrong_arguments(call, said):
    with pytest.raises(ValueError) as raised:
        call()
    assert all(part in str(raised.value) for part in said)
