"""What MobileNet V2 and V3 share: a net as a table of layers, its scope, its head.

A table ("conv defs") is a dict with a list `spec` of layers made by `op`, and `defaults` and
`overrides`, dicts from tuples of layers to keyword arguments, which hold inside the net:

    TABLE = dict(
        defaults={(slim.conv2d,): dict(normalizer_fn=slim.batch_norm)},
        spec=[
            op(slim.conv2d, stride=2, num_outputs=32, kernel_size=[3, 3]),
            op(conv_blocks.expanded_conv, stride=2, num_outputs=64),
        ],
    )
    logits, end_points = mobilenet(images, num_classes=10, conv_defs=TABLE, is_training=True)
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import softmax
from tf_slim.nets.blocks import NetOutput, check_images, dilation, logits_of
from tf_slim.nets.dialects import Call, adapted
from tf_slim.nets.mobilenet.conv_blocks import fixed_padding, make_divisible, named_outputs
from tf_slim.ops.types import Scope, TensorLike

__all__ = [
    "apply_activation",
    "depth_multiplier",
    "global_pool",
    "mobilenet",
    "mobilenet_base",
    "op",
    "safe_arg_scope",
    "scaled",
    "training_scope",
    "variant",
    "with_activation",
    "with_groups",
]


# ---------------------------------------------------------------------------- tables


class _Op(NamedTuple):
    """A layer of a table: the function, its keyword arguments, and what makes it wider."""

    op: Callable
    params: dict[str, Any]
    multiplier_func: Callable


@slim.add_arg_scope
def depth_multiplier(
    output_params: dict[str, Any],
    multiplier: float,
    divisible_by: int = 8,
    min_depth: int = 8,
    **unused_kwargs: Any,
) -> None:
    """Makes a layer wider or thinner.

    Args:
      output_params: its keyword arguments, a dict; `num_outputs` is changed, if it is there.
      multiplier: the factor.
      divisible_by: what the number of channels is rounded to a multiple of.
      min_depth: the least number of channels.
      **unused_kwargs: ignored.
    """
    if "num_outputs" in output_params:
        wanted = output_params["num_outputs"] * multiplier
        output_params["num_outputs"] = make_divisible(wanted, divisible_by, min_depth)


def op(
    opfunc: Callable[..., tf.Tensor], multiplier_func: Callable = depth_multiplier, **params: Any
) -> _Op:
    """A layer of a table.

    Args:
      opfunc: the layer: a function of a net and of `params`.
      multiplier_func: a function of `params` and the multiplier that changes `params`; also
        taken from `params["multiplier_transform"]`.
      **params: keyword arguments of the layer. `stride` and `kernel_size` matter to the table.
    """
    return _Op(opfunc, params, params.pop("multiplier_transform", multiplier_func))


# ---------------------------------------------------------------------------- scopes


@contextlib.contextmanager
def safe_arg_scope(funcs: Iterable[Callable], **kwargs: Any) -> Iterator[Mapping]:
    """An arg_scope that leaves out the keywords whose value is None.

    Args:
      funcs: the layers.
      **kwargs: their keyword arguments.

    Yields:
      The scope.
    """
    given = {name: value for name, value in kwargs.items() if value is not None}
    with slim.arg_scope(list(funcs), **given) as scope:
        yield scope


def training_scope(
    is_training: bool | tf.Tensor | None = None,
    weight_decay: float = 0.00004,
    stddev: float = 0.09,
    dropout_keep_prob: float = 0.8,
    bn_decay: float = 0.997,
) -> Mapping:
    """The scope that MobileNet V2 and V3 are trained in.

    Args:
      is_training: what the net takes `is_training` to be where its call does not say.
      weight_decay: the factor of the L2 regularization; depthwise kernels are not regularized.
      stddev: of the initial weights; below 0 for Xavier's.
      dropout_keep_prob: the share of features that dropout keeps.
      bn_decay: of the moving averages of batch norm; None for `slim.batch_norm`'s own.

    Returns:
      An arg_scope.
    """
    if stddev < 0:
        initializer = slim.xavier_initializer()
    else:
        initializer = tf.compat.v1.truncated_normal_initializer(stddev=stddev)
    with (
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected, slim.separable_conv2d],
            weights_initializer=initializer,
            normalizer_fn=slim.batch_norm,
        ),
        safe_arg_scope([mobilenet_base, mobilenet], is_training=is_training),
        safe_arg_scope([slim.batch_norm], is_training=is_training, decay=bn_decay),
        safe_arg_scope([slim.dropout], is_training=is_training, keep_prob=dropout_keep_prob),
        slim.arg_scope([slim.conv2d], weights_regularizer=slim.l2_regularizer(weight_decay)),
        slim.arg_scope([slim.separable_conv2d], weights_regularizer=None) as scope,
    ):
        return scope


@contextlib.contextmanager
def _defaults(defaults: Mapping):
    with contextlib.ExitStack() as stack:
        for layers, kwargs in defaults.items():
            stack.enter_context(slim.arg_scope(list(layers), **kwargs))
        yield


@contextlib.contextmanager
def _scope_of(scope, values=(), reuse=None):
    """The scope, without a second level of names if it is entered again."""
    with (
        slim.scope(scope, "Mobilenet", values, reuse=reuse) as entered,
        tf.compat.v1.name_scope(entered.original_name_scope),
    ):
        yield entered


# ---------------------------------------------------------------------------- the net


@slim.add_arg_scope
def mobilenet_base(
    inputs: TensorLike,
    conv_defs: Mapping[str, Any],
    multiplier: float = 1.0,
    final_endpoint: str | None = None,
    output_stride: int | None = None,
    use_explicit_padding: bool = False,
    scope: Scope = None,
    is_training: bool | tf.Tensor = False,
) -> NetOutput:
    """The layers of a table, one after the other.

    Args:
      inputs: images `[batch, height, width, channels]`.
      conv_defs: the table.
      multiplier: of the number of channels of each layer.
      final_endpoint: the last layer to make, such as "layer_14".
      output_stride: how many times smaller than the images the last map is at most; the strides
        that would make it smaller become dilation. None, 1 or an even number.
      use_explicit_padding: whether to pad convolutions by the same amount for all image sizes.
      scope: name of the scope; by default `Mobilenet`, made unique.
      is_training: whether batch norm works as in training.

    Returns:
      (net, end_points): the last output, and by name `layer_1`, `layer_2` ..., then what the
      blocks have named inside: `layer_2/expansion_output`, `layer_2/output` ...

    Raises:
      ValueError: the images are of another rank, or an argument is out of its range.
      TypeError: they are not of floating point, or a layer has no such keyword.
    """
    layers = conv_defs["spec"]
    _check(multiplier, output_stride, final_endpoint, len(layers))
    overrides = dict(conv_defs.get("overrides", {}))
    if use_explicit_padding:
        overrides[slim.conv2d, slim.separable_conv2d] = {"padding": "VALID"}
    end_points, inner_points = {}, {}
    with (
        _scope_of(scope),
        safe_arg_scope([slim.batch_norm], is_training=is_training),
        _defaults(conv_defs.get("defaults", {})),
        _defaults(overrides),
    ):
        net = check_images(inputs)
        step = dilation(output_stride)
        for number, layer in enumerate(layers, start=1):
            params = dict(layer.params)
            layer.multiplier_func(params, multiplier)
            own_stride = params.get("stride", 1)
            stride, rate = step(own_stride)
            if stride != own_stride:
                params["stride"] = stride
            kernel_size = params.get("kernel_size")
            if rate > 1 and (kernel_size is None or tuple(kernel_size) != (1, 1)):
                params["rate"] = rate
            if use_explicit_padding:
                if kernel_size is not None and layer.op is slim.conv2d:
                    net = fixed_padding(net, kernel_size, rate)
                else:
                    params["use_explicit_padding"] = True
            name = f"layer_{number}"
            with named_outputs() as named:
                made = functools.partial(layer.op, **params)
                net = end_points[name] = slim.block(made, net, name=name)
            inner_points.update(_renamed(named, net, name))
            if name == final_endpoint:
                break
    return net, {**end_points, **inner_points}


def _check(multiplier, output_stride, final_endpoint, layers: int) -> None:
    site = "mobilenet_base"
    if multiplier <= 0:
        raise ValueError(f"{site}: the multiplier of depths must be positive; got {multiplier!r}.")
    if output_stride is not None and (
        output_stride < 1 or (output_stride > 1 and output_stride % 2)
    ):
        raise ValueError(
            f"{site}: output_stride is None, 1 or an even number; got {output_stride!r}."
        )
    known = {f"layer_{number}" for number in range(1, layers + 1)}
    if final_endpoint is not None and final_endpoint not in known:
        raise ValueError(
            f"{site}: there is no layer {final_endpoint!r} to stop at. The layers are layer_1 to "
            f"layer_{layers}."
        )


def _renamed(named: dict[str, tf.Tensor], net: tf.Tensor, layer: str) -> dict[str, tf.Tensor]:
    """What the block that made `net` has named, under the name of its layer."""
    own = [scope.rpartition("/")[0] for scope, tensor in named.items() if tensor is net]
    return {
        f"{layer}/{path.rpartition('/')[2]}": tensor
        for path, tensor in named.items()
        if path.rpartition("/")[0] in own
    }


@slim.add_arg_scope
def mobilenet(
    inputs: TensorLike,
    num_classes: int | None = 1001,
    prediction_fn: Callable[..., tf.Tensor] | None = softmax,
    reuse: bool | None = None,
    scope: Scope = "Mobilenet",
    base_only: bool = False,
    use_reduce_mean_for_pooling: bool = False,
    is_training: bool | tf.Tensor = False,
    **mobilenet_args: Any,
) -> NetOutput:
    """A MobileNet for classification.

    Args:
      inputs: images `[batch, height, width, channels]`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      prediction_fn: makes the end point `Predictions` of the logits; None for none.
      reuse: whether the variables exist already.
      scope: the name of the variable scope.
      base_only: whether to stop before the pooling.
      use_reduce_mean_for_pooling: whether to average by `tf.reduce_mean`. The result is the same;
        some converters know only one of the two.
      is_training: whether dropout and batch norm work as in training.
      **mobilenet_args: see `mobilenet_base`; `conv_defs` is needed.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, 1, 1, depth]` take the place of the logits.

    Raises:
      ValueError: the images are of another rank, or an argument is out of its range.
      TypeError: they are not of floating point, or a keyword is unknown.
    """
    with _scope_of(scope, [inputs], reuse) as entered:
        net = tf.identity(check_images(inputs), "input")
        net, end_points = mobilenet_base(
            net, scope=entered, is_training=is_training, **mobilenet_args
        )
        if base_only:
            return net, end_points
        net = tf.identity(net, "embedding")
        with slim.scope("Logits"):
            net = end_points["global_pool"] = global_pool(net, use_reduce_mean_for_pooling)
            if not num_classes:
                return net, end_points
            net = slim.dropout(net, is_training=is_training, scope="Dropout")
            logits = logits_of(
                net, num_classes, "Conv2d_1c_1x1", biases_initializer=tf.zeros_initializer()
            )
            logits = end_points["Logits"] = tf.identity(tf.squeeze(logits, [1, 2]), "output")
        if prediction_fn is not None:
            end_points["Predictions"] = prediction_fn(logits, "Predictions")
    return logits, end_points


# By the name that this operation has in graphs of TensorFlow 1.
_avg_pool2d = tf.compat.v1.nn.avg_pool2d


def global_pool(
    input_tensor: tf.Tensor,
    use_reduce_mean_for_pooling: bool = False,
    pool_op: Callable[..., tf.Tensor] = _avg_pool2d,
) -> tf.Tensor:
    """Averages over height and width.

    Args:
      input_tensor: `[batch, height, width, channels]`.
      use_reduce_mean_for_pooling: whether by `tf.reduce_mean`.
      pool_op: the pooling otherwise: a function with the arguments of `tf.nn.avg_pool2d`. Where
        the size of the map is not known, averages are taken by `tf.reduce_mean` all the same.

    Returns:
      `[batch, 1, 1, channels]`.
    """
    height, width = input_tensor.shape.as_list()[1:3]
    unknown = height is None or width is None
    if use_reduce_mean_for_pooling or (unknown and pool_op is _avg_pool2d):
        return tf.reduce_mean(input_tensor, [1, 2], keepdims=True, name="ReduceMean")
    if unknown:
        height, width = tf.unstack(tf.shape(input_tensor)[1:3])
    pooled = pool_op(
        input_tensor, ksize=[1, height, width, 1], strides=[1, 1, 1, 1], padding="VALID"
    )
    pooled.set_shape([None, 1, 1, None])
    return pooled


@slim.add_arg_scope
def apply_activation(
    x: tf.Tensor, name: str | None = None, activation_fn: Callable[..., tf.Tensor] | None = None
) -> tf.Tensor:
    """An activation as a layer of a table: `activation_fn(x, name=name)`, or `x` without one.

    `x` has any shape, and the result that of `x`.
    """
    return activation_fn(x, name=name) if activation_fn else x


# ---------------------------------------------------------------------------- variants


def scaled(
    inputs: TensorLike,
    num_classes: int | None,
    multiplier: float,
    scope: Scope,
    conv_defs: Mapping[str, Any],
    finegrain_classification_mode: bool,
    is_training: bool | tf.Tensor | None,
    mobilenet_args: Mapping[str, Any],
) -> NetOutput:
    """`mobilenet` with the arguments of the nets of V2 and V3; see that of `mobilenet`."""
    if "multiplier" in mobilenet_args:
        raise ValueError(
            f"{scope} takes depth_multiplier, not multiplier; got "
            f"multiplier={mobilenet_args['multiplier']!r}."
        )
    if finegrain_classification_mode and multiplier < 1:
        conv_defs = _with_full_last_layer(conv_defs)
    if is_training is not None:
        mobilenet_args = {**mobilenet_args, "is_training": is_training}
    return mobilenet(
        inputs,
        num_classes=num_classes,
        conv_defs=conv_defs,
        scope=scope,
        multiplier=multiplier,
        **mobilenet_args,
    )


def _with_full_last_layer(conv_defs: Mapping) -> dict:
    *layers, last = conv_defs["spec"]

    def keep_depth(params, multiplier):
        del multiplier
        last.multiplier_func(params, 1.0)

    return {**conv_defs, "spec": [*layers, last._replace(multiplier_func=keep_depth)]}


def with_activation(conv_defs: Mapping, activation_fn: Callable) -> dict:
    """A table whose default activation is `activation_fn`."""
    defaults = {
        layers: {**kwargs, "activation_fn": activation_fn} if "activation_fn" in kwargs else kwargs
        for layers, kwargs in conv_defs.get("defaults", {}).items()
    }
    return {**conv_defs, "defaults": defaults}


def with_groups(conv_defs: Mapping, groups: int) -> dict:
    """A table whose group norm divides the channels into `groups`, if it has any."""
    defaults = conv_defs.get("defaults", {})
    return {**conv_defs, "defaults": {**defaults, (slim.group_norm,): {"groups": groups}}}


def variant(net: Callable, name: str, summary: str, **defaults: Any) -> Callable:
    """`net` under another name, with other defaults.

    What a user's arg_scope sets for `net` holds for the variant too.

    Args:
      net: a function.
      name: of the variant.
      summary: the first line of its documentation.
      **defaults: of its keyword arguments.

    Returns:
      A function.
    """
    return adapted(net, Call(defaults=defaults), name=name, summary=summary)
