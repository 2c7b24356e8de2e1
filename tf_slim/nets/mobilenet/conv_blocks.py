"""The blocks of MobileNets: split convolutions, the inverted bottleneck, squeeze and excite.

M. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", arXiv:1801.04381, 2018;
J. Hu et al., "Squeeze-and-excitation networks", arXiv:1709.01507, 2017.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.setting import Setting
from tf_slim.ops.types import Activation, Normalizer, Scope

__all__ = [
    "expand_input_by_factor",
    "expanded_conv",
    "fixed_padding",
    "make_divisible",
    "named_output",
    "named_outputs",
    "split_conv",
    "split_separable_conv2d",
    "squeeze_excite",
]


# ---------------------------------------------------------------------------- sizes


def make_divisible(value: float, divisor: int, min_value: int | None = None) -> int:
    """The multiple of `divisor` nearest to a number of channels.

    Args:
      value: the number of channels wished for.
      divisor: what the result is a multiple of.
      min_value: the least result; `divisor` by default.

    Returns:
      A number of channels, not less than nine tenths of `value`.
    """
    least = divisor if min_value is None else min_value
    rounded = max(least, int(value + divisor / 2) // divisor * divisor)
    if rounded < 0.9 * value:
        rounded += divisor
    return int(rounded)


def expand_input_by_factor(n: float, divisible_by: int = 8) -> Callable[..., int]:
    """An `expansion_size`: `n` times as many channels as the block is given.

    Args:
      n: the factor.
      divisible_by: what the number of channels is rounded to a multiple of.

    Returns:
      A function `size(num_inputs, **unused) -> int`.
    """
    return lambda num_inputs, **_: make_divisible(num_inputs * n, divisible_by)


def fixed_padding(inputs: tf.Tensor, kernel_size: Sequence[int], rate: int = 1) -> tf.Tensor:
    """Pads with zeros as "SAME" does with stride 1, for a convolution with "VALID" to follow.

    With larger strides "SAME" pads less where it can; what this adds does not depend on the image.

    Args:
      inputs: `[batch, height, width, channels]`.
      kernel_size: a pair of integers.
      rate: of dilation.

    Returns:
      `[batch, height + k, width + k, channels]` with `k = (kernel - 1) * rate`.
    """
    total = [(size - 1) * rate for size in kernel_size]
    space = [(k // 2, k - k // 2) for k in total]
    return tf.pad(inputs, [(0, 0), *space, (0, 0)])


def _channels(net: tf.Tensor) -> int:
    return slim.utils.last_dimension(net.shape)


def _split_divisible(num: int, num_ways: int, divisible_by: int) -> list[int]:
    """`num` as a sum of `num_ways` multiples of `divisible_by`, as equal as can be."""
    if num % divisible_by or num // num_ways < divisible_by:
        raise ValueError(
            f"{tf.compat.v1.get_variable_scope().name}: {num} channels cannot be split into "
            f"{num_ways} parts that are multiples of {divisible_by}. Choose another number of "
            "channels, or split_divisible_by."
        )
    bounds = [-(-num * way // (num_ways * divisible_by)) for way in range(num_ways + 1)]
    return [(end - start) * divisible_by for start, end in itertools.pairwise(bounds)]


# ---------------------------------------------------------------------------- outputs by name

_NAMED: contextvars.ContextVar[dict[str, tf.Tensor] | None] = contextvars.ContextVar(
    "mobilenet_outputs", default=None
)


def named_outputs() -> Setting[dict[str, tf.Tensor]]:
    """Collects what blocks inside name by `named_output`: yields a dict, in order, of
    tensors of any shapes.
    """
    return Setting(_NAMED, {})


def named_output(net: tf.Tensor, name: str) -> tf.Tensor:
    """Names an output of a block, so that `mobilenet_base` makes it an end point.

    Args:
      net: the output, of any shape.
      name: what it is called within the scope that is open, such as "expansion_output".

    Returns:
      `net`, in a v1 graph as an operation of that name.
    """
    net = tf.identity(net, name)
    named = _NAMED.get()
    if named is not None:
        named[f"{tf.compat.v1.get_variable_scope().name}/{name}"] = net
    return net


# ---------------------------------------------------------------------------- blocks


@slim.add_arg_scope
def split_separable_conv2d(
    input_tensor: tf.Tensor,
    num_outputs: int,
    scope: Scope = None,
    normalizer_fn: Normalizer | None = None,
    stride: int = 1,
    rate: int = 1,
    endpoints: dict[str, tf.Tensor] | None = None,
    use_explicit_padding: bool = False,
) -> tf.Tensor:
    """The block of MobileNet V1: a 3x3 depthwise convolution, then a 1x1 one, each with activation.

    Args:
      input_tensor: `[batch, height, width, channels]`.
      num_outputs: the number of output channels.
      scope: the two layers are `<scope>_depthwise` and `<scope>_pointwise`; without it `depthwise`
        and `pointwise` in a scope `separable`, made unique.
      normalizer_fn: of both layers.
      stride: of the depthwise convolution.
      rate: of dilation of the depthwise convolution.
      endpoints: a dict that gets both outputs, under the names of their layers.
      use_explicit_padding: whether to pad by `fixed_padding`.

    Returns:
      `[batch, height / stride, width / stride, num_outputs]`.
    """
    endpoints = {} if endpoints is None else endpoints
    with contextlib.ExitStack() as stack:
        if scope is None:
            stack.enter_context(slim.scope(None, "separable"))
            prefix = ""
        else:
            prefix = f"{scope}_"
        net = input_tensor
        if use_explicit_padding:
            net = fixed_padding(net, [3, 3], rate)
        net = endpoints[f"{prefix}depthwise"] = slim.separable_conv2d(
            net,
            None,
            [3, 3],
            stride=stride,
            rate=rate,
            padding="VALID" if use_explicit_padding else "SAME",
            normalizer_fn=normalizer_fn,
            scope=f"{prefix}depthwise",
        )
        net = endpoints[f"{prefix}pointwise"] = slim.conv2d(
            net, num_outputs, [1, 1], normalizer_fn=normalizer_fn, scope=f"{prefix}pointwise"
        )
        return net


def split_conv(
    input_tensor: tf.Tensor,
    num_outputs: int,
    num_ways: int,
    scope: Scope,
    divisible_by: int = 8,
    **kwargs: Any,
) -> tf.Tensor:
    """A 1x1 convolution, or several of them side by side, each on a part of the channels.

    Args:
      input_tensor: `[batch, height, width, channels]`.
      num_outputs: the number of output channels, of all parts together.
      num_ways: the number of parts. If one of them would have less than `divisible_by` channels,
        there is a single convolution.
      scope: its name; parts are called `<scope>_part_<i>`.
      divisible_by: what the channels of each part are a multiple of.
      **kwargs: of `slim.conv2d`.

    Returns:
      `[batch, height, width, num_outputs]`.
    """
    num_inputs = _channels(input_tensor)
    if num_ways == 1 or min(num_inputs, num_outputs) // num_ways < divisible_by:
        return slim.conv2d(input_tensor, num_outputs, [1, 1], scope=scope, **kwargs)
    input_sizes = _split_divisible(num_inputs, num_ways, divisible_by)
    output_sizes = _split_divisible(num_outputs, num_ways, divisible_by)
    parts = tf.split(input_tensor, input_sizes, axis=3, name=f"split_{scope}")
    name = scope
    for index, depth in enumerate(output_sizes):
        name = f"{scope}_part_{index}"
        part = slim.conv2d(parts[index], depth, [1, 1], scope=name, **kwargs)
        parts[index] = named_output(part, f"{name}_output")
    return tf.concat(parts, 3, name=f"{name}_concat")


@slim.add_arg_scope
def expanded_conv(
    input_tensor: tf.Tensor,
    num_outputs: int,
    expansion_size: int | Callable[..., int] = expand_input_by_factor(6),
    stride: int = 1,
    rate: int = 1,
    kernel_size: Sequence[int] = (3, 3),
    residual: bool | Callable[..., tf.Tensor] = True,
    normalizer_fn: Normalizer | None = None,
    split_projection: int = 1,
    split_expansion: int = 1,
    split_divisible_by: int = 8,
    expansion_transform: Callable[..., tf.Tensor] | None = None,
    depthwise_location: str | None = "expansion",
    depthwise_channel_multiplier: int = 1,
    endpoints: dict[str, tf.Tensor] | None = None,
    use_explicit_padding: bool = False,
    padding: str = "SAME",
    inner_activation_fn: Activation | None = None,
    depthwise_activation_fn: Activation | None = None,
    project_activation_fn: Activation = tf.identity,
    depthwise_fn: Callable[..., tf.Tensor] = slim.separable_conv2d,
    expansion_fn: Callable[..., tf.Tensor] = split_conv,
    projection_fn: Callable[..., tf.Tensor] = split_conv,
    scope: Scope = None,
) -> tf.Tensor:
    """The inverted bottleneck: expand the channels, convolve each by itself, project to few.

    The layers are `expand` (only if it makes more channels than there are), `depthwise` and
    `project`, in the scope `expanded_conv`.

    Args:
      input_tensor: `[batch, height, width, channels]`.
      num_outputs: the number of output channels.
      expansion_size: how many channels to expand to: a number, or a function of `num_inputs`.
      stride: of the depthwise convolution.
      rate: of dilation of the depthwise convolution.
      kernel_size: of the depthwise convolution.
      residual: whether to add the input, where it has the shape of the output; or a function of
        `input_tensor` and `output_tensor` that returns the output.
      normalizer_fn: of all layers.
      split_projection: into how many parts to split the projection, see `split_conv`.
      split_expansion: likewise the expansion.
      split_divisible_by: what the channels of a part are a multiple of.
      expansion_transform: a function of `expansion_tensor` and `input_tensor`, applied before the
        projection.
      depthwise_location: "input", "expansion" or "output": after which the depthwise convolution
        comes; None for none of them.
      depthwise_channel_multiplier: of the depthwise convolution.
      endpoints: a dict that gets `depthwise_output`, `expansion_output` and `projection_output`.
      use_explicit_padding: whether to pad by `fixed_padding`; then `padding` must be "SAME".
      padding: of the depthwise convolution.
      inner_activation_fn: of expansion and depthwise convolution; None for what their scope says.
      depthwise_activation_fn: of the depthwise convolution, if another.
      project_activation_fn: of the projection.
      depthwise_fn: the depthwise convolution.
      expansion_fn: the expansion: a function `(net, depth, scope=, normalizer_fn=)`.
      projection_fn: the projection; it gets `activation_fn` too.
      scope: name of the scope; by default `expanded_conv`, made unique.

    Returns:
      `[batch, height / stride, width / stride, num_outputs]`.

    Raises:
      TypeError: `depthwise_location` is none of those, or the two paddings contradict each other.
    """
    if depthwise_location not in (None, "input", "output", "expansion"):
        raise TypeError(
            f"expanded_conv: depthwise_location is 'input', 'expansion', 'output' or None; got "
            f"{depthwise_location!r}."
        )
    if use_explicit_padding and padding != "SAME":
        raise TypeError(
            f"expanded_conv: use_explicit_padding goes with padding='SAME', whose place it takes; "
            f"got padding={padding!r}."
        )
    endpoints = {} if endpoints is None else endpoints
    inner = _given(activation_fn=inner_activation_fn)
    depthwise = {**inner, **_given(activation_fn=depthwise_activation_fn)}
    with (
        slim.scope(scope, "expanded_conv"),
        slim.arg_scope([slim.conv2d], **inner),
        slim.arg_scope([slim.separable_conv2d], **depthwise),
    ):

        def convolve_channels(net, **kwargs):
            if use_explicit_padding:
                net = fixed_padding(net, kernel_size, rate)
            net = depthwise_fn(
                net,
                num_outputs=None,
                kernel_size=kernel_size,
                depth_multiplier=depthwise_channel_multiplier,
                stride=stride,
                rate=rate,
                normalizer_fn=normalizer_fn,
                padding="VALID" if use_explicit_padding else padding,
                scope="depthwise",
                **kwargs,
            )
            net = endpoints["depthwise_output"] = named_output(net, "depthwise_output")
            return net

        net = input_tensor = tf.identity(input_tensor, "input")
        num_inputs = _channels(net)
        if depthwise_location == "input":
            net = convolve_channels(net, activation_fn=None)
        size = expansion_size(num_inputs=num_inputs) if callable(expansion_size) else expansion_size
        if size > _channels(net):  # pyright: ignore[reportOperatorIssue]
            expand = _by_parts(expansion_fn, split_expansion, split_divisible_by)
            net = expand(net, size, scope="expand", normalizer_fn=normalizer_fn)
            net = endpoints["expansion_output"] = named_output(net, "expansion_output")
        if depthwise_location == "expansion":
            net = convolve_channels(net)
        if expansion_transform is not None:
            net = expansion_transform(expansion_tensor=net, input_tensor=input_tensor)
        project = _by_parts(projection_fn, split_projection, split_divisible_by)
        net = endpoints["projection_output"] = project(
            net,
            num_outputs,
            scope="project",
            normalizer_fn=normalizer_fn,
            activation_fn=project_activation_fn,
        )
        if depthwise_location == "output":
            net = convolve_channels(net, activation_fn=None)
        if callable(residual):
            net = residual(input_tensor=input_tensor, output_tensor=net)
        elif residual and stride == 1 and _channels(net) == num_inputs:
            net = slim.fake_quant(net + input_tensor, scope="add_quant")
        return named_output(net, "output")


def _given(**kwargs) -> dict:
    return {name: value for name, value in kwargs.items() if value is not None}


def _by_parts(layer: Callable, num_ways: int, divisible_by: int) -> Callable:
    if layer is not split_conv:
        return layer
    return functools.partial(split_conv, num_ways=num_ways, divisible_by=divisible_by, stride=1)


@slim.add_arg_scope
def squeeze_excite(
    input_tensor: tf.Tensor,
    divisible_by: int = 8,
    squeeze_factor: float = 3,
    inner_activation_fn: Activation = tf.nn.relu,
    gating_fn: Activation = tf.sigmoid,
    squeeze_input_tensor: tf.Tensor | None = None,
    pool: int | None = None,
) -> tf.Tensor:
    """Scales each channel by a gate that is computed from the averages of all channels.

    The two 1x1 convolutions are `squeeze_excite/Conv` and `squeeze_excite/Conv_1`.

    Args:
      input_tensor: `[batch, height, width, channels]`: what is scaled.
      divisible_by: what the number of channels between the convolutions is a multiple of.
      squeeze_factor: how many times fewer channels there are.
      inner_activation_fn: of the first convolution.
      gating_fn: of the second.
      squeeze_input_tensor: what the gates are computed from, if not from the same.
      pool: the size of the windows to average over, side by side, so that there is a gate for each
        window, and in between for each place; by default there is one for the whole map.

    Returns:
      A tensor of the shape of `input_tensor`.
    """
    with slim.scope("squeeze_excite"):
        source = input_tensor if squeeze_input_tensor is None else squeeze_input_tensor
        if pool is None:
            net = tf.reduce_mean(source, [1, 2], keepdims=True)
        else:
            net = tf.nn.avg_pool2d(source, pool, strides=pool, padding="VALID")
        squeezed = make_divisible(_channels(source) / squeeze_factor, divisible_by)
        for depth, activation_fn in (
            (squeezed, inner_activation_fn),
            (_channels(input_tensor), gating_fn),
        ):
            net = slim.conv2d(net, depth, [1, 1], normalizer_fn=None, activation_fn=activation_fn)
        if pool is not None:
            size = tf.shape(input_tensor)[1:3]
            net = tf.compat.v1.image.resize_bilinear(net, size, align_corners=True)
        return input_tensor * net
