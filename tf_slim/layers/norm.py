"""Normalization by the statistics of each example, the same in training and inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import precision
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Reuse,
    Scope,
    Tensor,
    TensorLike,
)

__all__ = ["group_norm", "instance_norm", "layer_norm", "unit_norm"]

_HALF = (tf.float16, tf.bfloat16)


@add_arg_scope
def layer_norm(
    inputs: TensorLike,
    center: bool = True,
    scale: bool = True,
    activation_fn: Activation | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Scope = None,
) -> Tensor:
    """Normalizes each example over all its axes, or the last ones.

    From "Layer Normalization", Ba, Kiros and Hinton, 2016. Mind the default: images are normalized
    over height, width and channels together. For channels alone pass `begin_norm_axis=-1`.

    Makes `beta` (if `center`) and `gamma` (if `scale`), of the shape of the inputs from
    `begin_params_axis` on.

    Args:
      inputs: `[batch, ...]`, rank 2 or more.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      activation_fn: a function from tensor to tensor, or None.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      begin_norm_axis: the first of the axes to normalize over.
      begin_params_axis: the first of the axes along which `beta` and `gamma` vary.
      scope: name of the scope; by default `LayerNorm`, made unique.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: an axis does not exist, or the sizes from `begin_params_axis` on are unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> net = slim.layer_norm(tf.constant([[1.0, 3.0], [10.0, 30.0]]), scope="norm")
      >>> print(net.numpy().round(3))
      [[-1.  1.]
       [-1.  1.]]
      >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
      [('norm/beta:0', [2]), ('norm/gamma:0', [2])]
    """
    layer = parts.Layer(
        "layer_norm",
        scope,
        "LayerNorm",
        activation_fn=activation_fn,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ...]", layer, at_least=1)
    dtype = checks.floating(inputs, layer)
    first = _axis(begin_norm_axis, rank, "begin_norm_axis", layer)
    shape = inputs.shape.as_list()[_axis(begin_params_axis, rank, "begin_params_axis", layer) :]
    if None in shape:
        raise layer.error(
            f"inputs whose sizes from axis {begin_params_axis} on are known",
            f"inputs of shape {checks.shape_text(inputs)}, which is not fully defined",
            "Tell them first, with inputs.set_shape(...).",
        )
    with layer.variable_scope(inputs):
        beta, gamma = _affine(layer, shape, dtype, center, scale)
        epsilon = 1e-3 if dtype in _HALF else 1e-12
        outputs = _normalized(inputs, list(range(first, rank)), beta, gamma, epsilon, "batchnorm")
        return layer.finish(outputs)


@add_arg_scope
def instance_norm(
    inputs: TensorLike,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Activation | None = None,
    param_initializers: Mapping[str, Initializer] | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Scope = None,
) -> Tensor:
    """Normalizes each channel of each example over space.

    From "Instance Normalization: The Missing Ingredient for Fast Stylization", Ulyanov, Vedaldi
    and Lempitsky, 2016.

    Makes `beta` (if `center`) and `gamma` (if `scale`), shape `[channels]`.

    Args:
      inputs: `[batch, *space, channels]`; for "NCHW" `[batch, channels, *space]`. The channels
        must be known when the layer is built.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      epsilon: added to the variance.
      activation_fn: a function from tensor to tensor, or None.
      param_initializers: a dict of initializers by variable name.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      data_format: "NHWC" (any channels last) or "NCHW" (any channels first).
      scope: name of the scope; by default `InstanceNorm`, made unique.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: `data_format` is unknown, there is no space, or the channels are unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> picture = tf.reshape(tf.constant([1.0, 3.0]), [1, 1, 2, 1])
      >>> print(slim.instance_norm(picture)[0, 0, :, 0].numpy().round(3))
      [-1.  1.]
    """
    layer = parts.Layer(
        "instance_norm",
        scope,
        "InstanceNorm",
        activation_fn=activation_fn,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    checks.known_format(data_format, ("NHWC", "NCHW"), layer)
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, *space, channels]", layer, at_least=3)
    dtype = checks.floating(inputs, layer)
    channel_axis = 1 if data_format == "NCHW" else rank - 1
    depth = checks.channels(inputs, channel_axis, layer)
    with layer.variable_scope(inputs):
        beta, gamma = _affine(layer, [depth], dtype, center, scale, param_initializers)
        shape = [depth if axis == channel_axis else 1 for axis in range(rank)]
        axes = [axis for axis in range(1, rank) if axis != channel_axis]
        outputs = _normalized(
            inputs, axes, _shaped(beta, shape), _shaped(gamma, shape), epsilon, "instancenorm"
        )
        return layer.finish(outputs)


@add_arg_scope
def group_norm(
    inputs: TensorLike,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Activation | None = None,
    param_initializers: Mapping[str, Initializer] | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    scope: Scope = None,
    mean_close_to_zero: bool = False,
) -> Tensor:
    """Normalizes groups of channels of each example over space.

    From "Group Normalization", Wu and He, 2018.

    Makes `beta` (if `center`) and `gamma` (if `scale`), shape `[channels]`.

    Args:
      inputs: such as `[batch, height, width, channels]`. The channels must be known when the
        layer is built.
      groups: into how many groups to divide the channels.
      channels_axis: the axis of the channels.
      reduction_axes: the axes to normalize over besides.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      epsilon: added to the variance.
      activation_fn: a function from tensor to tensor, or None.
      param_initializers: a dict of initializers by variable name.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      scope: name of the scope; by default `GroupNorm`, made unique.
      mean_close_to_zero: whether to compute the variance in one pass, which is precise if the
        mean is small compared with the deviation.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: an axis does not exist or is given twice, the channels are unknown, or cannot be
        divided into `groups`.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> net = slim.group_norm(tf.ones([8, 16, 16, 64]), groups=32, scope="norm")
      >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
      [('norm/beta:0', [64]), ('norm/gamma:0', [64])]
    """
    layer = parts.Layer(
        "group_norm",
        scope,
        "GroupNorm",
        activation_fn=activation_fn,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, *space, channels]", layer, at_least=2)
    dtype = checks.floating(inputs, layer)
    channel_axis = _axis(channels_axis, rank, "channels_axis", layer)
    reduced = [_axis(axis, rank, "reduction_axes", layer) for axis in reduction_axes]
    if channel_axis in reduced:
        raise layer.error(
            "reduction_axes and channels_axis to be mutually exclusive",
            f"reduction_axes={reduction_axes!r} with channels_axis={channels_axis!r}",
            "Name the spatial axes only: for NCHW these are (-2, -1), with channels_axis=-3.",
        )
    depth = checks.channels(inputs, channel_axis, layer, "channel dimension")
    count = checks.depth(groups, "groups", layer)
    if depth % count:
        mismatch = f"{depth} channels is not commensurate with {count} groups"
        if count > depth:
            mismatch = f"Invalid groups {count} for {depth} channels"
        raise layer.error(
            f"groups={count} to divide the channels evenly",
            mismatch,
            "Choose a divisor of the number of channels.",
        )
    with layer.variable_scope(inputs):
        beta, gamma = _affine(layer, [depth], dtype, center, scale, param_initializers)
        # The channel axis becomes two: the group, and the place within it.
        sizes = parts.sizes(inputs)
        split = [*sizes[:channel_axis], count, depth // count, *sizes[channel_axis + 1 :]]
        per_channel = [1] * (rank + 1)
        per_channel[channel_axis : channel_axis + 2] = [count, depth // count]
        axes = [channel_axis + 1]
        axes += [axis + 1 if axis > channel_axis else axis for axis in reduced]
        outputs = _normalized(
            tf.reshape(inputs, split),
            axes,
            _shaped(beta, per_channel),
            _shaped(gamma, per_channel),
            epsilon,
            one_pass=mean_close_to_zero,
        )
        outputs = tf.reshape(outputs, sizes)
        outputs.set_shape(inputs.shape)
        return layer.finish(outputs)


@add_arg_scope
def unit_norm(
    inputs: TensorLike, dim: int, epsilon: float = 1e-7, scope: str | None = None
) -> Tensor:
    """Scales vectors to length 1.

    Args:
      inputs: a tensor, floating point.
      dim: the axis along which the vectors lie; not negative.
      epsilon: added to the squared length.
      scope: name of the scope; by default `UnitNorm`, made unique.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: the rank is unknown, or `dim` is no axis.

    Examples:
      >>> print(slim.unit_norm(tf.constant([[3.0, 4.0]]), dim=1).numpy().round(3))
      [[0.6 0.8]]
    """
    layer = parts.Layer("unit_norm", scope, "UnitNorm")
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ...]", layer, at_least=1)
    if not 0 <= dim < rank:
        raise layer.error(
            f"dim to be an axis from 0 to {rank - 1}", f"dim={dim!r}", f"Write {dim % rank}."
        )
    with layer.name_scope(inputs, variable_scope=True):
        lengths = tf.sqrt(epsilon + tf.reduce_sum(tf.square(inputs), dim, keepdims=True))
        return layer.finish(tf.divide(inputs, lengths, name="div"))


def _axis(axis, rank: int, argument: str, layer: parts.Layer) -> int:
    """`axis` counted from the front."""
    found = checks.integer(axis)
    if found is None or not -rank <= found < rank:
        raise layer.error(
            f"{argument} to lie between {-rank} and {rank - 1}",
            f"{argument}={axis!r}",
            "Axis is out of bounds. It must be < rank(inputs); negative ones count from the end.",
        )
    return found % rank


def _affine(layer: parts.Layer, shape, dtype, center, scale, initializers=None):
    """The variables `beta` and `gamma`; None for what is not wanted."""
    layer.dtype = precision.stored(dtype)  # They scale and shift what has been computed in float32.
    defaults = {"beta": tf.zeros_initializer(), "gamma": tf.ones_initializer()}
    made = {
        name: layer.parameter(name, shape, (initializers or {}).get(name, defaults[name]))
        for name, wanted in (("beta", center), ("gamma", scale))
        if wanted
    }
    return made.get("beta"), made.get("gamma")


def _shaped(value, shape):
    return None if value is None else tf.reshape(value, shape)


def _normalized(inputs, axes, beta, gamma, epsilon, name=None, one_pass=False):
    """Normalizes over `axes`; half precision is too coarse for sums, so that is done in float32."""
    dtype = inputs.dtype
    if dtype in _HALF:
        inputs = tf.cast(inputs, tf.float32)
        beta, gamma = (None if v is None else tf.cast(v, tf.float32) for v in (beta, gamma))
    if one_pass:
        counts, sums, squares, _ = tf.nn.sufficient_statistics(inputs, axes, keepdims=True)
        mean, variance = tf.nn.normalize_moments(counts, sums, squares, shift=None)
    else:
        mean, variance = tf.nn.moments(inputs, axes, keepdims=True)
    outputs = tf.nn.batch_normalization(inputs, mean, variance, beta, gamma, epsilon, name=name)
    return tf.cast(outputs, dtype)
