"""ResNet, version 2: batch norm and ReLU come before each convolution, and nothing after the sum.

K. He, X. Zhang, S. Ren, J. Sun, "Identity mappings in deep residual networks", arXiv:1603.05027,
2016.

The functions here keep the conventions of contrib.slim: logits are `[batch, 1, 1, classes]`, there
is no argument `spatial_squeeze`, and no end point `global_pool`. `slim.nets.create` has all three.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register, resnet_utils
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.nets.dialects import Call, adapted, in_contrib
from tf_slim.nets.resnet_utils import resnet_arg_scope
from tf_slim.ops.types import Collections, Scope, TensorLike

__all__ = [
    "bottleneck",
    "resnet_arg_scope",
    "resnet_v2",
    "resnet_v2_50",
    "resnet_v2_101",
    "resnet_v2_152",
    "resnet_v2_200",
    "resnet_v2_block",
]


@slim.add_arg_scope
def bottleneck(
    inputs: tf.Tensor,
    depth: int,
    depth_bottleneck: int,
    stride: int,
    rate: int = 1,
    outputs_collections: Collections = None,
    scope: Scope = None,
) -> tf.Tensor:
    """A residual unit of three convolutions, each after batch norm and ReLU.

    The sum has neither: what comes next, the following unit or the `postnorm` of the net, begins
    with them.

    Args:
      inputs: `[batch, height, width, channels]`.
      depth: the number of output channels.
      depth_bottleneck: the number of channels between the convolutions.
      stride: of the 3x3 convolution.
      rate: of its dilation.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the scope; by default `bottleneck_v2`, made unique.

    Returns:
      `[batch, ceil(height / stride), ceil(width / stride), depth]`.
    """
    with slim.scope(scope, "bottleneck_v2", [inputs]) as sc:
        preact = slim.batch_norm(inputs, activation_fn=tf.nn.relu, scope="preact")
        with slim.arg_scope([slim.conv2d], normalizer_fn=None, activation_fn=None):
            if depth == slim.utils.last_dimension(inputs.shape, min_rank=4):
                shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
            else:
                shortcut = slim.conv2d(preact, depth, [1, 1], stride=stride, scope="shortcut")
        residual = slim.conv2d(preact, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = resnet_utils.conv2d_same(
            residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2"
        )
        residual = slim.conv2d(
            residual,
            depth,
            [1, 1],
            stride=1,
            normalizer_fn=None,
            activation_fn=None,
            scope="conv3",
        )
        output = shortcut + residual
        return slim.utils.collect_named_outputs(outputs_collections, sc.name, output)


def resnet_v2_block(scope: str, base_depth: int, num_units: int, stride: int) -> resnet_utils.Block:
    """A block of units.

    Args:
      scope: the name of its scope.
      base_depth: the number of channels inside the units; they have four times as many outputs.
      num_units: how many.
      stride: of the last of them.

    Returns:
      A `resnet_utils.Block`.

    Examples: see `slim.nets.resnet_v2.resnet_v2`.
    """
    unit = {"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": 1}
    units = [unit] * (num_units - 1) + [{**unit, "stride": stride}]
    return resnet_utils.Block(scope, bottleneck, units)


def _resnet_v2(
    inputs: TensorLike,
    blocks: Sequence[resnet_utils.Block],
    num_classes: int | None = None,
    is_training: bool | tf.Tensor = True,
    global_pool: bool = True,
    output_stride: int | None = None,
    include_root_block: bool = True,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = None,
) -> NetOutput:
    """A ResNet of any blocks.

    Args:
      inputs: images `[batch, height, width, channels]`, of any size; for dense prediction, best a
        multiple of 32, plus 1. Without the root block, a map of features.
      blocks: a list of `resnet_utils.Block`s.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether batch norm works as in training; None to leave it to the arg_scope.
      global_pool: whether to average over height and width before the logits; not for dense
        prediction.
      output_stride: how much smaller the map of features is than the images, in each direction, by
        dilated convolutions in place of strides; a multiple of 4 with the root block. None for
        what the strides make, 32 for the nets below.
      include_root_block: whether to begin with the 7x7 convolution and the pooling, which have a
        stride of 4 together.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.

    Returns:
      (net, end_points): logits `[batch, height, width, num_classes]`, where height and width are 1
      with `global_pool`; with `spatial_squeeze` `[batch, num_classes]`. Without classes, features
      `[batch, height, width, depth]`. And all intermediate outputs by name, in order.

    Raises:
      ValueError: `inputs` is of another rank, `output_stride` cannot be reached, or there is a
        map of logits to be squeezed.
      TypeError: `inputs` is not of floating point.

    Examples:
      >>> block = slim.nets.resnet_v2.resnet_v2_block
      >>> blocks = [
      ...     block("block1", base_depth=8, num_units=1, stride=2),
      ...     block("block2", base_depth=16, num_units=1, stride=1),
      ... ]
      >>> net = slim.nets.resnet_v2.resnet_v2
      >>> model = slim.Model(net, blocks=blocks, num_classes=10, scope="small")
      >>> logits, end_points = model(tf.zeros([2, 64, 64, 3]))
      >>> logits.shape, end_points["small/block2"].shape
      (TensorShape([2, 1, 1, 10]), TensorShape([2, 8, 8, 64]))
    """
    with slim.scope(scope, "resnet_v2", [inputs], reuse=reuse) as sc:
        collection = sc.original_name_scope + "_end_points"
        with (
            slim.arg_scope(
                [slim.conv2d, bottleneck, resnet_utils.stack_blocks_dense],
                outputs_collections=collection,
            ),
            slim.arg_scope([slim.batch_norm], is_training=is_training)
            if is_training is not None
            else contextlib.nullcontext(),
        ):
            net = check_images(inputs)
            if include_root_block:
                output_stride = resnet_utils.stride_after_root(output_stride)
                # The first unit normalizes.
                with slim.arg_scope([slim.conv2d], activation_fn=None, normalizer_fn=None):
                    net = slim.block(resnet_utils.root_block, net, name="root")
            net = resnet_utils.stack_blocks_dense(net, blocks, output_stride)
            net = slim.batch_norm(net, activation_fn=tf.nn.relu, scope="postnorm")
            return resnet_utils.resnet_logits(
                net,
                num_classes,
                collection,
                global_pool=global_pool,
                spatial_squeeze=spatial_squeeze,
            )


resnet_v2 = in_contrib(_resnet_v2, "resnet_v2")


def _with_four_blocks(
    inputs: TensorLike,
    num_classes: int | None = None,
    is_training: bool | tf.Tensor = True,
    global_pool: bool = True,
    output_stride: int | None = None,
    spatial_squeeze: bool = True,
    reuse: bool | None = None,
    scope: Scope = None,
    *,
    units: Sequence[int] = (3, 4, 6, 3),
) -> NetOutput:
    """The nets of the paper, of which `units` says how many units each block has.

    Args:
      inputs: images `[batch, height, width, channels]`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: see `resnet_v2`, as for all arguments that are not here.
      global_pool: whether to average over height and width before the logits.
      output_stride: 4, 8, 16 or 32, which is None.
      spatial_squeeze: whether the logits lose the height and width.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.

    Returns:
      (net, end_points), and errors: see `resnet_v2`.

    Examples: see `slim.nets.create`.
    """
    blocks = [
        resnet_v2_block(f"block{index}", base_depth, num_units, stride)
        for index, (base_depth, num_units, stride) in enumerate(
            zip((64, 128, 256, 512), units, (2, 2, 2, 1), strict=True), start=1
        )
    ]
    return _resnet_v2(
        inputs,
        blocks,
        num_classes,
        is_training=is_training,
        global_pool=global_pool,
        output_stride=output_stride,
        spatial_squeeze=spatial_squeeze,
        reuse=reuse,
        scope=scope,
    )


def _named(name, units):
    """Registers a net, and returns it as contrib.slim had it."""
    call = Call(defaults={"scope": name}, fixed={"units": units})
    summary = f"ResNet with {name.rpartition('_')[2]} layers with weights."
    net = adapted(_with_four_blocks, call, name=name, summary=summary)
    register(
        arg_scope=resnet_arg_scope,
        image_size=224,
        num_classes=1001,
        preprocessing="inception",
        logits_scopes=[f"{name}/logits"],
        paper="He et al., Identity mappings in deep residual networks, 2016",
    )(net)
    return in_contrib(net)


resnet_v2_50 = _named("resnet_v2_50", (3, 4, 6, 3))
resnet_v2_101 = _named("resnet_v2_101", (3, 4, 23, 3))
resnet_v2_152 = _named("resnet_v2_152", (3, 8, 36, 3))
resnet_v2_200 = _named("resnet_v2_200", (3, 24, 36, 3))
