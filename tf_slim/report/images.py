"""Images as part of a page."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.images import decode

_SIDE = 160


def data_uri(
    image: np.ndarray, heat_map: np.ndarray | None = None, side: int = _SIDE
) -> str | None:
    """A PNG of what a net was given, as a `data:` URI; None if that is no image.

    Args:
      image: `[height, width, channels]`. Bytes are shown as they are; all else is scaled from its
        own range, since a net may be given any. Where there are not 1, 3 or 4 channels, the mean
        of them is shown. Larger ones are scaled down.
      heat_map: what to lay over it, `[height, width]` in [0, 1]: 0 is cold and 1 warm.
      side: the longest side, in pixels, that is shown.
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
    pixels = _fitted(pixels, side).numpy()
    if heat_map is not None:
        pixels = _warmed(pixels, heat_map)
    return _uri("png", tf.io.encode_png(_rounded(pixels)).numpy())


def thumbnail(encoded: bytes) -> str | None:
    """A small JPEG of a picture as it is decoded for a net, as a `data:` URI.

    Args:
      encoded: the file of the picture.

    Returns:
      The URI; None if the file cannot be decoded.
    """
    try:
        pixels = tf.cast(decode(tf.constant(encoded), 3), tf.float32)
    except tf.errors.InvalidArgumentError:
        return None
    small = _rounded(_fitted(pixels, _SIDE))
    if max(pixels.shape[:2]) < _SIDE // 2:  # of a few pixels, each is to be seen as it is
        return _uri("png", tf.io.encode_png(small).numpy())
    return _uri("jpeg", tf.io.encode_jpeg(small, quality=85).numpy())


def _fitted(pixels: Any, side: int) -> tf.Tensor:
    """A picture, scaled down where its longest side is longer."""
    if max(pixels.shape[:2]) > side:
        return tf.image.resize(pixels, [side, side], "area", preserve_aspect_ratio=True)
    return tf.convert_to_tensor(pixels)


def _rounded(pixels: Any) -> tf.Tensor:
    return tf.cast(tf.round(pixels), tf.uint8)


def _uri(kind: str, encoded: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(encoded).decode('ascii')}"


def _warmed(pixels: np.ndarray, heat_map: np.ndarray) -> np.ndarray:
    """A picture in grey, under the colours of a heat map."""
    heat = tf.image.resize(heat_map[..., np.newaxis].astype(np.float32), pixels.shape[:2]).numpy()
    heat = np.clip(heat, 0.0, 1.0)
    grey = pixels[..., :3].mean(-1, keepdims=True)
    return grey * (1.0 - 0.6 * heat) * 0.8 + _colours(heat[..., 0]) * (0.2 + 0.4 * heat)


def _colours(heat: np.ndarray) -> np.ndarray:
    """From dark blue over purple and orange to yellow: lighter, the warmer, also without colour."""
    return np.stack([np.interp(heat, _HEAT, channel) for channel in _COLOURS], axis=-1)


_HEAT = (0.0, 0.25, 0.5, 0.75, 1.0)
_COLOURS = ((15, 90, 190, 245, 255), (15, 20, 50, 140, 240), (60, 110, 90, 20, 120))
