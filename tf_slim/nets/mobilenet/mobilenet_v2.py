"""MobileNet V2: inverted bottlenecks with linear projections.

M. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", arXiv:1801.04381, 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput
from tf_slim.nets.mobilenet import mobilenet as lib
from tf_slim.nets.mobilenet.conv_blocks import expand_input_by_factor as expand_input
from tf_slim.nets.mobilenet.conv_blocks import expanded_conv
from tf_slim.nets.mobilenet.mobilenet import op, training_scope, variant
from tf_slim.ops.types import Activation, Scope, TensorLike

__all__ = [
    "V2_DEF",
    "V2_DEF_GROUP_NORM",
    "expand_input",
    "mobilenet",
    "mobilenet_base",
    "mobilenet_base_group_norm",
    "mobilenet_v2",
    "mobilenet_v2_035",
    "mobilenet_v2_050",
    "mobilenet_v2_140",
    "op",
    "training_scope",
]


def _defaults(normalizer_fn, **normalizer_kwargs):
    return {
        (normalizer_fn,): normalizer_kwargs,
        (slim.conv2d, slim.fully_connected, slim.separable_conv2d): {
            "normalizer_fn": normalizer_fn,
            "activation_fn": tf.nn.relu6,
        },
        (expanded_conv,): {
            "expansion_size": expand_input(6),
            "split_expansion": 1,
            "normalizer_fn": normalizer_fn,
            "residual": True,
        },
        (slim.conv2d, slim.separable_conv2d): {"padding": "SAME"},
    }


# Table 2 of the paper: channels, repetitions, stride of the first.
_BLOCKS = [(24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)]

V2_DEF = {
    "defaults": _defaults(slim.batch_norm, center=True, scale=True),
    "spec": [
        op(slim.conv2d, stride=2, num_outputs=32, kernel_size=[3, 3]),
        op(expanded_conv, expansion_size=expand_input(1, divisible_by=1), num_outputs=16),
        *(
            op(expanded_conv, stride=stride if first else 1, num_outputs=depth)
            for depth, repetitions, stride in _BLOCKS
            for first in [True] + [False] * (repetitions - 1)
        ),
        op(slim.conv2d, stride=1, kernel_size=[1, 1], num_outputs=1280),
    ],
}
"""The table of MobileNet V2."""

V2_DEF_GROUP_NORM = {**V2_DEF, "defaults": _defaults(slim.group_norm, groups=4)}
"""The same, with group norm in place of batch norm."""


@slim.add_arg_scope
def mobilenet(
    input_tensor: TensorLike,
    num_classes: int | None = 1001,
    depth_multiplier: float = 1.0,
    scope: Scope = "MobilenetV2",
    conv_defs: Mapping[str, Any] | None = None,
    finegrain_classification_mode: bool = False,
    min_depth: int | None = None,
    divisible_by: int | None = None,
    activation_fn: Activation | None = None,
    *,
    is_training: bool | tf.Tensor | None = None,
    **kwargs: Any,
) -> NetOutput:
    """MobileNet V2.

    Args:
      input_tensor: images `[batch, height, width, channels]`, of any size.
      num_classes: the number of classes; 0 or None for features instead of logits.
      depth_multiplier: of the number of channels of each layer.
      scope: the name of the variable scope.
      conv_defs: the table; `V2_DEF` by default.
      finegrain_classification_mode: whether the last layer keeps its full depth when
        `depth_multiplier` is below 1, as many classes ask for.
      min_depth: the least number of channels of a layer, 8 by default.
      divisible_by: what numbers of channels are rounded to a multiple of, 8 by default.
      activation_fn: in place of ReLU6.
      is_training: whether dropout and batch norm work as in training; by default what
        `training_scope` says, and False outside it.
      **kwargs: see `slim.nets.mobilenet.mobilenet.mobilenet` and `mobilenet_base`: `output_stride`,
        `use_explicit_padding`, `final_endpoint`, `prediction_fn`, `reuse`, `base_only` ...

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 1, 1, depth]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or an argument is out of its range.
      TypeError: they are not of floating point, or a keyword is unknown.

    Examples: see `slim.nets.create`.
    """
    conv_defs = V2_DEF if conv_defs is None else conv_defs
    if activation_fn is not None:
        conv_defs = lib.with_activation(conv_defs, activation_fn)
    with lib.safe_arg_scope([lib.depth_multiplier], min_depth=min_depth, divisible_by=divisible_by):
        return lib.scaled(
            input_tensor,
            num_classes,
            depth_multiplier,
            scope,
            conv_defs,
            finegrain_classification_mode,
            is_training,
            kwargs,
        )


mobilenet.default_image_size = 224  # pyright: ignore[reportFunctionMemberAccess]


def _named(name, depth_multiplier, **defaults):
    summary = f"MobileNet V2 with {depth_multiplier:g} times as many channels."
    net = variant(mobilenet, name, summary, depth_multiplier=depth_multiplier, **defaults)
    return register(
        arg_scope=training_scope,
        image_size=224,
        preprocessing="inception",
        logits_scopes=["MobilenetV2/Logits/Conv2d_1c_1x1"],
        paper="Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, 2018",
    )(net)


mobilenet_v2 = _named("mobilenet_v2", 1.0)
mobilenet_v2_140 = _named("mobilenet_v2_140", 1.4)
mobilenet_v2_050 = _named("mobilenet_v2_050", 0.5, finegrain_classification_mode=True)
mobilenet_v2_035 = _named("mobilenet_v2_035", 0.35, finegrain_classification_mode=True)


@slim.add_arg_scope
def mobilenet_base(
    input_tensor: TensorLike, depth_multiplier: float = 1.0, **kwargs: Any
) -> NetOutput:
    """MobileNet V2 without pooling and logits. For the arguments see `mobilenet`.

    Returns:
      (net, end_points): the last map, and all intermediate outputs by name.
    """
    return mobilenet(input_tensor, depth_multiplier=depth_multiplier, base_only=True, **kwargs)


@slim.add_arg_scope
def mobilenet_base_group_norm(
    input_tensor: TensorLike, depth_multiplier: float = 1.0, *, groups: int = 4, **kwargs: Any
) -> NetOutput:
    """`mobilenet_base` with group norm in place of batch norm.

    Args:
      input_tensor: images `[batch, height, width, channels]`, of any size.
      depth_multiplier: of the number of channels of each layer.
      groups: into how many groups the channels are divided. It must divide the channels of each
        layer, which are multiples of 8 unless `divisible_by` says otherwise.
      **kwargs: see `mobilenet`. `conv_defs` is `V2_DEF_GROUP_NORM`, whatever is given.

    Returns:
      (net, end_points): the last map, and all intermediate outputs by name.

    Raises:
      ValueError: `groups` does not divide the channels of a layer.
    """
    return mobilenet_base(
        input_tensor,
        depth_multiplier=depth_multiplier,
        **{**kwargs, "conv_defs": lib.with_groups(V2_DEF_GROUP_NORM, groups)},
    )
