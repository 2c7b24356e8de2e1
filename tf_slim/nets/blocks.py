"""What several nets share: checks of their inputs, tables of layers, end points, heads.

Nets with a `final_endpoint` are written as tables, from the name of an end point to the layer that
makes it:

    layers = {
        "Conv2d_1a_3x3": conv(32, [3, 3], stride=2),
        "Mixed_1b": mixed(
            {"Conv2d_0a_1x1": conv(64, [1, 1])},
            {"Conv2d_0a_1x1": conv(48, [1, 1]), "Conv2d_0b_5x5": conv(64, [5, 5])},
        ),
    }
    net, end_points = trunk(images, layers, final_endpoint="Mixed_1b")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.types import Initializer, Scope, Size, TensorLike
from tf_slim.ops.wording import did_you_mean

__all__ = [
    "NetOutput",
    "avg_pool",
    "branched",
    "check_images",
    "collected_end_points",
    "conv",
    "convolutional_logits",
    "dilation",
    "fork",
    "logits_of",
    "max_pool",
    "mixed",
    "reduced_kernel",
    "row",
    "squeeze",
    "trunc_normal",
    "trunk",
]

Layer = Callable[..., tf.Tensor]
"""What a table holds: a function `layer(net, scope=name)` to the next net."""

NetOutput: TypeAlias = tuple[tf.Tensor, dict[str, tf.Tensor]]
"""What a net returns: logits or features, and the end points by name, in order."""

_AXES = {"N": "batch", "D": "frames", "H": "height", "W": "width", "C": "channels"}


def check_images(
    images: TensorLike, min_size: int = 1, remedy: str = "", *, data_format: str = "NHWC"
) -> tf.Tensor:
    """Refuses what a net cannot take, before a layer deep inside fails on it.

    To be called inside the scope of the net, whose name the messages give.

    Args:
      images: `[batch, height, width, channels]`, a tensor or an array. What is not known of the
        shape is not checked.
      min_size: the smallest height and width, in pixels, that the net can take.
      remedy: what else can be done about smaller images.
      data_format: the axes, if they are others: "NCHW", and "NDHWC" or "NCDHW" for videos, whose
        axis D counts the frames.

    Returns:
      The images, as a tensor.

    Raises:
      ValueError: the images are of another rank, or too small.
      TypeError: they are not of floating point.
    """
    net = tf.compat.v1.get_variable_scope().name or "The net"
    batch: tf.Tensor = tf.convert_to_tensor(images)
    shape = batch.shape
    what = "videos" if "D" in data_format else "images"
    if shape.rank not in (None, len(data_format)):
        one_only = shape.rank == len(data_format) - 1
        raise ValueError(
            f"{net} takes {what} [{', '.join(_AXES[axis] for axis in data_format)}]; got shape "
            f"{shape}."
            + (f" For one {what[:-1]} write {what}[tf.newaxis]." * one_only)
            + (f" For {what} without a channel axis: {what}[..., tf.newaxis]." * one_only)
        )
    if not batch.dtype.is_floating:
        raise TypeError(
            f"{net} takes images of floating point; got {batch.dtype.name}. Preprocess them, or "
            "at least write tf.image.convert_image_dtype(images, tf.float32)."
        )
    size = () if shape.rank is None else [shape.as_list()[data_format.index(axis)] for axis in "HW"]
    if any(n is not None and n < min_size for n in size):
        raise ValueError(
            f"{net} takes images of {min_size}x{min_size} pixels and more; got {_times(size)}. "
            f"Resize them{remedy and f', or {remedy}'}."
        )
    return batch


# ---------------------------------------------------------------------------- tables of layers


def row(layer: Callable, *args: Any, **kwargs: Any) -> Layer:
    """A row of a table: `layer(net, *args, scope=name, **kwargs)`, a block of the net."""

    def apply(net, scope):
        def made(inputs):
            return layer(inputs, *args, scope=scope, **kwargs)

        return slim.block(made, net, name=scope)

    return apply


def conv(depth: int, kernel: Size, **kwargs: Any) -> Layer:
    """A row of a table: `slim.conv2d` to `depth` channels."""
    return row(slim.conv2d, depth, kernel, **kwargs)


def max_pool(kernel: Size, **kwargs: Any) -> Layer:
    """A row of a table: `slim.max_pool2d`."""
    return _pool(slim.max_pool2d, kernel, **kwargs)


def avg_pool(kernel: Size, **kwargs: Any) -> Layer:
    """A row of a table: `slim.avg_pool2d`."""
    return _pool(slim.avg_pool2d, kernel, **kwargs)


def _pool(layer: Callable, kernel: Size, **kwargs: Any) -> Layer:
    # No block: what its gradient needs is what goes in and what comes out.
    def apply(net, scope):
        return layer(net, kernel, scope=scope, **kwargs)

    return apply


def mixed(*branches: Mapping[str, Layer], axis: int = -1) -> Layer:
    """A row of a table: an Inception module, which is `branched` in a scope, a block of the net."""

    def module(net, scope):
        with slim.scope(scope):
            return slim.block(lambda inputs: branched(inputs, *branches, axis=axis), net)

    return module


def branched(net: tf.Tensor, *branches: Mapping[str, Layer], axis: int = -1) -> tf.Tensor:
    """Applies several tables to the same net, in scopes `Branch_0`, ..., and joins what they make.

    Args:
      net: what each table begins with, `[batch, ..., channels]`.
      *branches: the tables.
      axis: along which their outputs are joined.
    """
    outputs = []
    for index, branch in enumerate(branches):
        with slim.scope(f"Branch_{index}"):
            output = net
            for name, layer in branch.items():
                output = layer(output, scope=name)
            outputs.append(output)
    return tf.concat(outputs, axis)


def fork(layers: Mapping[str, Layer], axis: int = -1) -> Layer:
    """A row of a branch: layers that are all applied to the same net, and joined along `axis`."""

    def joined(net, scope):
        outputs = [layer(net, scope=name) for name, layer in layers.items()]
        return tf.concat(outputs, axis, name=scope)

    return joined


def trunk(
    net: tf.Tensor, layers: Mapping[str, Layer], final_endpoint: str
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Applies a table of layers one after the other, each in the scope of its name.

    Args:
      net: what the first layer takes, `[batch, ..., channels]`.
      layers: the table, from the name of an end point to its layer.
      final_endpoint: the last layer to apply.

    Returns:
      (net, end_points): the output of the last layer, and of all layers by name, in order.

    Raises:
      ValueError: the table has no such layer.
    """
    if final_endpoint not in layers:
        hint = did_you_mean(final_endpoint, layers, most=1)
        raise ValueError(
            f"{tf.compat.v1.get_variable_scope().name} has no end point {final_endpoint!r} to stop "
            f"at.{hint} It has: {', '.join(layers)}."
        )
    end_points = {}
    for name, layer in layers.items():
        net = end_points[name] = layer(net, scope=name)
        if name == final_endpoint:
            break
    return net, end_points


