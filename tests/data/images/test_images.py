"""Headers and pixels of picture files are those that Pillow reads; nothing ends the process."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.data.images import pictures
from tf_slim.data import images

FILES = pictures.files()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_are_those_of_pillow(channels):
    for name in FILES:
        got = images.decode(FILES[name], channels).numpy().astype(int)
        expected = pictures.as_pillow_reads(FILES[name], channels)
        assert got.shape == expected.shape
        difference = np.abs(got - expected)
        # libjpeg has its own way to grey, and comes in versions that round in their own ways.
        bound = 1 if channels == 1 or "fields" in name else 0
        if name.startswith("jpeg"):
            bound = 24 if channels == 1 else 16
        assert difference.max() <= bound, name
        assert difference.mean() < 3, name


def test_nothing_that_tensorflow_tells_of_as_an_error_and_does_all_the_same():
    """What oneDNN has for octets on some processors alone is told of on standard error."""
    decode = tf.function(images.decode).get_concrete_function(tf.TensorSpec([], tf.string))
    definition = decode.graph.as_graph_def()
    nodes = [*definition.node, *(n for f in definition.library.function for n in f.node_def)]
    ops = {node.op for node in nodes if node.attr["T"].type == tf.uint8.as_datatype_enum}
    assert "SpaceToBatchND" in ops
    assert not ops & {"Transpose", "ConjugateTranspose"}


def test_headers_of_a_batch_are_those_of_pillow():
    header = images.header(tf.constant(list(FILES.values())))
    for index, (name, file) in enumerate(FILES.items()):
        expected = pictures.as_pillow_reads(file, 3).shape[:2]
        assert (header.height[index], header.width[index]) == expected, name
        assert header.format[index].numpy().decode() == name.partition(",")[0], name
        turned = int(name.rpartition(" ")[2]) if "turned" in name else 1
        assert header.orientation[index] == turned, name


def test_headers_keep_the_shape_of_what_they_are_of():
    file = FILES["jpeg, turned 6"]
    header = images.header(tf.constant([[file, b""], [b"no picture", file]]))
    np.testing.assert_array_equal(header.format, [[b"jpeg", b"unknown"], [b"unknown", b"jpeg"]])
    np.testing.assert_array_equal(header.height, [[53, 0], [0, 53]])
    assert images.header(file).width.shape == []


def test_in_a_v1_graph():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        file = tf.compat.v1.placeholder(tf.string, [])
        got = session.run(images.decode(file), {file: FILES["png, turned 5"]})
    np.testing.assert_array_equal(got, pictures.as_pillow_reads(FILES["png, turned 5"], 3))


@pytest.mark.parametrize("order", "<>")
def test_orientation_in_either_order_of_octets(order):
    """Among other entries, and after a segment of another kind that has the same number."""
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(order + "HH", 8, 0))]
    tiff = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(entries))
    tiff += b"".join(struct.pack(order + "HHI", *one[:3]) + one[3] for one in entries)
    segments = b""
    for payload in (b"http://ns.adobe.com/xap/1.0/\0<x/>", b"Exif\0\0" + tiff):
        segments += b"\xff\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    file = FILES["jpeg"]
    header = images.header(file[:2] + segments + file[2:])
    assert header.orientation == 8
    assert (header.height, header.width) == (53, 37)


def test_exif_after_the_pixels_of_a_png():
    tiff = b"MM\0*" + struct.pack(">IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0)
    file = FILES["png"]
    chunk = struct.pack(">I", len(tiff)) + b"eXIf" + tiff + struct.pack(">I", 0)
    assert images.header(file[:-12] + chunk + file[-12:]).orientation == 6


def test_a_frame_that_is_smaller_than_the_screen():
    gif = bytearray(FILES["gif"])
    struct.pack_into("<HH", gif, 6, 60, 50)
    descriptor = gif.index(b"," + struct.pack("<HHHH", 0, 0, 53, 37))
    struct.pack_into("<HH", gif, descriptor + 1, 4, 9)
    got = images.decode(bytes(gif)).numpy()
    assert got.shape == (50, 60, 3)
    np.testing.assert_array_equal(
        got[9 : 9 + 37, 4 : 4 + 53], pictures.as_pillow_reads(FILES["gif"], 3)
    )
    assert not got[:9].any()
    assert not got[:, 57:].any()


def test_truncated_files_are_refused():
    for name, file in FILES.items():
        if "turned" in name or "animated" in name:
            continue
        for share in (0.97, 0.6, 0.2):
            fault = images.fault(file[: int(len(file) * share)])
            assert fault is not None, (name, share)


REASONS = [
    (b"", "is empty"),
    (b"\xff\xd8\xff", "begins as a JPEG, but its header is truncated"),
    (b"hello, world", "its 12 bytes start with b'hello, w'"),
    (b"  <html><body>404", "is an HTML page"),
    (b"\0\0\0\x18ftypheic", "is a HEIC"),
    (FILES["png"][: len(FILES["png"]) // 2], "is a PNG of 53x37 pixels, but it is truncated"),
    (FILES["bmp"][:900], "the BMP is truncated"),
    (
        pictures.png(100_000, 100_000, 8, 2, bytes(100_000)),
        "is a PNG of 100000x100000 pixels, more than the bound of 178956970",
    ),
]


def test_what_is_wrong_is_said():
    for file, reason in REASONS:
        assert reason in str(images.fault(file))
        with pytest.raises(tf.errors.InvalidArgumentError):
            images.decode(file)


def test_the_bound_on_pixels():
    for name in ("jpeg", "png", "gif", "bmp", "webp", "webp, animated"):
        assert images.decode(FILES[name], max_pixels=37 * 53).shape == (37, 53, 3)
        assert "bound of 1960" in str(images.fault(FILES[name], max_pixels=37 * 53 - 1))


@pytest.mark.parametrize("name", ["gif", "webp", "webp, animated lossless"])
def test_a_frame_that_is_larger_than_the_file_says(name):
    """What takes memory is the frame."""
    file = bytearray(FILES[name])
    if name == "gif":
        at = file.index(b"," + struct.pack("<HHHH", 0, 0, 53, 37))
        struct.pack_into("<HH", file, at + 5, 65535, 65535)
    elif name == "webp":
        struct.pack_into("<HH", file, 26, 16383, 16383)
    else:
        struct.pack_into("<I", file, file.index(b"VP8L") + 9, 2**28 - 1)
    assert "bound" in str(images.fault(bytes(file)))


def test_wrong_channels():
    with pytest.raises(ValueError, match="channels must be 1"):
        images.decode(FILES["png"], 2)


@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_files_decode_or_are_refused(name, data):
    """The decoders are written in C; a fault there would end the process, and with it this test."""
    file = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        # Most of what can go wrong stands at the beginning.
        last = data.draw(st.sampled_from([40, len(file) - 1]))
        file[data.draw(st.integers(0, min(last, len(file) - 1)))] = data.draw(st.integers(0, 255))
    file = bytes(file[: data.draw(st.integers(0, len(file)) | st.just(len(file)))])
    header = images.header(file)
    fault = images.fault(file, max_pixels=10**6)
    if fault is None:
        image = images.decode(file, max_pixels=10**6)
        assert image.shape == (header.height, header.width, 3)
    assert images.fault(file, max_pixels=10**6) == fault


@given(st.sampled_from([b"", *(file[:12] for file in FILES.values())]), st.binary(max_size=200))
def test_random_octets(start, rest):
    header = images.header(start + rest)
    assert (header.height > 0) == (header.format != b"unknown")
    images.fault(start + rest, max_pixels=10**6)
