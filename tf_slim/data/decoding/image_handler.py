"""The handler of encoded images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.decoding.item_handlers import ItemHandler

__all__ = ["Image"]


class Image(ItemHandler):
    """Decodes an image: JPEG, PNG, BMP, GIF, or raw bytes.

    What the format feature says counts for `raw` and `RAW` only; other formats are told by the
    first bytes of the image.

    Args:
      image_key: name of the feature with the encoded image, `image/encoded` by default.
      format_key: name of the feature with its format, `image/format` by default.
      shape: the shape, if it is fixed: `[height, width, channels]`. Needed for raw images. With
        four dimensions all frames of a GIF are decoded, otherwise the first.
      channels: how many channels to decode to; 0 as many as the image has.
      dtype: type of the result. tf.uint16 gives the 16 bits of a PNG, and scales one of 8 bits up
        to them; else the 8 bits of an image are cast, not scaled. Raw images are read in it.
      repeated: whether the feature holds several images, which must then be of one size.
      dct_method: how a JPEG is decoded: "" (TensorFlow's choice), "INTEGER_FAST" or
        "INTEGER_ACCURATE".

    Examples: see `slim.tfexample_decoder.TFExampleDecoder`.
    """

    def __init__(
        self,
        image_key: str | None = None,
        format_key: str | None = None,
        shape: Sequence[int] | None = None,
        channels: int = 3,
        dtype: tf.DType = tf.uint8,
        repeated: bool = False,
        dct_method: str = "",
    ):
        self._image_key = image_key or "image/encoded"
        self._format_key = format_key or "image/format"
        self._shape = shape
        self._channels = channels
        self._dtype = dtype
        self._repeated = repeated
        self._dct_method = dct_method
        super().__init__([self._image_key, self._format_key])

    def tensors_to_item(self, keys_to_tensors: Mapping[str, Any]) -> tf.Tensor:
        """The decoded image `[height, width, channels]`, or several `[images, ...]`."""
        encoded = keys_to_tensors[self._image_key]
        image_format = keys_to_tensors[self._format_key]
        if not self._repeated:
            return self._decode(encoded, image_format)
        return tf.map_fn(
            lambda one: self._decode(one, image_format), encoded, fn_output_signature=self._dtype
        )

    def _decode(self, encoded, image_format):
        is_raw = tf.reduce_any(tf.equal(image_format, ["raw", "RAW"]))
        image = tf.cond(is_raw, lambda: self._raw(encoded), lambda: self._by_header(encoded))
        if self._shape is not None:
            return tf.reshape(image, self._shape)
        image.set_shape([None, None, self._channels or None])
        return image

    def _raw(self, encoded):
        values = tf.io.decode_raw(encoded, self._dtype)
        if self._shape is not None:
            return values
        failed = tf.raw_ops.Assert(
            condition=False,
            data=[
                f"A raw image ({self._format_key} is 'raw') does not tell its size. Give the "
                "handler one: slim.tfexample_decoder.Image(shape=[height, width, channels])."
            ],
        )
        with tf.control_dependencies([] if failed is None else [failed]):
            return tf.reshape(values, [-1, 1, 1])

    def _by_header(self, encoded):
        if not self._dct_method and self._dtype != tf.uint16:
            return self._any(encoded)
        return tf.cond(
            tf.io.is_jpeg(encoded), lambda: self._jpeg(encoded), lambda: self._any(encoded)
        )

    def _any(self, encoded):
        decoded = tf.io.decode_image(
            encoded,
            channels=self._channels,
            dtype=tf.uint16 if self._dtype == tf.uint16 else tf.uint8,
            expand_animations=self._shape is not None and len(self._shape) == 4,
        )
        return tf.cast(decoded, self._dtype)

    def _jpeg(self, encoded):
        decoded = tf.io.decode_jpeg(encoded, channels=self._channels, dct_method=self._dct_method)
        return tf.cast(decoded, self._dtype)
