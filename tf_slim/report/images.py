"""Images as part of a page."""

from __future__ import annotations

import base64

import numpy as np
import tensorflow as tf

_SIDE = 160


def data_uri(image: np.ndarray) -> str | None:
    """A PNG of what a net was given, as a `data:` URI; None if that is no image.

    Args:
      image: `[height, width, channels]`. Bytes are shown as they are; all else is scaled from its
        own range, since a net may be given any. Where there are not 1, 3 or 4 channels, the mean
        of them is shown. Larger ones are scaled down to 160 pixels.
    """
    if image.ndim != 3 or not image.size:
        return None
    if image.shape[-1] not in (1, 3, 4):
        image = image.astype(np.float32).mean(-1, keepdims=True)
    pixels = image.astype(np.float32)
    if image.dtype != np.uint8:
        pixels = np.nan_to_num(pixels)
        low, high = pixels.min(), pixels.max()
        pixels = (pixels - low) / max(high - low, 1e-12) * 255.0
    if max(pixels.shape[:2]) > _SIDE:
        size = [_SIDE, _SIDE]
        pixels = tf.image.resize(pixels, size, "area", preserve_aspect_ratio=True)
    encoded = tf.io.encode_png(tf.cast(tf.round(pixels), tf.uint8)).numpy()
    return f"data:image/png;base64,{base64.b64encode(encoded).decode('ascii')}"
