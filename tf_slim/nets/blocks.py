"""What several nets share: the check of their images, and a head of convolutions."""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim

__all__ = ["check_images", "convolutional_logits"]


def check_images(images, min_size: int, remedy: str = "") -> tf.Tensor:
    """Refuses what a net cannot take, before a layer deep inside fails on it.

    To be called inside the scope of the net, whose name the messages give.

    Args:
      images: `[batch, height, width, channels]`, a tensor or an array. What is not known of the
        shape is not checked.
      min_size: the smallest height and width, in pixels, that the net can take.
      remedy: what else can be done about smaller images.

    Returns:
      The images, as a tensor.

    Raises:
      ValueError: the images are of another rank, or too small.
      TypeError: they are not of floating point.
    """
    net = tf.compat.v1.get_variable_scope().name
    images = tf.convert_to_tensor(images)
    shape = images.shape
    if shape.rank not in (None, 4):
        raise ValueError(
            f"{net} takes images [batch, height, width, channels]; got shape {shape}."
            + (" For one image write images[tf.newaxis]." if shape.rank == 3 else "")
            + (" For images without a channel axis: images[..., tf.newaxis]." * (shape.rank == 3))
        )
    if not images.dtype.is_floating:
        raise TypeError(
            f"{net} takes images of floating point; got {images.dtype.name}. Preprocess them, or "
            "at least write tf.image.convert_image_dtype(images, tf.float32)."
        )
    if shape.rank is not None and any(n is not None and n < min_size for n in shape[1:3]):
        raise ValueError(
            f"{net} takes images of {min_size}x{min_size} pixels and more; got {_size(shape)}. "
            f"Resize them{remedy and f', or {remedy}'}."
        )
    return images


def convolutional_logits(
    net: tf.Tensor,
    num_classes: int | None,
    end_points_collection: str,
    *,
    is_training,
    dropout_keep_prob: float,
    spatial_squeeze: bool,
    global_pool: bool,
    **fc8_kwargs,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """What follows on `fc7` in nets whose fully connected layers are convolutions.

    Args:
      net: `[batch, height, width, depth]`; height and width are 1 for images of the default size.
      num_classes: the number of classes; 0 or None to return the features `net`.
      end_points_collection: where the layers so far have filed their outputs.
      is_training: whether to drop features.
      dropout_keep_prob: the share of features that dropout keeps.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      global_pool: whether to average over height and width, whatever they are, before the logits.
      **fc8_kwargs: further arguments of the last convolution.

    Returns:
      (net, end_points): logits `[batch, num_classes]`, or `[batch, height, width, num_classes]`
      without squeezing, or features; and all intermediate outputs by name, in order.

    Raises:
      ValueError: the logits are a map of more than one place, and are to be squeezed.
    """
    scope = tf.compat.v1.get_variable_scope().name
    logits_name = f"{scope}/fc8"
    pooled = {}
    if global_pool:
        net = tf.reduce_mean(net, [1, 2], keepdims=True, name="global_pool")
        pooled["global_pool"] = net
    if num_classes:
        net = slim.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
        net = slim.conv2d(
            net,
            num_classes,
            [1, 1],
            activation_fn=None,
            normalizer_fn=None,
            scope="fc8",
            **fc8_kwargs,
        )
    # A second call of the net must not find what this one filed. In a v1 graph, where the name
    # of the collection is another one in each call, programs may go on to read it.
    in_v1_graph = not tf.compat.v1.executing_eagerly_outside_functions()
    end_points = slim.utils.convert_collection_to_dict(
        end_points_collection, clear_collection=not in_v1_graph
    )
    end_points.pop(logits_name, None)
    end_points.update(pooled)
    if num_classes:
        if spatial_squeeze:
            net = _squeeze(net, scope)
        end_points[logits_name] = net
    return net, end_points


def _squeeze(logits: tf.Tensor, scope: str) -> tf.Tensor:
    if any(n not in (None, 1) for n in logits.shape[1:3]):
        raise ValueError(
            f"{scope} makes a map of {_size(logits.shape)} logits from images of this size, which "
            "spatial_squeeze cannot drop. Pass global_pool=True for one vector of logits for each "
            "image, or spatial_squeeze=False for the map, or resize the images."
        )
    return tf.squeeze(logits, [1, 2], name="fc8/squeezed")


def _size(shape: tf.TensorShape) -> str:
    return "x".join("?" if n is None else str(n) for n in shape[1:3])
