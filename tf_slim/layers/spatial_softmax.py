"""Spatial softmax: the expected position of each channel's activation."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import CollectionsByName, Scope, Tensor, TensorLike

__all__ = ["spatial_softmax"]


@add_arg_scope
def spatial_softmax(
    features: TensorLike,
    temperature: float | None = None,
    name: Scope = None,
    variables_collections: CollectionsByName = None,
    trainable: bool = True,
    data_format: str = "NHWC",
) -> Tensor:
    """Where each channel is active: the mean position under a softmax over the image.

    From "Learning Visual Feature Representations with Deep Spatial Autoencoders", Finn et al.,
    2015. Positions run from -1 (first row or column) to 1 (last).

    Makes `temperature`, a float32 scalar by which the features are divided before the softmax.

    Args:
      features: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
        The channels must be known when the layer is built.
      temperature: initial value of the variable, a float; 1.0 if None. It is trained all the same:
        to keep it, pass `trainable=False`.
      name: name of the scope; by default `spatial_softmax`, made unique.
      variables_collections: collections for the variable, or a dict of them by variable name.
      trainable: whether optimizers change the variable.
      data_format: "NHWC" or "NCHW".

    Returns:
      `[batch, 2 * channels]`, of the dtype of `features`: the row and the column of the first
      channel, those of the second ...

    Raises:
      ValueError: `data_format` is unknown, the rank is not 4, or the channels are unknown.
      TypeError: `features` are not floating point.

    Examples:
      >>> features = tf.reshape(tf.constant([0.0, 100.0, 0.0, 0.0]), [1, 2, 2, 1])
      >>> print(slim.spatial_softmax(features).numpy())
      [[-1.  1.]]
    """
    layer = parts.Layer(
        "spatial_softmax",
        name,
        "spatial_softmax",
        variables_collections=variables_collections,
        trainable=trainable,
    )
    checks.known_format(data_format, ("NHWC", "NCHW"), layer)
    features = tf.convert_to_tensor(features)
    checks.rank(features, f"[batch, ...] ({data_format})", layer, exactly=4)
    dtype = checks.floating(features, layer)
    channels = checks.channels(features, 1 if data_format == "NCHW" else 3, layer)
    with layer.variable_scope(features):
        initializer = tf.constant_initializer(1.0 if temperature is None else temperature)
        factor = layer.parameter("temperature", [], initializer)
        # Positions are sums over all pixels, for which half precision is too coarse.
        wide = tf.float64 if dtype == tf.float64 else tf.float32
        if data_format == "NHWC":
            features = tf.transpose(features, [0, 3, 1, 2])
        _, _, height, width = parts.sizes(features)
        pixels = tf.reshape(tf.cast(features, wide), [-1, height * width])
        attention = tf.nn.softmax(pixels / tf.cast(factor, wide))
        expected = tf.matmul(attention, _positions(height, width, wide))
        return layer.finish(tf.reshape(tf.cast(expected, dtype), [-1, channels * 2]))


def _positions(height, width, dtype: tf.DType) -> tf.Tensor:
    """Row and column of each pixel, shape [height * width, 2]."""
    low, high = tf.constant(-1.0, dtype), tf.constant(1.0, dtype)
    rows, columns = tf.meshgrid(
        tf.linspace(low, high, height), tf.linspace(low, high, width), indexing="ij"
    )
    return tf.reshape(tf.stack([rows, columns], -1), [-1, 2])
