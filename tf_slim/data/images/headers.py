"""What the header of an image file says, for many files at once."""

from __future__ import annotations

import functools
from typing import NamedTuple

import tensorflow as tf

from tf_slim.data.images import bmp, exif, gif, jpeg, png, webp
from tf_slim.data.images.calls import FILES, apart
from tf_slim.data.images.layout import Layout
from tf_slim.data.images.octets import read, says

_MODULES = {"jpeg": jpeg, "png": png, "gif": gif, "bmp": bmp, "webp": webp}

FORMATS = ("unknown", *_MODULES)
"""Names of the formats."""

ENDINGS = {name: module.ENDINGS for name, module in _MODULES.items()}
"""How the names of files of each format end, in lower case. What is in a file only its content
tells."""

STARTS = tuple(module.START[:4] for module in _MODULES.values())
"""How a file begins that may be a picture."""

UNKNOWN, JPEG, PNG, GIF, BMP, WEBP = range(6)

_OCTETS = 32


class Header(NamedTuple):
    """Of image files, each of the shape of the tensor of files.

    Attributes:
        height: In pixels, int64, of the picture as `decode` gives it: upright. 0 if unknown.
        width: The same.
        orientation: From 1 to 8, as Exif has it, int64: how the picture is stored.
        kind: The index of the format in `FORMATS`, int32.
        detail: What only the decoder of the format wants to know, int64.
    """

    height: tf.Tensor
    width: tf.Tensor
    orientation: tf.Tensor
    kind: tf.Tensor
    detail: tf.Tensor

    @property
    def format(self) -> tf.Tensor:
        """One of `FORMATS`, string."""
        return tf.gather(tf.constant(FORMATS), self.kind)


def header(encoded: tf.Tensor) -> Header:
    """Reads the headers of image files, without decoding them.

    It never fails: what is no image, or tells no size, is of the format "unknown". That a file has
    a header does not say that the rest of it is in order.

    Args:
        encoded: The files (JPEG, PNG, GIF, BMP or WebP), a string tensor of any shape.

    Returns:
        Formats, sizes and orientations, of the same shape.
    """
    encoded = tf.convert_to_tensor(encoded, tf.string)
    flat = tf.reshape(encoded, [-1])
    kind, *rest = (tf.reshape(part, tf.shape(encoded)) for part in _read_all_apart()(flat))
    for part in (kind, *rest):
        part.set_shape(encoded.shape)
    height, width, orientation, detail = rest
    return Header(height, width, orientation, kind, detail)


@functools.cache
def _read_all_apart():
    return apart(_read_all, FILES)


@functools.cache
def _lay_out_apart(module):
    octets = tf.TensorSpec([None, _OCTETS], tf.int64)
    return apart(
        lambda *files: tuple(module.lay_out(*files)), FILES, octets, tf.TensorSpec([None], tf.bool)
    )


def _read_all(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
    start = read(encoded, tf.constant(0, tf.int64), _OCTETS)
    kind = tf.zeros_like(start[:, 0], tf.int32)
    zeros = tf.zeros_like(start[:, 0])
    nothing = total = Layout(zeros, zeros, zeros, exif=zeros - 1)
    for number, module in enumerate(_MODULES.values(), 1):
        active = says(start, module.START)
        if module is webp:
            active &= says(start, b"WEBP", 8)
        layout = Layout(
            *tf.cond(
                tf.reduce_any(active),
                functools.partial(_lay_out_apart(module), encoded, start, active),
                lambda: tuple(nothing),
            )
        )
        told = active & (layout.height > 0) & (layout.width > 0)
        told &= (layout.height < 2**31) & (layout.width < 2**31)
        kind = tf.where(told, number, kind)
        total = Layout(*(tf.where(told, new, old) for new, old in zip(layout, total)))
    orientation = exif.orientation(encoded, total.exif)
    swapped, _, _ = exif.turns(orientation)
    height = tf.where(swapped, total.width, total.height)
    width = tf.where(swapped, total.height, total.width)
    return kind, height, width, orientation, total.detail
