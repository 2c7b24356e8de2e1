"""MobileNet V3, large and small, their minimalistic forms, and MobileNet EdgeTPU.

A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, 2019; S. Gupta and B. Akin,
"Accelerator-aware neural network design using AutoML", arXiv:2003.02838, 2020.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import register
from tf_slim.nets.blocks import NetOutput
from tf_slim.nets.mobilenet import conv_blocks
from tf_slim.nets.mobilenet import mobilenet as lib
from tf_slim.nets.mobilenet.conv_blocks import expand_input_by_factor as expand_input
from tf_slim.nets.mobilenet.conv_blocks import expanded_conv
from tf_slim.nets.mobilenet.mobilenet import op, training_scope, variant
from tf_slim.ops.types import Activation, Scope, TensorLike

__all__ = [
    "DEFAULTS",
    "DEFAULTS_GROUP_NORM",
    "V3_EDGETPU",
    "V3_LARGE",
    "V3_LARGE_DETECTION",
    "V3_LARGE_MINIMALISTIC",
    "V3_SMALL",
    "V3_SMALL_DETECTION",
    "V3_SMALL_MINIMALISTIC",
    "edge_tpu",
    "edge_tpu_075",
    "expand_input",
    "hard_swish",
    "large",
    "large_minimalistic",
    "mbv3_fused",
    "mbv3_op",
    "mbv3_op_se",
    "mobilenet",
    "mobilenet_base",
    "mobilenet_edgetpu",
    "mobilenet_edgetpu_075",
    "mobilenet_v3_large",
    "mobilenet_v3_large_minimalistic",
    "mobilenet_v3_small",
    "mobilenet_v3_small_minimalistic",
    "op",
    "reduce_to_1x1",
    "small",
    "small_minimalistic",
    "squeeze_excite",
    "training_scope",
]


# ---------------------------------------------------------------------------- layers


def hard_swish(x: tf.Tensor) -> tf.Tensor:
    """`x * relu6(x + 3) / 6`: the swish `x * sigmoid(x)` in straight lines, for any shape."""
    with tf.name_scope("hard_swish"):
        return x * tf.nn.relu6(x + 3.0) * (1.0 / 6.0)


def _hard_sigmoid(x):
    return tf.nn.relu6(x + 3.0) * 0.16667


squeeze_excite = functools.partial(
    conv_blocks.squeeze_excite, squeeze_factor=4, gating_fn=_hard_sigmoid
)


def reduce_to_1x1(input_tensor: tf.Tensor, default_size: int = 7, **kwargs: Any) -> tf.Tensor:
    """Averages over a square map.

    Args:
      input_tensor: `[batch, height, width, channels]`.
      default_size: the size of the window for maps that are not square or not of known size.
      **kwargs: of `slim.avg_pool2d`.

    Returns:
      `[batch, 1, 1, channels]` for a square map.

    Raises:
      ValueError: the window does not fit into a map that is not square.
    """
    height, width = input_tensor.shape.as_list()[1:3]
    size = height if height is not None and height == width else default_size
    if any(n is not None and n < size for n in (height, width)):
        raise ValueError(
            f"{tf.compat.v1.get_variable_scope().name} averages over windows of {size}x{size} "
            f"where images are not square; got a map of {height}x{width}. Take square images, of "
            f"any size, or of {32 * size - 31} pixels and more on each side."
        )
    return slim.avg_pool2d(input_tensor, [size, size], **kwargs)


def mbv3_op(
    ef: float,
    n: int,
    k: int,
    s: int = 1,
    act: Activation = tf.nn.relu,
    se: Callable[..., tf.Tensor] | None = None,
    **kwargs: Any,
) -> lib._Op:
    """An inverted bottleneck.

    Args:
      ef: how many times as many channels it has inside as it is given.
      n: number of output channels.
      k: size of the depthwise kernel.
      s: stride.
      act: activation inside.
      se: a function of `expansion_tensor` and `input_tensor`, such as squeeze and excite, or None.
      **kwargs: of `expanded_conv`.

    Returns:
      A layer of a table.
    """
    return op(
        expanded_conv,
        expansion_size=expand_input(ef),
        kernel_size=(k, k),
        stride=s,
        num_outputs=n,
        inner_activation_fn=act,
        expansion_transform=se,
        **kwargs,
    )


def mbv3_fused(ef: float, n: int, k: int, s: int = 1, **kwargs: Any) -> lib._Op:
    """A bottleneck that expands by a full convolution, which needs no depthwise one.

    Args:
      ef: how many times as many channels it has inside as it is given.
      n: number of output channels.
      k: size of the kernel.
      s: stride.
      **kwargs: of `expanded_conv`.

    Returns:
      A layer of a table.
    """
    return op(
        expanded_conv,
        expansion_size=expand_input(ef),
        kernel_size=(k, k),
        stride=s,
        num_outputs=n,
        inner_activation_fn=tf.nn.relu,
        depthwise_location=None,
        expansion_fn=functools.partial(slim.conv2d, kernel_size=k, stride=s),
        **kwargs,
    )


def _squeeze_excite_expansion(expansion_tensor, input_tensor):
    del input_tensor
    return squeeze_excite(expansion_tensor)


mbv3_op_se = functools.partial(mbv3_op, se=_squeeze_excite_expansion)


# ---------------------------------------------------------------------------- tables


def _defaults(normalizer_fn, **normalizer_kwargs):
    return {
        (normalizer_fn,): normalizer_kwargs,
        (slim.conv2d, slim.fully_connected, slim.separable_conv2d): {
            "normalizer_fn": normalizer_fn,
            "activation_fn": tf.nn.relu,
        },
        (expanded_conv,): {
            "split_expansion": 1,
            "normalizer_fn": normalizer_fn,
            "residual": True,
        },
        (slim.conv2d, slim.separable_conv2d): {"padding": "SAME"},
    }


DEFAULTS = _defaults(slim.batch_norm, center=True, scale=True)
"""The arguments of layers that a table does not give."""

DEFAULTS_GROUP_NORM = _defaults(slim.group_norm, groups=8)
"""The same, with group norm in place of batch norm."""


def _conv(n, k, s=1, **kwargs):
    return op(slim.conv2d, num_outputs=n, kernel_size=(k, k), stride=s, **kwargs)


def _tail(n, features, **kwargs):
    """The last stage: pooling comes before the last convolution, which is cheap so."""
    return [
        _conv(n, 1, **kwargs),
        op(reduce_to_1x1, default_size=7, stride=1),
        _conv(features, 1, normalizer_fn=None, **kwargs),
    ]


V3_LARGE = {
    "defaults": DEFAULTS,
    "spec": [
        _conv(16, 3, s=2, activation_fn=hard_swish),
        mbv3_op(ef=1, n=16, k=3),
        mbv3_op(ef=4, n=24, k=3, s=2),
        mbv3_op(ef=3, n=24, k=3),
        mbv3_op_se(ef=3, n=40, k=5, s=2),
        mbv3_op_se(ef=3, n=40, k=5),
        mbv3_op_se(ef=3, n=40, k=5),
        mbv3_op(ef=6, n=80, k=3, s=2, act=hard_swish),
        mbv3_op(ef=2.5, n=80, k=3, act=hard_swish),
        mbv3_op(ef=184 / 80, n=80, k=3, act=hard_swish),
        mbv3_op(ef=184 / 80, n=80, k=3, act=hard_swish),
        mbv3_op_se(ef=6, n=112, k=3, act=hard_swish),
        mbv3_op_se(ef=6, n=112, k=3, act=hard_swish),
        mbv3_op_se(ef=6, n=160, k=5, s=2, act=hard_swish),
        mbv3_op_se(ef=6, n=160, k=5, act=hard_swish),
        mbv3_op_se(ef=6, n=160, k=5, act=hard_swish),
        *_tail(960, 1280, activation_fn=hard_swish),
    ],
}
"""The table of the large MobileNet V3."""

V3_SMALL = {
    "defaults": DEFAULTS,
    "spec": [
        _conv(16, 3, s=2, activation_fn=hard_swish),
        mbv3_op_se(ef=1, n=16, k=3, s=2),
        mbv3_op(ef=72 / 16, n=24, k=3, s=2),
        mbv3_op(ef=88 / 24, n=24, k=3),
        mbv3_op_se(ef=4, n=40, k=5, s=2, act=hard_swish),
        mbv3_op_se(ef=6, n=40, k=5, act=hard_swish),
        mbv3_op_se(ef=6, n=40, k=5, act=hard_swish),
        mbv3_op_se(ef=3, n=48, k=5, act=hard_swish),
        mbv3_op_se(ef=3, n=48, k=5, act=hard_swish),
        mbv3_op_se(ef=6, n=96, k=5, s=2, act=hard_swish),
        mbv3_op_se(ef=6, n=96, k=5, act=hard_swish),
        mbv3_op_se(ef=6, n=96, k=5, act=hard_swish),
        *_tail(576, 1024, activation_fn=hard_swish),
    ],
}
"""The table of the small one."""


def _minimalistic(table: dict) -> dict:
    """A table without hard swish, squeeze and excite, and 5x5 kernels."""
    plain = {"inner_activation_fn": tf.nn.relu, "expansion_transform": None, "kernel_size": (3, 3)}

    def layer(row):
        params = {key: value for key, value in row.params.items() if key != "activation_fn"}
        if row.op is expanded_conv:
            params.update(plain)
        return row._replace(params=params)

    return {**table, "spec": [layer(row) for row in table["spec"]]}


V3_LARGE_MINIMALISTIC = _minimalistic(V3_LARGE)
"""The large one without hard swish, squeeze and excite, and 5x5 kernels."""

V3_SMALL_MINIMALISTIC = _minimalistic(V3_SMALL)
"""The small one likewise."""

V3_EDGETPU = {
    "defaults": DEFAULTS,
    "spec": [
        _conv(32, 3, s=2),
        mbv3_fused(ef=1, n=16, k=3),
        mbv3_fused(ef=8, n=32, k=3, s=2),
        mbv3_fused(ef=4, n=32, k=3),
        mbv3_fused(ef=4, n=32, k=3),
        mbv3_fused(ef=4, n=32, k=3),
        mbv3_fused(ef=8, n=48, k=3, s=2),
        mbv3_fused(ef=4, n=48, k=3),
        mbv3_fused(ef=4, n=48, k=3),
        mbv3_fused(ef=4, n=48, k=3),
        mbv3_op(ef=8, n=96, k=3, s=2),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=8, n=96, k=3, residual=False),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=4, n=96, k=3),
        mbv3_op(ef=8, n=160, k=5, s=2),
        mbv3_op(ef=4, n=160, k=5),
        mbv3_op(ef=4, n=160, k=5),
        mbv3_op(ef=4, n=160, k=5),
        mbv3_op(ef=8, n=192, k=3),
        _conv(1280, 1),
    ],
}
"""The table of MobileNet EdgeTPU."""


def _halved(table: dict, first: int, last: int) -> dict:
    """A table whose layers `first` to `last` have half as many channels, as detectors need them."""
    spec = [
        layer
        if not first <= number <= last
        else layer._replace(
            params={**layer.params, "num_outputs": round(0.5 * layer.params["num_outputs"])}
        )
        for number, layer in enumerate(table["spec"], start=1)
    ]
    return {**table, "spec": spec}


V3_LARGE_DETECTION = _halved(V3_LARGE, 14, 17)
"""The large one with half the channels in its last layers, for detectors."""

V3_SMALL_DETECTION = _halved(V3_SMALL, 10, 13)
"""The small one likewise."""


# ---------------------------------------------------------------------------- nets


@slim.add_arg_scope
def mobilenet(
    input_tensor: TensorLike,
    num_classes: int | None = 1001,
    depth_multiplier: float = 1.0,
    scope: Scope = "MobilenetV3",
    conv_defs: Mapping[str, Any] | None = None,
    finegrain_classification_mode: bool = False,
    use_groupnorm: bool = False,
    *,
    groups: int | None = None,
    is_training: bool | tf.Tensor | None = None,
    **kwargs: Any,
) -> NetOutput:
    """MobileNet V3.

    Args:
      input_tensor: images `[batch, height, width, channels]`: square ones of any size, others of
        193 pixels and more on each side (EdgeTPU takes all).
      num_classes: the number of classes; 0 or None for features instead of logits.
      depth_multiplier: of the number of channels of each layer.
      scope: the name of the variable scope.
      conv_defs: the table; `V3_LARGE` by default.
      finegrain_classification_mode: whether the last layer keeps its full depth when
        `depth_multiplier` is below 1, as many classes ask for.
      use_groupnorm: whether to normalize by group norm in place of batch norm.
      groups: into how many groups that divides the channels, 8 by default. It must divide the
        channels of each layer.
      is_training: whether dropout and batch norm work as in training; by default what
        `training_scope` says, and False outside it.
      **kwargs: see `slim.nets.mobilenet.mobilenet.mobilenet` and `mobilenet_base`: `output_stride`,
        `final_endpoint`, `prediction_fn`, `reuse`, `base_only` ...

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 1, 1, depth]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank or size, or an argument is out of its range.
      TypeError: they are not of floating point, or a keyword is unknown.

    Examples: see `slim.nets.create`.
    """
    conv_defs = V3_LARGE if conv_defs is None else conv_defs
    if use_groupnorm:
        conv_defs = {**conv_defs, "defaults": DEFAULTS_GROUP_NORM}
        if groups is not None:
            conv_defs = lib.with_groups(conv_defs, groups)
    elif groups is not None:
        raise ValueError(
            f"{scope} has groups only with use_groupnorm=True; got groups={groups!r}. Pass both, "
            "or neither for batch norm."
        )
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


@slim.add_arg_scope
def mobilenet_base(
    input_tensor: TensorLike, depth_multiplier: float = 1.0, **kwargs: Any
) -> NetOutput:
    """MobileNet V3 without pooling and logits. For the arguments see `mobilenet`.

    Returns:
      (net, end_points): the last map, and all intermediate outputs by name.
    """
    return mobilenet(input_tensor, depth_multiplier=depth_multiplier, base_only=True, **kwargs)


def _named(name: str, summary: str, paper: str, scope="MobilenetV3", **defaults):
    net = variant(mobilenet, name, summary, scope=scope, **defaults)
    return register(
        arg_scope=training_scope,
        image_size=224,
        preprocessing="inception",
        logits_scopes=[f"{scope}/Logits/Conv2d_1c_1x1"],
        paper=paper,
    )(net)


_V3 = "Howard et al., Searching for MobileNetV3, 2019"
_EDGETPU = "Gupta and Akin, Accelerator-aware neural network design using AutoML, 2020"

large = mobilenet_v3_large = _named(
    "mobilenet_v3_large", "MobileNet V3 large.", _V3, conv_defs=V3_LARGE
)
small = mobilenet_v3_small = _named(
    "mobilenet_v3_small", "MobileNet V3 small.", _V3, conv_defs=V3_SMALL
)
large_minimalistic = mobilenet_v3_large_minimalistic = _named(
    "mobilenet_v3_large_minimalistic",
    "MobileNet V3 large without hard swish, squeeze and excite, and 5x5 kernels.",
    _V3,
    conv_defs=V3_LARGE_MINIMALISTIC,
)
small_minimalistic = mobilenet_v3_small_minimalistic = _named(
    "mobilenet_v3_small_minimalistic",
    "MobileNet V3 small without hard swish, squeeze and excite, and 5x5 kernels.",
    _V3,
    conv_defs=V3_SMALL_MINIMALISTIC,
)
edge_tpu = mobilenet_edgetpu = _named(
    "mobilenet_edgetpu",
    "MobileNet EdgeTPU.",
    _EDGETPU,
    scope="MobilenetEdgeTPU",
    conv_defs=V3_EDGETPU,
)
edge_tpu_075 = mobilenet_edgetpu_075 = _named(
    "mobilenet_edgetpu_075",
    "MobileNet EdgeTPU with three quarters of the channels.",
    _EDGETPU,
    scope="MobilenetEdgeTPU",
    conv_defs=V3_EDGETPU,
    depth_multiplier=0.75,
    finegrain_classification_mode=True,
)
