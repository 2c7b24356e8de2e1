"""How NASNet and PNASNet stack their cells: stem, cells, auxiliary head, logits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import NetOutput, check_images
from tf_slim.nets.dialects import Call, adapted
from tf_slim.nets.nasnet import nasnet_utils as utils
from tf_slim.nets.nasnet.config import NasNetConfig
from tf_slim.ops.types import Scope, TensorLike

__all__ = ["arg_scope", "build", "scope_of"]


def arg_scope(
    weight_decay: float = 5e-5, batch_norm_decay: float = 0.9997, batch_norm_epsilon: float = 1e-3
) -> Mapping:
    """The scope that these nets are trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to the variance.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.fully_connected, slim.conv2d, slim.separable_conv2d],
            weights_regularizer=slim.l2_regularizer(weight_decay),
            weights_initializer=slim.variance_scaling_initializer(mode="FAN_OUT"),
            activation_fn=None,
        ),
        slim.arg_scope([slim.fully_connected], scope="FC"),
        slim.arg_scope([slim.conv2d, slim.separable_conv2d], biases_initializer=None),
        slim.arg_scope(
            [slim.batch_norm],
            decay=batch_norm_decay,
            epsilon=batch_norm_epsilon,
            scale=True,
            fused=True,
        ) as scope,
    ):
        return scope


def scope_of(
    module: str,
    net: str,
    weight_decay: float,
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 1e-3,
) -> Callable[..., Mapping]:
    """`arg_scope` under the name of a net, with its defaults."""
    defaults = {
        "weight_decay": weight_decay,
        "batch_norm_decay": batch_norm_decay,
        "batch_norm_epsilon": batch_norm_epsilon,
    }
    summary = f"The scope that {net} is trained in."
    name = f"{net}_arg_scope"
    return adapted(arg_scope, Call(defaults=defaults), name=name, summary=summary, module=module)


def build(
    images: TensorLike,
    num_classes: int | None = 1001,
    is_training: bool | tf.Tensor = True,
    final_endpoint: str | None = None,
    config: Any = None,
    current_step: Callable[[], Any] | TensorLike | None = None,
    scope: Scope = None,
    reuse: bool | None = None,
    *,
    default_config: Callable[..., Any] = NasNetConfig,
    normal_cell: type = utils.NasNetANormalCell,
    reduction_cell: type | None = None,
    imagenet: bool = True,
) -> NetOutput:
    """A net of cells.

    The variables have no scope of their own unless one is given: two of these nets in one graph or
    model need `scope`.

    Args:
      images: `[batch, height, width, channels]`, whatever the data format of the net. Height and
        width must be known: at least 19, and 67 in training with the auxiliary head; for CIFAR-10
        at least 3, and 9.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether dropout, drop path and batch norm work as in training, and whether the
        auxiliary head is built.
      final_endpoint: the last part to make: `Stem`, `Cell_0`, ..., `Reduction_Cell_0`, ...,
        `global_pool`, `Logits` or `Predictions`.
      config: a `NasNetConfig`, or what has its attributes; it is not changed.
      current_step: the number of the training step, for drop path: a scalar, or a function that
        returns one. By default it is the global step of a v1 graph or the number of the step that
        `slim.learning.make_train_step` takes; where there is neither, paths are dropped as at the
        end of training.
      scope: the name of a variable scope.
      reuse: whether the variables exist already; needs `scope`.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, depth]` take the place of the logits. The end point
      `AuxLogits` is there in training only.

    Raises:
      ValueError: the images are of another rank or size, or there is no such end point.
      TypeError: they are not of floating point.

    Examples: see `slim.nets.create`.
    """
    # Without reduction cells, normal cells with stride 2 make the map smaller. `imagenet` chooses
    # between the stems for ImageNet and for CIFAR-10.
    config = config or default_config()
    channels_last = config.data_format == "NHWC"
    auxiliary = bool(config.use_aux_head and num_classes and is_training)
    reductions = utils.calc_reduction_layers(config.num_cells, config.num_reduction_layers)
    auxiliary_cell = reductions[1] - 1 if auxiliary and len(reductions) > 1 else None
    keep_prob = config.drop_path_keep_prob if is_training else 1.0
    num_cells = config.num_cells + 2 * (reduction_cell is not None) + 2 * imagenet

    def make(cell):
        return cell(
            config.num_conv_filters,
            keep_prob,
            num_cells,
            config.total_training_steps,
            config.use_bounded_activation,
        )

    end_points = {}
    with (
        _variable_scope(scope, reuse),
        slim.arg_scope(
            [slim.dropout, utils.drop_path, slim.batch_norm],
            is_training=is_training,
        ),
        slim.arg_scope(
            [
                *(slim.avg_pool2d, slim.max_pool2d),
                *(slim.conv2d, slim.batch_norm, slim.separable_conv2d),
                *(utils.factorized_reduction, utils.global_avg_pool),
                *(utils.get_channel_index, utils.get_channel_dim),
            ],
            data_format=config.data_format,
        ),
    ):
        net = _checked(images, config, imagenet, auxiliary_cell is not None)
        if not channels_last:
            net = tf.transpose(net, [0, 3, 1, 2])
        parts = _cells(
            net,
            config,
            make(normal_cell),
            None if reduction_cell is None else make(reduction_cell),
            reductions,
            auxiliary_cell,
            num_classes,
            current_step,
            imagenet,
        )
        net = None
        for name, output in parts:
            end_points[name] = output
            if name != "AuxLogits":
                net = output
            if name == final_endpoint:
                return output, end_points
        net = _head(net, config, num_classes, end_points, final_endpoint)
    if final_endpoint is not None and final_endpoint not in end_points:
        raise ValueError(
            f"This net has no end point {final_endpoint!r} to stop at. It has: "
            f"{', '.join(end_points)}."
        )
    return net, end_points


