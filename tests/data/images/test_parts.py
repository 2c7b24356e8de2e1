"""A part of a picture is to the bit that part of the whole, however it is decoded."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tests.data.images import pictures
from tf_slim import data
from tf_slim.data import images
from tf_slim.data.images.parts import is_whole_jpeg
from tf_slim.data.preprocessing import Cropping, get_preprocessing, inception

SIZE = 61, 83
PIXELS = pictures.pixels(*SIZE) ^ np.random.RandomState(0).randint(0, 64, (*SIZE, 3), np.uint8)
SUBSAMPLED = {name: dict(subsampling=name) for name in ("4:4:4", "4:2:2", "4:2:0", "4:1:1")}
JPEGS = {
    **{name: pictures.encoded("JPEG", array=PIXELS, **one) for name, one in SUBSAMPLED.items()},
    "progressive": pictures.encoded("JPEG", array=PIXELS, progressive=True),
    "grey": pictures.encoded("JPEG", "L", array=PIXELS),
    "CMYK": pictures.encoded("JPEG", "CMYK", array=PIXELS),
    **{f"turned {n}": pictures.turned("JPEG", n, array=PIXELS) for n in range(1, 9)},
}


def windows(file: bytes) -> list[np.ndarray]:
    """All corners, the whole, a pixel, and some in between."""
    header = images.header(file)
    sides = np.array([header.height, header.width])
    random = np.random.RandomState(0)
    some = [np.concatenate([[0, 0], sides]), np.concatenate([sides - 1, [1, 1]])]
    for _ in range(25):
        part = 1 + (random.rand(2) * sides).astype(int)
        some.append(np.concatenate([(random.rand(2) * (sides - part + 1)).astype(int), part]))
    return some


@tf.function(input_signature=[tf.TensorSpec([], tf.string), tf.TensorSpec([4], tf.int32)])
def decode_part(file, window):
    header = images.header(file[tf.newaxis])
    is_whole = is_whole_jpeg(header, file[tf.newaxis])[0]
    header = type(header)(*(part[0] for part in header))
    is_plain = is_whole & tf.equal(header.orientation, 1)
    return images.decode_part(header, file, window, 3, is_plain), is_whole


@pytest.mark.parametrize("name", [*JPEGS, "png", "cut off"])
def test_a_part_is_that_part_of_the_whole(name):
    file = JPEGS.get(name) or pictures.encoded("PNG", array=PIXELS)
    if name == "cut off":
        file = JPEGS["4:2:0"] + b"something of the camera's"
    whole = images.decode(file).numpy()
    for window in windows(file):
        top, left, height, width = window
        got, is_whole = decode_part(file, tf.constant(window, tf.int32))
        np.testing.assert_array_equal(got, whole[top : top + height, left : left + width])
        assert is_whole == (name not in ("png", "cut off", "CMYK"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for index, (name, file) in enumerate([*JPEGS.items(), *pictures.files().items()]):
        home = folder / "ab"[index % 2]
        home.mkdir(exist_ok=True)
        kind = "jpg" if file.startswith(b"\xff\xd8") else "png"
        (home / f"{index:02d}.{kind}").write_bytes(file)
        del name
    return folder


def as_it_was(image, *, is_training, seed):
    """The whole picture becomes float32 first, and is cut then."""
    image = tf.image.convert_image_dtype(image, tf.float32)
    if not is_training:
        return inception.to_signed(inception.central(image, (32, 40), 0.875))
    seeds = tf.unstack(tf.random.split(seed, 4))
    image, _ = inception.random_part(image, seeds[0], inception.Part())
    image = inception.resize_by_any(image, (32, 40), seeds[1], fast=True)
    image = tf.image.stateless_random_flip_left_right(image, seeds[2])
    return inception.to_signed(inception.distort_by_any(image, seeds[3], fast=True))


@pytest.mark.parametrize("is_training", [True, False])
def test_the_batches_are_those_of_decoding_all(folder, is_training):
    spec = data.from_folder(folder, "all")
    got, expected = (
        made.batches(
            data.Pipeline(
                spec,
                8,
                is_training=is_training,
                preprocess=preprocess,
                image_size=(32, 40),
                num_epochs=2 if is_training else 1,
            ).dataset()
        )
        for preprocess in ("inception", as_it_was)
    )
    assert len(got) == len(expected) > 5
    for (pixels, labels), (same_pixels, same_labels) in zip(got, expected):
        # Training changes the colours of a batch in one compiled pass, which rounds otherwise.
        np.testing.assert_allclose(pixels, same_pixels, rtol=0, atol=1e-6 if is_training else 0)
        np.testing.assert_array_equal(labels, same_labels)


def test_a_cropping_of_ones_own(folder):
    def window(height, width, *, is_training, seed):
        assert not is_training
        del seed
        return tf.stack([height // 4, width // 3, height // 2, width // 2])

    def finish(image, *, is_training, seed):
        del is_training, seed
        return tf.image.resize(image, (8, 8))

    cropping = Cropping(window, finish)
    spec = data.from_folder(folder, "all")

    def whole(image, *, is_training, seed):
        return cropping(image, is_training=is_training, seed=seed)

    pipelines = [data.Pipeline(spec, 8, preprocess=one) for one in (cropping, whole)]
    made.assert_same(*(made.batches(one.dataset()) for one in pipelines))


def test_the_window_of_evaluation_is_that_of_central_crop():
    preprocess = get_preprocessing("inception", 8)
    for height, width in ((7, 9), (100, 99), (375, 500), (1, 1)):
        _, _, *sides = preprocess.window(
            tf.constant(height), tf.constant(width), is_training=False, seed=None
        ).numpy()
        assert sides == tf.image.central_crop(tf.zeros([height, width, 1]), 0.875).shape[:2]