# ---------------------------------------------------------------------------- dilation


def dilation(output_stride: int | None) -> Callable[[int], tuple[int, int]]:
    """Turns strides into dilation, from where a map has become `output_stride` times smaller.

    A layer behind a stride that was turned sees as much of the image as it did, by its rate
    ("atrous" convolution: L.-C. Chen et al., DeepLab, arXiv:1606.00915).

    Args:
      output_stride: by how much the map may shrink; None for the product of all strides.

    Returns:
      A function to be called for one layer after the other: from the stride of the layer to the
      stride and the rate that it is to have.

    Examples:
      >>> step = slim.nets.blocks.dilation(output_stride=4)
      >>> [step(stride) for stride in (2, 2, 1, 2, 1)]
      [(2, 1), (2, 1), (1, 1), (1, 1), (1, 2)]
    """
    shrunk = rate = 1

    def step(stride: int) -> tuple[int, int]:
        nonlocal shrunk, rate
        if shrunk != output_stride:
            shrunk *= stride
            return stride, 1
        layer_rate, rate = rate, rate * stride
        return 1, layer_rate

    return step


# ---------------------------------------------------------------------------- heads


def reduced_kernel(net: tf.Tensor, kernel: Sequence[int], data_format: str = "NHWC") -> list[int]:
    """A kernel, made smaller where the map that it slides over is smaller.

    Args:
      net: a map, `[batch, *space, channels]`.
      kernel: one size for each of its dimensions in space. A dimension whose size is not known is
        taken to be large enough.
      data_format: the axes of `net`.
    """
    sizes = zip(net.shape.as_list(), data_format, strict=True)
    known = [size for size, axis in sizes if axis not in "NC"]
    return [k if n is None else min(n, k) for n, k in zip(known, kernel, strict=True)]