def _variable_scope(scope, reuse):
    if scope is None and reuse is None:
        return contextlib.nullcontext()
    return slim.scope(tf.compat.v1.get_variable_scope() if scope is None else scope, reuse=reuse)


def _checked(images, config, imagenet: bool, auxiliary: bool) -> tf.Tensor:
    # Before each reduction the map must be so large that it gets smaller: cells go by that.
    # The auxiliary head averages over windows of 5x5.
    scale = 4 if imagenet else 1
    least = max(1, int(scale * 2 ** (config.num_reduction_layers - 1)) + 1)
    remedy = ""
    if auxiliary and 8 * scale + 1 > least:
        least = 8 * scale + 1
        remedy = "pass a config with use_aux_head=0"
    if imagenet:
        least = 2 * least + 1
    images = check_images(images, least, remedy)
    if images.shape.rank is None or None in images.shape.as_list()[1:3]:
        raise ValueError(
            "A net of cells takes images of known height and width, which decide on its layers; "
            f"got shape {images.shape}. Tell them with tf.ensure_shape or in the input signature."
        )
    return images


def _cells(
    net,
    config,
    normal_cell,
    reduction_cell,
    reductions,
    auxiliary_cell,
    num_classes,
    current_step,
    imagenet,
) -> Iterator[tuple[str, tf.Tensor]]:
    """Makes all up to the last cell: yields each end point when it is made."""
    if imagenet:
        outputs = _imagenet_stem(net, config, reduction_cell or normal_cell, current_step)
    else:
        outputs = _cifar_stem(net, config)
    net = outputs[-1]
    yield "Stem", net
    number = len(outputs) - 2
    filter_scaling = 1.0
    prev_layer = None
    for index in range(config.num_cells):
        reduces = index in reductions
        if reduces:
            filter_scaling *= config.filter_scaling_rate
        if config.skip_reduction_layer_input:
            prev_layer = outputs[-2]
        if reduces and reduction_cell is not None:
            reduction = reductions.index(index)
            net = reduction_cell(
                net,
                scope=f"reduction_cell_{reduction}",
                filter_scaling=filter_scaling,
                stride=2,
                prev_layer=outputs[-2],
                cell_num=number,
                current_step=current_step,
            )
            yield f"Reduction_Cell_{reduction}", net
            number += 1
            outputs.append(net)
        strided = reduces and reduction_cell is None
        if not config.skip_reduction_layer_input and not strided:
            prev_layer = outputs[-2]
        net = normal_cell(
            net,
            scope=f"cell_{index}",
            filter_scaling=filter_scaling,
            stride=2 if strided else 1,
            prev_layer=prev_layer,
            cell_num=number,
            current_step=current_step,
        )
        yield f"Cell_{index}", net
        number += 1
        outputs.append(net)
        if index == auxiliary_cell:
            yield "AuxLogits", _auxiliary_head(net, config, num_classes, f"aux_{index}")


def _imagenet_stem(net, config, cell, current_step) -> list:
    """A convolution and two cells, each with stride 2: what was made, from the first on."""
    net = slim.conv2d(
        net, int(32 * config.stem_multiplier), [3, 3], stride=2, padding="VALID", scope="conv0"
    )
    outputs = [None, slim.batch_norm(net, scope="conv0_bn")]
    for number in range(2):
        net = cell(
            outputs[-1],
            scope=f"cell_stem_{number}",
            filter_scaling=config.filter_scaling_rate ** (number - 2),
            stride=2,
            prev_layer=outputs[-2],
            cell_num=number,
            current_step=current_step,
        )
        outputs.append(net)
    return outputs


def _cifar_stem(net, config) -> list:
    depth = int(config.num_conv_filters * config.stem_multiplier)
    net = slim.conv2d(net, depth, 3, scope="l1_stem_3x3")
    return [None, slim.batch_norm(net, scope="l1_stem_bn")]


def _auxiliary_head(net, config, num_classes, scope):
    activation_fn = utils.activation(config.use_bounded_activation)
    with slim.scope(scope), slim.scope("aux_logits"):
        net = activation_fn(net)
        net = slim.avg_pool2d(net, [5, 5], stride=3, padding="VALID")
        net = slim.conv2d(net, 128, [1, 1], scope="proj")
        net = activation_fn(slim.batch_norm(net, scope="aux_bn0"))
        height, width = (
            size
            for size, axis in zip(net.shape.as_list(), config.data_format, strict=True)
            if axis in "HW"
        )
        net = slim.conv2d(net, 768, [height, width], padding="VALID")
        net = activation_fn(slim.batch_norm(net, scope="aux_bn1"))
        return slim.fully_connected(slim.flatten(net), num_classes)


def _head(net, config, num_classes, end_points, final_endpoint):
    with slim.scope("final_layer"):
        net = utils.activation(config.use_bounded_activation)(net)
        net = end_points["global_pool"] = utils.global_avg_pool(net)
        if not num_classes or final_endpoint == "global_pool":
            return net
        net = slim.dropout(net, config.dense_dropout_keep_prob, scope="dropout")
        logits = end_points["Logits"] = slim.fully_connected(net, num_classes)
        if final_endpoint == "Logits":
            return logits
        predictions = end_points["Predictions"] = tf.nn.softmax(logits, name="predictions")
        return predictions if final_endpoint == "Predictions" else logits
