"""WebP: RFC 9649. Lossy, lossless and with alpha; of an animation the first frame counts."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images.checking import require
from tf_slim.data.images.gif import place
from tf_slim.data.images.layout import LONGEST, Layout
from tf_slim.data.images.octets import as_text, little, pick, read, says

START = b"RIFF"
ENDINGS = (".webp",)

_ALPHA, _EXIF = 0x10, 0x08


def lay_out(encoded: tf.Tensor, start: tf.Tensor, active: tf.Tensor) -> Layout:
    """Reads the size, which the first chunk has, and looks for Exif data where it is announced.

    Args:
        encoded: The files, string `[batch]`.
        start: Their first octets, int64 `[batch, count]`.
        active: Which of them are WebP, bool `[batch]`.

    Returns:
        Their layout; sizes are 0 where none is told.
    """
    extended = active & says(start, b"VP8X", 12)
    height, width = _size_of_data(start[:, 12:])
    height = pick(extended, 1 + little(start, 27, 3), height)
    width = pick(extended, 1 + little(start, 24, 3), width)
    size = tf.cast(tf.strings.length(encoded), tf.int64)

    def step(active, position, exif):
        octets = read(encoded, position, 8)
        found = active & says(octets, b"EXIF")
        exif = pick(found, position + 8, exif)
        position += _chunk(octets)
        return active & ~found & (position < size), position, exif

    none = tf.zeros_like(height)
    announced = extended & tf.equal(start[:, 20] // _EXIF % 2, 1)
    _, _, exif = tf.while_loop(
        lambda active, *_: tf.reduce_any(active),
        step,
        (announced, none + 12, none - 1),
        maximum_iterations=LONGEST,
        parallel_iterations=1,
    )
    return Layout(pick(active, height, 0), pick(active, width, 0), none, exif)


def decode(encoded: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    """Decodes one file, or its first frame, to RGB or RGBA.

    TensorFlow's decoder gets a file of nothing but that frame: an animation makes TensorFlow 2.21
    write beyond its memory, which ends the process.

    Args:
        encoded: The file, string `[]`.
        channels: 3 or 4.
        max_pixels: The most that the frame may have.

    Returns:
        uint8 `[height, width, channels]`.
    """
    if not hasattr(tf.raw_ops, "DecodeWebP"):
        refused = require(
            tf.constant(False),
            f"TensorFlow {tf.__version__} does not decode WebP: install 2.21, or save it as PNG",
        )
        with tf.control_dependencies(refused):
            return tf.zeros([1, 1, channels], tf.uint8)
    file = encoded[tf.newaxis]
    still, animated, top, left, pixels = _still(file)
    fits = require(pixels <= max_pixels, f"more pixels than the bound of {max_pixels}")
    there = require(pixels > 0, "the WebP has no frame, or is truncated or damaged")
    with tf.control_dependencies([*there, *fits]):
        image = tf.raw_ops.DecodeWebP(contents=still)[0]
    if channels == 3:
        image = image[..., :3]
    else:
        opaque = tf.fill(tf.shape(image[..., :1]), tf.constant(255, tf.uint8))
        image = tf.cond(
            tf.equal(tf.shape(image)[2], 3), lambda: tf.concat([image, opaque], -1), lambda: image
        )
    image.set_shape([None, None, channels])
    canvas = read(file, tf.constant(24, tf.int64), 6)[0]
    return tf.cond(
        animated,
        lambda: place(image, top, left, 1 + little(canvas, 3, 3), 1 + little(canvas, 0, 3)),
        lambda: image,
    )


def _still(file: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """A file of the first frame alone; whether it is one of several, its place and its pixels."""
    size = tf.cast(tf.strings.length(file)[0], tf.int64)
    nowhere = tf.constant(-1, tf.int64)
    none = tf.constant(0, tf.int64)

    def step(position, data, alpha, frame):
        octets = read(file, position, 8)[0]
        is_frame = says(octets, b"ANMF")
        is_data = says(octets, b"VP8 ") | says(octets, b"VP8L")
        return (
            # The header of a frame has 16 octets, and then come chunks as in a still file.
            position + pick(is_frame, 24, _chunk(octets)),
            pick(is_data, position, data),
            pick(says(octets, b"ALPH"), position, alpha),
            pick(is_frame, position, frame),
        )

    _, data, alpha, frame = tf.while_loop(
        lambda position, data, *_: (data < 0) & (position < size),
        step,
        (none + 12, nowhere, nowhere, nowhere),
        maximum_iterations=LONGEST,
        parallel_iterations=1,
    )
    begin = pick(data < 0, size, data)
    head = read(file, begin, 24)
    height, width = (side[0] for side in _size_of_data(head))
    image = _cut(file, begin)
    animated = frame >= 0
    place_of_frame = read(file, frame + 8, 6)[0]

    def with_alpha() -> tf.Tensor:
        flags = as_text(tf.constant(_ALPHA, tf.int64), 4)
        canvas = tf.strings.join([as_text(width - 1, 3), as_text(height - 1, 3)])
        return tf.strings.join(["VP8X\n\0\0\0", flags, canvas, _cut(file, alpha), image])

    lossy = says(head[0], b"VP8 ")
    chunks = tf.cond((alpha >= 0) & lossy, with_alpha, lambda: image)
    length = 4 + tf.cast(tf.strings.length(chunks), tf.int64)
    still = tf.strings.join(["RIFF", as_text(length, 4), "WEBP", chunks])
    top = pick(animated, 2 * little(place_of_frame, 3, 3), 0)
    left = pick(animated, 2 * little(place_of_frame, 0, 3), 0)
    return still, animated, top, left, height * width


def _cut(file: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(file, [position], [_chunk(read(file, position, 8)[0])])[0]


def _chunk(octets: tf.Tensor) -> tf.Tensor:
    """The octets of a chunk, with its head, and with one more if their number is odd."""
    length = little(octets, 4, 4)
    return 8 + length + length % 2


def _size_of_data(chunk: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Height and width that a chunk of image data tells; 0 if it is none."""
    lossy = says(chunk, b"VP8 ") & says(chunk, b"\x9d\x01\x2a", 11)
    lossless = says(chunk, b"VP8L") & tf.equal(chunk[:, 8], 0x2F)
    bits = little(chunk, 9, 4)
    width = pick(lossless, 1 + bits % 2**14, 0)
    height = pick(lossless, 1 + bits // 2**14 % 2**14, 0)
    width = pick(lossy, little(chunk, 14, 2) % 2**14, width)
    return pick(lossy, little(chunk, 16, 2) % 2**14, height), width
