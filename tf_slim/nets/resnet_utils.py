"""What both versions of ResNet are made of: blocks of units, strides turned into dilation.

K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
2015.

Unlike in the paper, the stride of a block is that of its last unit, not of its first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import NetOutput, collected_end_points, dilation, logits_of, squeeze
from tf_slim.ops.types import Activation, Collections, Scope

__all__ = [
    "Block",
    "conv2d_same",
    "resnet_arg_scope",
    "resnet_logits",
    "root_block",
    "stack_blocks_dense",
    "stride_after_root",
    "subsample",
]

_UPDATE_OPS = tf.compat.v1.GraphKeys.UPDATE_OPS


class Block(NamedTuple):
    """A block of residual units.

    Attributes:
      scope: the name of its scope.
      unit_fn: makes a unit: `unit_fn(net, rate=..., **kwargs)`, where `kwargs` has `stride`.
      args: the keyword arguments of each unit, a list of dicts.
    """

    scope: str
    unit_fn: Callable[..., tf.Tensor]
    args: list[dict[str, Any]]


def subsample(inputs: tf.Tensor, factor: int, scope: Scope = None) -> tf.Tensor:
    """Every `factor`-th row and column.

    Args:
      inputs: `[batch, height, width, channels]`.
      factor: the stride; `inputs` itself is returned for 1.
      scope: name of the operation.

    Returns:
      `[batch, ceil(height / factor), ceil(width / factor), channels]`.
    """
    if factor == 1:
        return inputs
    return slim.max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(
    inputs: tf.Tensor,
    num_outputs: int,
    kernel_size: int,
    stride: int,
    rate: int = 1,
    scope: Scope = None,
) -> tf.Tensor:
    """A convolution whose stride does the same as subsampling what stride 1 gives.

    TensorFlow's padding "SAME" depends on the size of the map where the stride is above 1. Here the
    padding is always the same, half of the kernel at each side, so what a net computes at a place
    does not depend on how large the image is around it.

    Args:
      inputs: `[batch, height, width, channels]`.
      num_outputs: the number of output channels.
      kernel_size: an integer.
      stride: an integer.
      rate: of dilation, an integer.
      scope: name of the scope.

    Returns:
      `[batch, ceil(height / stride), ceil(width / stride), num_outputs]`.
    """
    if stride == 1:
        return slim.conv2d(
            inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope
        )
    total = (kernel_size - 1) * rate
    before = total // 2
    padding = [before, total - before]
    inputs = tf.pad(inputs, [[0, 0], padding, padding, [0, 0]])
    return slim.conv2d(
        inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope
    )


def root_block(inputs: tf.Tensor) -> tf.Tensor:
    """A convolution of 7x7 and the pooling, which have a stride of 4 together.

    Args:
      inputs: `[batch, height, width, channels]`.

    Returns:
      `[batch, ceil(height / 4), ceil(width / 4), 64]`.
    """
    net = conv2d_same(inputs, 64, 7, stride=2, scope="conv1")
    return slim.max_pool2d(net, [3, 3], stride=2, scope="pool1")


@slim.add_arg_scope
def stack_blocks_dense(
    net: tf.Tensor,
    blocks: Sequence[Block],
    output_stride: int | None = None,
    outputs_collections: Collections = None,
    store_non_strided_activations: bool = False,
) -> tf.Tensor:
    """Blocks one after the other, with a limit to how much they shrink the map.

    Once the strides so far have reached `output_stride`, the units that follow have stride 1, and
    dilated convolutions in place of further strides, so that each place still sees as much of the
    image ("atrous" convolution: L.-C. Chen et al., DeepLab, arXiv:1606.00915).

    Args:
      net: `[batch, height, width, channels]`.
      blocks: a list of `Block`s.
      output_stride: by how much `net` may shrink; None for the product of all strides.
      outputs_collections: name, or list of names, of collections for the output of each block.
      store_non_strided_activations: whether what a block files is its output before its stride,
        which is then applied by subsampling.

    Returns:
      The output of the last block.

    Raises:
      ValueError: the strides do not multiply to `output_stride` on the way.
    """
    _check_reachable(blocks, output_stride)
    step = dilation(output_stride)
    for block in blocks:
        with slim.scope(block.scope, "block", [net]) as sc:
            stride_of_block = 1
            for index, unit in enumerate(block.args, start=1):
                stride = unit.get("stride", 1)
                if store_non_strided_activations and index == len(block.args):
                    stride_of_block, stride = stride, 1
                stride, rate = step(stride)
                with slim.scope(f"unit_{index}", values=[net]):
                    unit_fn = functools.partial(
                        block.unit_fn, rate=rate, **{**unit, "stride": stride}
                    )
                    net = slim.block(unit_fn, net)
            net = slim.utils.collect_named_outputs(outputs_collections, sc.name, net)
            net = subsample(net, step(stride_of_block)[0])
    return net


def _check_reachable(blocks, output_stride) -> None:
    reached = [1]
    for block in blocks:
        for unit in block.args:
            reached.append(reached[-1] * unit.get("stride", 1))
    if output_stride is not None and output_stride not in reached:
        scope = tf.compat.v1.get_variable_scope().name
        raise ValueError(
            f"The target output_stride cannot be reached: the blocks of "
            f"{scope or 'stack_blocks_dense'} can shrink the map by "
            f"{', '.join(map(str, sorted(set(reached))))}; got {output_stride!r}."
        )


def stride_after_root(output_stride: int | None) -> int | None:
    """What is left of `output_stride` for the blocks, after a root block with a stride of 4.

    Args:
      output_stride: of the whole net, or None.

    Raises:
      ValueError: it is no multiple of 4.
    """
    if output_stride is None:
        return None
    if output_stride % 4 or output_stride < 4:
        raise ValueError(
            f"The output_stride needs to be a multiple of 4, which is the stride of the root block "
            f"of {tf.compat.v1.get_variable_scope().name}; got {output_stride!r}. For less, pass "
            "include_root_block=False with a root of your own."
        )
    return output_stride // 4


def resnet_logits(
    net: tf.Tensor,
    num_classes: int | None,
    end_points_collection: str,
    *,
    global_pool: bool,
    spatial_squeeze: bool,
) -> NetOutput:
    """The head of a ResNet, and its end points.

    Args:
      net: `[batch, height, width, depth]`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      end_points_collection: where the layers so far have filed their outputs.
      global_pool: whether to average over height and width.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.

    Returns:
      (net, end_points): see `resnet_v1`.

    Raises:
      ValueError: the logits are a map of more than one place, and are to be squeezed.
    """
    scope = tf.compat.v1.get_variable_scope().name
    head = {}
    if global_pool:
        net = head["global_pool"] = tf.reduce_mean(net, [1, 2], keepdims=True, name="pool5")
    if num_classes:
        net = logits_of(net, num_classes, "logits")
        head[f"{scope}/logits"] = net
        if spatial_squeeze:
            net = head[f"{scope}/spatial_squeeze"] = squeeze(net, "SpatialSqueeze")
        head["predictions"] = slim.softmax(net, scope="predictions")
    end_points = collected_end_points(end_points_collection)
    end_points.pop(f"{scope}/logits", None)
    end_points.update(head)
    return net, end_points


def resnet_arg_scope(
    weight_decay: float = 0.0001,
    batch_norm_decay: float = 0.997,
    batch_norm_epsilon: float = 1e-5,
    batch_norm_scale: bool = True,
    activation_fn: Activation | None = tf.nn.relu,
    use_batch_norm: bool = True,
    batch_norm_updates_collections: Collections = _UPDATE_OPS,
) -> Mapping:
    """The scope that ResNets are trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      batch_norm_scale: whether batch norm has a `gamma`.
      activation_fn: of the convolutions.
      use_batch_norm: whether convolutions have batch norm, or biases.
      batch_norm_updates_collections: in a v1 graph, where the updates of the moving averages go.

    Returns:
      An arg_scope.
    """
    batch_norm = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "scale": batch_norm_scale,
        "updates_collections": batch_norm_updates_collections,
    }
    with (
        slim.arg_scope(
            [slim.conv2d],
            weights_regularizer=slim.l2_regularizer(weight_decay),
            weights_initializer=slim.variance_scaling_initializer(),
            activation_fn=activation_fn,
            normalizer_fn=slim.batch_norm if use_batch_norm else None,
            normalizer_params=batch_norm,
        ),
        slim.arg_scope([slim.batch_norm], **batch_norm),
        slim.arg_scope([slim.max_pool2d], padding="SAME") as scope,
    ):
        return scope
