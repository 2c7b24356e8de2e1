"""MobileNet V1: each 3x3 convolution is a depthwise one and a 1x1 one.

A. Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
applications", arXiv:1704.04861, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets import register
from tf_slim.nets.blocks import (
    NetOutput,
    check_images,
    conv,
    dilation,
    logits_of,
    reduced_kernel,
    row,
    squeeze,
)
from tf_slim.nets.mobilenet.conv_blocks import fixed_padding
from tf_slim.nets.mobilenet.mobilenet import variant
from tf_slim.ops.types import Collections, Normalizer, Scope, TensorLike

__all__ = [
    "MOBILENETV1_CONV_DEFS",
    "Conv",
    "DepthSepConv",
    "mobilenet_v1",
    "mobilenet_v1_025",
    "mobilenet_v1_050",
    "mobilenet_v1_075",
    "mobilenet_v1_arg_scope",
    "mobilenet_v1_base",
]


class Conv(NamedTuple):
    """A row of the table: a convolution."""

    kernel: list[int]
    stride: int
    depth: int


class DepthSepConv(NamedTuple):
    """A row of the table: a depthwise convolution, and a 1x1 convolution to `depth` channels."""

    kernel: list[int]
    stride: int
    depth: int


MOBILENETV1_CONV_DEFS = [
    Conv(kernel=[3, 3], stride=2, depth=32),
    DepthSepConv(kernel=[3, 3], stride=1, depth=64),
    DepthSepConv(kernel=[3, 3], stride=2, depth=128),
    DepthSepConv(kernel=[3, 3], stride=1, depth=128),
    DepthSepConv(kernel=[3, 3], stride=2, depth=256),
    DepthSepConv(kernel=[3, 3], stride=1, depth=256),
    DepthSepConv(kernel=[3, 3], stride=2, depth=512),
    DepthSepConv(kernel=[3, 3], stride=1, depth=512),
    DepthSepConv(kernel=[3, 3], stride=1, depth=512),
    DepthSepConv(kernel=[3, 3], stride=1, depth=512),
    DepthSepConv(kernel=[3, 3], stride=1, depth=512),
    DepthSepConv(kernel=[3, 3], stride=1, depth=512),
    DepthSepConv(kernel=[3, 3], stride=2, depth=1024),
    DepthSepConv(kernel=[3, 3], stride=1, depth=1024),
]
"""Table 1 of the paper."""


def mobilenet_v1_arg_scope(
    is_training: bool | tf.Tensor | None = None,
    weight_decay: float = 0.00004,
    stddev: float = 0.09,
    regularize_depthwise: bool = False,
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    batch_norm_updates_collections: Collections = tf.compat.v1.GraphKeys.UPDATE_OPS,
    normalizer_fn: Normalizer | None = slim.batch_norm,
) -> Mapping:
    """The scope that MobileNet V1 is trained in.

    Args:
      is_training: whether batch norm works as in training, in a `mobilenet_v1_base` by itself; None
        for what scopes around say. `mobilenet_v1` goes by its own argument.
      weight_decay: the factor of the L2 regularization.
      stddev: of the initial weights.
      regularize_depthwise: whether depthwise kernels are regularized too.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to the variance.
      batch_norm_updates_collections: where the updates of the averages go in a v1 graph.
      normalizer_fn: of all layers.

    Returns:
      An arg_scope.
    """
    batch_norm_params = {
        "center": True,
        "scale": True,
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "updates_collections": batch_norm_updates_collections,
    }
    if is_training is not None:
        batch_norm_params["is_training"] = is_training
    regularizer = slim.l2_regularizer(weight_decay)
    with (
        slim.arg_scope(
            [slim.conv2d, slim.separable_conv2d],
            weights_initializer=tf.compat.v1.truncated_normal_initializer(stddev=stddev),
            activation_fn=tf.nn.relu6,
            normalizer_fn=normalizer_fn,
        ),
        slim.arg_scope([slim.batch_norm], **batch_norm_params),
        slim.arg_scope([slim.conv2d], weights_regularizer=regularizer),
        slim.arg_scope(
            [slim.separable_conv2d],
            weights_regularizer=regularizer if regularize_depthwise else None,
        ) as scope,
    ):
        return scope


def mobilenet_v1_base(
    inputs: TensorLike,
    final_endpoint: str = "Conv2d_13_pointwise",
    min_depth: int = 8,
    depth_multiplier: float = 1.0,
    conv_defs: Sequence[Conv | DepthSepConv] | None = None,
    output_stride: int | None = None,
    use_explicit_padding: bool = False,
    scope: Scope = None,
) -> NetOutput:
    """The convolutions of MobileNet V1.

    Args:
      inputs: images `[batch, height, width, channels]`, of any size.
      final_endpoint: the last layer to make: `Conv2d_0`, `Conv2d_1_depthwise`,
        `Conv2d_1_pointwise`, ... `Conv2d_13_pointwise`.
      min_depth: the least number of channels of a layer.
      depth_multiplier: of the number of channels of each layer.
      conv_defs: the table of layers, `MOBILENETV1_CONV_DEFS` by default.
      output_stride: 8, 16 or 32: how many times smaller than the images the last map is at most;
        the strides that would make it smaller become dilation.
      use_explicit_padding: whether to pad by the same amount for all image sizes.
      scope: name of the scope; by default `MobilenetV1`, made unique.

    Returns:
      (net, end_points): the last map, and all intermediate outputs by name, in order.

    Raises:
      ValueError: the images are of another rank, or an argument is out of its range.
      TypeError: they are not of floating point, or a row of the table is of another kind.
    """
    conv_defs = conv_defs or MOBILENETV1_CONV_DEFS
    _check_arguments(depth_multiplier, output_stride, final_endpoint, conv_defs)
    end_points = {}
    with (
        slim.scope(scope, "MobilenetV1", [inputs]),
        slim.arg_scope(
            [slim.conv2d, slim.separable_conv2d],
            padding="VALID" if use_explicit_padding else "SAME",
        ),
    ):
        net = check_images(inputs)
        step = dilation(output_stride)
        for index, made in enumerate(conv_defs):
            stride, rate = step(made.stride)
            depth = max(int(made.depth * depth_multiplier), min_depth)
            if use_explicit_padding:
                net = fixed_padding(net, made.kernel, rate)
            name = f"Conv2d_{index}"
            if isinstance(made, Conv):
                layer = conv(depth, made.kernel, stride=stride, rate=rate)
                net = end_points[name] = layer(net, scope=name)
            else:
                depthwise = row(slim.separable_conv2d, None, made.kernel, stride=stride, rate=rate)
                net = end_points[f"{name}_depthwise"] = depthwise(net, scope=f"{name}_depthwise")
                name = f"{name}_pointwise"
                if final_endpoint not in end_points:
                    net = end_points[name] = conv(depth, [1, 1])(net, scope=name)
            if final_endpoint in end_points:
                break
    return net, end_points


def _check_arguments(depth_multiplier, output_stride, final_endpoint, conv_defs) -> None:
    if depth_multiplier <= 0:
        raise ValueError(f"MobilenetV1: depth_multiplier must be positive; got {depth_multiplier}.")
    if output_stride not in (None, 8, 16, 32):
        raise ValueError(f"MobilenetV1: output_stride is 8, 16 or 32; got {output_stride!r}.")
    known = _end_points(conv_defs)
    if final_endpoint not in known:
        raise ValueError(
            f"MobilenetV1 has no end point {final_endpoint!r} to stop at. It has: "
            f"{', '.join(known)}."
        )


def _end_points(conv_defs) -> list[str]:
    known = []
    for index, made in enumerate(conv_defs):
        if isinstance(made, Conv):
            known.append(f"Conv2d_{index}")
        elif isinstance(made, DepthSepConv):
            known += [f"Conv2d_{index}_depthwise", f"Conv2d_{index}_pointwise"]
        else:
            raise TypeError(
                f"MobilenetV1: row {index} of conv_defs is {made!r}; expected a Conv or a "
                "DepthSepConv."
            )
    return known


_register = register(
    arg_scope=mobilenet_v1_arg_scope,
    image_size=224,
    preprocessing="inception",
    logits_scopes=["MobilenetV1/Logits/Conv2d_1c_1x1"],
    paper="Howard et al., MobileNets: efficient convolutional neural networks, 2017",
)


@_register
def mobilenet_v1(
    inputs: TensorLike,
    num_classes: int | None = 1000,
    dropout_keep_prob: float = 0.999,
    is_training: bool | tf.Tensor = True,
    min_depth: int = 8,
    depth_multiplier: float = 1.0,
    conv_defs: Sequence[Conv | DepthSepConv] | None = None,
    prediction_fn: Callable[..., tf.Tensor] | None = softmax,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = "MobilenetV1",
    global_pool: bool = False,
) -> NetOutput:
    """MobileNet V1.

    Args:
      inputs: images `[batch, height, width, channels]`, of up to 256x256 pixels; of any size with
        `global_pool=True` or `spatial_squeeze=False`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      dropout_keep_prob: the share of features that dropout keeps.
      is_training: whether dropout and batch norm work as in training.
      min_depth: the least number of channels of a layer.
      depth_multiplier: of the number of channels of each layer.
      conv_defs: the table of layers, `MOBILENETV1_CONV_DEFS` by default.
      prediction_fn: makes the end point `Predictions` of the logits, called with `scope=`; None
        for none.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      global_pool: whether to average over the whole map, and not over windows of 7x7.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 1, 1, depth]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or an argument is out of its range.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    conv_defs = conv_defs or MOBILENETV1_CONV_DEFS
    with (
        slim.scope(scope, "MobilenetV1", [inputs], reuse=reuse) as entered,
        slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    ):
        net, end_points = mobilenet_v1_base(
            inputs,
            final_endpoint=_end_points(conv_defs)[-1],
            min_depth=min_depth,
            depth_multiplier=depth_multiplier,
            conv_defs=conv_defs,
            scope=entered,
        )
        with slim.scope("Logits"):
            if global_pool:
                net = tf.reduce_mean(net, [1, 2], keepdims=True, name="global_pool")
                end_points["global_pool"] = net
            else:
                net = end_points["AvgPool_1a"] = slim.avg_pool2d(
                    net, reduced_kernel(net, [7, 7]), padding="VALID", scope="AvgPool_1a"
                )
            if not num_classes:
                return net, end_points
            net = slim.dropout(net, keep_prob=dropout_keep_prob, scope="Dropout_1b")
            logits = logits_of(net, num_classes, "Conv2d_1c_1x1")
            if spatial_squeeze:
                logits = squeeze(logits, "SpatialSqueeze")
        end_points["Logits"] = logits
        if prediction_fn is not None:
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


def _thinner(name, depth_multiplier):
    summary = f"MobileNet V1 with {depth_multiplier:g} times as many channels."
    return _register(variant(mobilenet_v1, name, summary, depth_multiplier=depth_multiplier))


mobilenet_v1_075 = _thinner("mobilenet_v1_075", 0.75)
mobilenet_v1_050 = _thinner("mobilenet_v1_050", 0.5)
mobilenet_v1_025 = _thinner("mobilenet_v1_025", 0.25)