def squeeze(logits: tf.Tensor, name: str, remedy: str = "Pass global_pool=True") -> tf.Tensor:
    """Drops the height and width of logits.

    Args:
      logits: `[batch, 1, 1, classes]`.
      name: of the operation.
      remedy: what to do for one vector of logits for each image.

    Returns:
      `[batch, classes]`.

    Raises:
      ValueError: the height or the width is another.
    """
    size = logits.shape.as_list()[1:3]
    if any(n not in (None, 1) for n in size):
        raise ValueError(
            f"{tf.compat.v1.get_variable_scope().name} makes a map of {_times(size)} logits from "
            f"images of this size, which spatial_squeeze cannot drop. {remedy} for one vector of "
            "logits for each image, or spatial_squeeze=False for the map, or resize the images."
        )
    return tf.squeeze(logits, [1, 2], name=name)


def logits_of(net: tf.Tensor, num_classes: int, scope: Scope, **kwargs: Any) -> tf.Tensor:
    """A 1x1 convolution to logits: without activation and normalization.

    Args:
      net: `[batch, height, width, depth]`.
      num_classes: the number of classes.
      scope: name of the scope.
      **kwargs: of `slim.conv2d`.

    Returns:
      `[batch, height, width, num_classes]`.
    """
    return slim.conv2d(
        net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=scope, **kwargs
    )


def trunc_normal(stddev: float) -> Initializer:
    """An initializer of weights: normal, without what lies beyond two `stddev`."""
    return tf.compat.v1.truncated_normal_initializer(stddev=stddev)


def collected_end_points(collection: str) -> dict[str, tf.Tensor]:
    """The outputs that the layers of a net have filed, by name, in order, of any shapes.

    Args:
      collection: the one that the net has set as `outputs_collections`.
    """
    # A second call of the net must not find what this one filed. In a v1 graph, where the name
    # of the collection is another one in each call, programs may go on to read it.
    in_v1_graph = not tf.compat.v1.executing_eagerly_outside_functions()
    return slim.utils.convert_collection_to_dict(collection, clear_collection=not in_v1_graph)


def convolutional_logits(
    net: tf.Tensor,
    num_classes: int | None,
    end_points_collection: str,
    *,
    is_training: bool | tf.Tensor,
    dropout_keep_prob: float,
    spatial_squeeze: bool,
    global_pool: bool,
    **fc8_kwargs: Any,
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
    logits_name = f"{tf.compat.v1.get_variable_scope().name}/fc8"
    pooled = {}
    if global_pool:
        net = tf.reduce_mean(net, [1, 2], keepdims=True, name="global_pool")
        pooled["global_pool"] = net
    if num_classes:
        net = slim.dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
        net = logits_of(net, num_classes, "fc8", **fc8_kwargs)
    end_points = collected_end_points(end_points_collection)
    end_points.pop(logits_name, None)
    end_points.update(pooled)
    if num_classes:
        if spatial_squeeze:
            net = squeeze(net, "fc8/squeezed")
        end_points[logits_name] = net
    return net, end_points


def _times(size) -> str:
    return "x".join("?" if n is None else str(n) for n in size)
