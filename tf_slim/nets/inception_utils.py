"""What the Inception nets share: the scope that they are trained in, and parts of their heads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import logits_of, squeeze, trunc_normal
from tf_slim.ops.types import Activation, Collections, Scope

__all__ = [
    "dense_auxiliary_logits",
    "depth_function",
    "inception_arg_scope",
    "inception_logits",
    "pool_all",
    "smallest_image",
    "trunc_normal",
]

_UPDATE_OPS = tf.compat.v1.GraphKeys.UPDATE_OPS


def depth_function(depth_multiplier: float, min_depth: int) -> Callable[[int], int]:
    """What turns the numbers of channels of the paper into those of a thinner or wider net.

    Args:
      depth_multiplier: above 0.
      min_depth: the least result.

    Returns:
      A function of an integer to an integer.

    Raises:
      ValueError: `depth_multiplier` is not above 0.
    """
    if depth_multiplier <= 0:
        raise ValueError(f"depth_multiplier is not greater than zero: got {depth_multiplier!r}.")

    def depth(channels):
        return max(int(channels * depth_multiplier), min_depth)

    return depth


def smallest_image(end_point: str) -> int:
    """The least height and width of an image that has a map at an end point.

    This is for v3, v4 and Inception-ResNet v2, whose layers without padding are in the same places.

    Args:
      end_point: a name, of which the first number says how far down the layer is.
    """
    stage = re.search(r"_(\d)", str(end_point))
    return {"1": 3, "2": 7, "3": 11, "4": 19, "5": 27, "7": 75}.get(stage[1] if stage else "6", 43)


def inception_arg_scope(
    weight_decay: float = 0.00004,
    use_batch_norm: bool = True,
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    activation_fn: Activation | None = tf.nn.relu,
    batch_norm_updates_collections: Collections = _UPDATE_OPS,
    batch_norm_scale: bool = False,
    batch_norm_var_collection: str | None = None,
    use_fused_batchnorm: bool | None = None,
) -> Mapping:
    """The scope that Inception nets are trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      use_batch_norm: whether convolutions have batch norm, or biases.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      activation_fn: of the convolutions.
      batch_norm_updates_collections: in a v1 graph, where the updates of the moving averages go.
      batch_norm_scale: whether batch norm has a `gamma`.
      batch_norm_var_collection: name of a further collection for the moving averages, or None.
      use_fused_batchnorm: see `fused` of `slim.batch_norm`.

    Returns:
      An arg_scope.
    """
    batch_norm = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "updates_collections": batch_norm_updates_collections,
        "fused": use_fused_batchnorm,
        "scale": batch_norm_scale,
    }
    if batch_norm_var_collection is not None:
        batch_norm["variables_collections"] = {
            "moving_mean": [batch_norm_var_collection],
            "moving_variance": [batch_norm_var_collection],
        }
    with (
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            weights_regularizer=slim.l2_regularizer(weight_decay),
        ),
        slim.arg_scope(
            [slim.conv2d],
            weights_initializer=slim.variance_scaling_initializer(),
            activation_fn=activation_fn,
            normalizer_fn=slim.batch_norm if use_batch_norm else None,
            normalizer_params=batch_norm if use_batch_norm else {},
        ) as scope,
    ):
        return scope


def inception_logits(
    net: tf.Tensor,
    end_points: dict[str, tf.Tensor],
    num_classes: int | None,
    *,
    kernel: Sequence[int],
    pool_stride: int,
    end_point: str,
    features_end_point: str | None = None,
    layer: int = 1,
    dropout_keep_prob: float,
    prediction_fn: Callable[..., tf.Tensor],
    spatial_squeeze: bool,
    global_pool: bool,
    predictions_inside: bool = False,
) -> tf.Tensor:
    """The head of Inception v1 to v3: pooling, dropout, and a 1x1 convolution to the logits.

    Args:
      net: `[batch, height, width, depth]`.
      end_points: what the head adds its end points to.
      num_classes: the number of classes; 0 or None for the pooled features instead of logits.
      kernel: of the pooling, a pair.
      pool_stride: of the pooling.
      end_point: the name of the pooled features among the end points.
      features_end_point: the name of what dropout leaves of them there, if it is one.
      layer: the number in the names of the layers.
      dropout_keep_prob: the share of features that dropout keeps.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.
      global_pool: whether to pool over the whole height and width, whatever they are.
      predictions_inside: whether the predictions are in the scope `Logits` too; frozen graphs know
        them by that name.

    Returns:
      The logits `[batch, num_classes]`, or `[batch, height, width, num_classes]` without squeezing,
      or features.

    Raises:
      ValueError: the logits are a map of more than one place, and are to be squeezed.
    """
    with slim.scope("Logits"):
        if global_pool:
            net = tf.reduce_mean(net, [1, 2], keepdims=True, name="global_pool")
            end_points["global_pool"] = net
        else:
            net = slim.avg_pool2d(
                net,
                kernel,
                stride=pool_stride,
                padding="VALID",
                scope=f"AvgPool_{layer}a_{kernel[0]}x{kernel[1]}",
            )
            end_points[end_point] = net
        if not num_classes:
            return net
        net = slim.dropout(net, dropout_keep_prob, scope=f"Dropout_{layer}b")
        if features_end_point:
            end_points[features_end_point] = net
        logits = logits_of(net, num_classes, f"Conv2d_{layer}c_1x1")
        if spatial_squeeze:
            logits = squeeze(logits, "SpatialSqueeze")
        end_points["Logits"] = logits
        if predictions_inside:
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    if not predictions_inside:
        end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits


def dense_auxiliary_logits(
    net: tf.Tensor, num_classes: int | None, names: Sequence[str]
) -> tf.Tensor:
    """The auxiliary head of Inception v4 and Inception-ResNet v2.

    Args:
      net: `[batch, height, width, depth]`, whose height and width must be known and at least 5.
      num_classes: the number of classes.
      names: of its four layers.

    Returns:
      Logits `[batch, num_classes]`.

    Raises:
      ValueError: the height or width is not known: variables depend on them.
    """
    pool, reduce, whole, logits = names
    net = slim.avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope=pool)
    net = slim.conv2d(net, 128, [1, 1], scope=reduce)
    size = net.shape[1:3]
    if not size.is_fully_defined():
        raise ValueError(
            f"The auxiliary head {tf.compat.v1.get_variable_scope().name} has a convolution of the "
            "size of its map, so that images must have a static size. Set it with "
            "images.set_shape(...), or pass create_aux_logits=False."
        )
    net = slim.conv2d(net, 768, size, padding="VALID", scope=whole)
    classes: Any = num_classes  # of None the layer says what it wants
    return slim.fully_connected(slim.flatten(net), classes, activation_fn=None, scope=logits)


def pool_all(net: tf.Tensor, scope: Scope) -> tf.Tensor:
    """The average over the whole map.

    Args:
      net: `[batch, height, width, depth]`.
      scope: the name of the operation, if the height and width are known.

    Returns:
      `[batch, 1, 1, depth]`.
    """
    size = net.shape[1:3]
    if size.is_fully_defined():
        return slim.avg_pool2d(net, size, padding="VALID", scope=scope)
    return tf.reduce_mean(net, [1, 2], keepdims=True, name="global_pool")
