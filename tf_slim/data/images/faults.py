"""Why a file does not decode, in words."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images import gif, jpeg, png
from tf_slim.data.images.checking import MARK
from tf_slim.data.images.decoding import MAX_PIXELS, decode
from tf_slim.data.images.headers import FORMATS, header

# How other things begin that are found among pictures.
_OTHERS = (
    (0, b"II*\0", "a TIFF"),
    (0, b"MM\0*", "a TIFF"),
    (4, b"ftypheic", "a HEIC"),
    (4, b"ftypheix", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftypavif", "an AVIF"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF", "a PDF"),
    (0, b"<svg", "an SVG"),
    (0, b"<?xml", "an XML file"),
    (0, b"<!DOCTYPE", "an HTML page"),
    (0, b"<!doctype", "an HTML page"),
    (0, b"<html", "an HTML page"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
)


def fault(encoded: bytes, channels: int = 3, *, max_pixels: int = MAX_PIXELS) -> str | None:
    """Decodes a file, and says why it does not decode.

    Args:
        encoded: The file.
        channels: Number of channels to decode to: 1, 3 or 4.
        max_pixels: The most pixels that it may have.

    Returns:
        What is wrong, as the end of a sentence that names the file; None if it decodes.
    """
    try:
        with tf.init_scope(), tf.device("CPU:0"):
            decode(tf.constant(encoded), channels, max_pixels=max_pixels)
    except (tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError) as error:
        return explain(encoded, error.message, max_pixels=max_pixels)
    return None


def explain(encoded: bytes, message: str, *, max_pixels: int = MAX_PIXELS) -> str:
    """Puts what TensorFlow says of a file that it cannot decode into words.

    Args:
        encoded: The file.
        message: That of the error.
        max_pixels: The most pixels that it may have.

    Returns:
        What is wrong, as the end of a sentence that names the file.
    """
    if not encoded:
        return "is empty (0 bytes)"
    with tf.init_scope(), tf.device("CPU:0"):
        head = header(tf.constant(encoded))
        kind, height, width = (int(part) for part in (head.kind, head.height, head.width))
    if not kind:
        return _unknown(encoded)
    name = {"gif": "GIF", "webp": "WebP"}.get(FORMATS[kind], FORMATS[kind].upper())
    what = f"is a {name} of {width}x{height} pixels"
    if height * width > max_pixels:
        return f"{what}, more than the bound of {max_pixels} (max_pixels)"
    _, found, reason = message.partition(MARK)
    if found:
        reason = reason.partition("]")[0].strip()
        return f"{what}, but it does not decode: {reason}"
    if _ends_early(encoded, FORMATS[kind]):
        return f"{what}, but it is truncated: its {len(encoded)} bytes end before the picture does"
    return f"{what}, but its data is damaged"


def _unknown(encoded: bytes) -> str:
    for first, mark, name in _OTHERS:
        if encoded.lstrip()[first:].startswith(mark) or encoded[first:].startswith(mark):
            return f"is {name}, not a JPEG, PNG, GIF, BMP or WebP picture"
    for mark, name in ((jpeg.START, "JPEG"), (png.START[:4], "PNG"), (gif.START, "GIF")):
        if encoded.startswith(mark):
            return f"begins as a {name}, but its header is truncated or damaged"
    return (
        f"is not a JPEG, PNG, GIF, BMP or WebP picture: its {len(encoded)} bytes start with "
        f"{encoded[:8]!r}"
    )


def _ends_early(encoded: bytes, name: str) -> bool:
    if name == "jpeg":
        return b"\xff\xd9" not in encoded[-1024:]
    if name == "png":
        return b"IEND" not in encoded[-1024:]
    if name == "webp":
        return int.from_bytes(encoded[4:8], "little") + 8 > len(encoded)
    return name == "gif" and not encoded.rstrip(b"\0").endswith(b";")
