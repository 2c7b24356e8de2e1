"""Looking at the file of one picture: can it be decoded, of what format is it, and of what size."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.data.images import decoding, faults, headers


class Probe(NamedTuple):
    """What the file of a picture is.

    Attributes:
        encoded: Its bytes.
        format: Its format, such as `jpeg`.
        height: In pixels, as it is decoded.
        width: Likewise.
    """

    encoded: bytes
    format: str
    height: int
    width: int


class Unreadable(Exception):
    """A picture cannot be decoded. The message says why, as the end of a sentence that names it."""


def probe(content: bytes | np.ndarray, *, decode: bool = True) -> Probe:
    """Looks at a picture, in any mode of TensorFlow, and in any thread.

    Args:
        content: The bytes of its file, or its pixels, uint8 `[height, width, channels]` or
            `[height, width]`, which become a PNG.
        decode: Whether to decode all of it. Else its header is read and believed.

    Returns:
        What it is.

    Raises:
        Unreadable: If it cannot be decoded.
    """
    if not isinstance(content, bytes):
        pixels = np.asarray(content)
        pixels = pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
        height, width, _ = np.shape(pixels)
        return Probe(_encoder()(pixels), "png", height, width)
    try:
        kind, height, width = _reader(decode)(content)
    except tf.errors.OpError as error:
        raise Unreadable(faults.explain(content, error.message)) from error
    if not kind:
        raise Unreadable(faults.explain(content, ""))
    return Probe(content, headers.FORMATS[kind], int(height), int(width))


@functools.cache
def _reader(decode: bool) -> Callable[[bytes], Any]:
    def build(file: tf.Tensor) -> list[tf.Tensor]:
        header = headers.header(file)
        found = [header.kind, header.height, header.width]
        if not decode:
            return found
        with tf.control_dependencies([decoding.decode_as(header, file, channels=3)]):
            return [tf.identity(one) for one in found]

    return _callable(build, tf.string, [])


@functools.cache
def _encoder() -> Callable[[np.ndarray], bytes]:
    return _callable(tf.io.encode_png, tf.uint8, [None, None, None])


def _callable(build: Callable, dtype: tf.DType, shape: list[int | None]) -> Callable[..., Any]:
    """A function of one array, with a session of its own, so as to work in any mode."""
    with tf.Graph().as_default() as graph:
        placeholder = tf.compat.v1.placeholder(dtype, shape)
        result = build(placeholder)
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    session = tf.compat.v1.Session(graph=graph, config=config)
    return session.make_callable(result, [placeholder])
