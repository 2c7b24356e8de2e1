"""Images as sequences of their columns, and back: what recurrent layers over images need."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import shapes
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Collections, Tensor, TensorLike

__all__ = ["images_to_sequence", "sequence_to_images"]


@add_arg_scope
def images_to_sequence(
    inputs: TensorLike,
    data_format: str = "NHWC",
    outputs_collections: Collections = None,
    scope: str | None = None,
) -> Tensor:
    """Images as a time-major batch of sequences: one for each row of each image.

    Args:
      inputs: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
      data_format: "NHWC" or "NCHW".
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `ImagesToSequence`, made unique.

    Returns:
      `[width, batch * height, channels]`.

    Raises:
      ValueError: `data_format` is unknown, or the rank is not 4.

    Examples:
      >>> slim.images_to_sequence(tf.ones([8, 28, 32, 3])).shape
      TensorShape([32, 224, 3])
    """
    layer = parts.Layer(
        "images_to_sequence", scope, "ImagesToSequence", outputs_collections=outputs_collections
    )
    checks.known_format(data_format, ("NHWC", "NCHW"), layer)
    inputs = tf.convert_to_tensor(inputs)
    checks.rank(inputs, f"[batch, ...] ({data_format})", layer, exactly=4)
    with layer.name_scope(inputs):
        to_columns = [2, 0, 1, 3] if data_format == "NHWC" else [3, 0, 2, 1]
        columns = tf.transpose(inputs, to_columns)
        width, batch, height, channels = parts.sizes(columns)
        outputs = tf.reshape(columns, [width, batch * height, channels])
        return layer.finish(outputs)


@add_arg_scope
def sequence_to_images(
    inputs: TensorLike,
    height: int | Tensor,
    output_data_format: str = "channels_last",
    outputs_collections: Collections = None,
    scope: str | None = None,
) -> Tensor:
    """The inverse of `images_to_sequence`.

    Args:
      inputs: `[width, batch * height, channels]`.
      height: of an image, in pixels: an integer or a scalar tensor.
      output_data_format: "channels_last" or "channels_first".
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `SequenceToImages`, made unique.

    Returns:
      `[batch, height, width, channels]`; for "channels_first" `[batch, channels, height, width]`.

    Raises:
      ValueError: `output_data_format` is unknown, the rank is not 3, or the number of sequences is
        no multiple of `height`.

    Examples:
      >>> sequence = slim.images_to_sequence(tf.ones([8, 28, 32, 3]))
      >>> slim.sequence_to_images(sequence, height=28).shape
      TensorShape([8, 28, 32, 3])
    """
    layer = parts.Layer(
        "sequence_to_images", scope, "SequenceToImages", outputs_collections=outputs_collections
    )
    checks.known_format(output_data_format, ("channels_last", "channels_first"), layer)
    inputs = tf.convert_to_tensor(inputs)
    checks.rank(inputs, "[width, batch * height, channels]", layer, exactly=3)
    if tf.is_tensor(height):
        height = tf.cast(height, tf.int32)
    else:
        height = checks.depth(height, "height", layer)
        sequences = shapes.size(inputs, 1)
        if sequences is not None and sequences % height:
            raise layer.error(
                "a number of sequences that is a multiple of height",
                f"inputs of shape {checks.shape_text(inputs)} with height={height}",
                "Axis 1 must hold batch * height sequences.",
            )
    with layer.name_scope(inputs):
        width, sequences, channels = parts.sizes(inputs)
        images = tf.reshape(inputs, [width, sequences // height, height, channels])
        last = output_data_format == "channels_last"
        outputs = tf.transpose(images, [1, 2, 0, 3] if last else [1, 3, 2, 0])
        return layer.finish(outputs)
