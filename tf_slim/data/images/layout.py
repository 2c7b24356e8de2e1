"""What each format tells of the files that are in it."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

LONGEST = 10_000
"""How many segments of a file are looked at. One of nothing but empty ones would take long."""


class Layout(NamedTuple):
    """Of a batch of files, each int64 `[batch]`.

    Attributes:
        height: In pixels, as stored; 0 where it is not told.
        width: In pixels, as stored.
        detail: What only the decoder of the format wants to know: the number of components of a
            JPEG, the bit depth of a grey PNG without alpha; else 0.
        exif: Where the Exif data begins; -1 where there is none.
    """

    height: tf.Tensor
    width: tf.Tensor
    detail: tf.Tensor
    exif: tf.Tensor
