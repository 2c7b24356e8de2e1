"""What I3D and S3D-G share: convolutions over space and time, and an Inception module of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tf_slim.nets.blocks import branched, reduced_kernel, row, squeeze
from tf_slim.ops.types import Activation, Initializer, Normalizer, Regularizer, Size

__all__ = [
    "center_initializer",
    "conv3d_spatiotemporal",
    "inception_block_v1_3d",
    "reduced_kernel_size_3d",
    "video_arg_scope",
    "video_logits",
]


def center_initializer() -> Initializer:
    """An initializer of temporal convolutions: each begins as the identity on the middle frame.

    Returns:
      An initializer for shapes `[frames, 1, 1, channels, channels]`. It raises ValueError for
      others.
    """

    def initializer(shape, dtype=tf.float32, partition_info=None, **kwargs):
        del partition_info, kwargs
        shape = [int(n) for n in shape]
        if len(shape) != 5 or shape[1:3] != [1, 1] or shape[3] != shape[4]:
            raise ValueError(
                "center_initializer makes weights of shape [frames, 1, 1, channels, channels]; got "
                f"{shape}. Use it for temporal convolutions that keep the number of channels."
            )
        values = np.zeros(shape)
        values[shape[0] // 2, 0, 0] = np.eye(shape[3])
        return tf.constant(values, dtype)

    return initializer


@slim.add_arg_scope
def conv3d_spatiotemporal(
    inputs: tf.Tensor,
    num_outputs: int,
    kernel_size: Sequence[int],
    stride: Size = 1,
    padding: str = "SAME",
    activation_fn: Activation | None = None,
    normalizer_fn: Normalizer | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_regularizer: Regularizer | None = None,
    separable: bool = False,
    data_format: str = "NDHWC",
    scope: str = "",
) -> tf.Tensor:
    """A convolution over time and space, at once or one after the other.

    A separable one is a convolution over space, then one over time in the scope `temporal` of the
    first, which has biases in place of a normalizer and begins as the identity.

    Args:
      inputs: `[batch, frames, height, width, channels]`, or `data_format` says otherwise.
      num_outputs: the number of output channels.
      kernel_size: (frames, height, width).
      stride: an integer, or three of them as in `kernel_size`.
      padding: "SAME" or "VALID".
      activation_fn: of each convolution, or None.
      normalizer_fn: of the convolution over space, or of the only one.
      normalizer_params: a dict of its keyword arguments.
      weights_regularizer: a function from a variable to its loss, or None.
      separable: whether kernels of more than one frame are taken apart.
      data_format: "NDHWC" or "NCDHW".
      scope: the name of the scope.

    Returns:
      The output, of the data format of `inputs`.

    Raises:
      AssertionError: `kernel_size` is not three integers.
    """
    if not isinstance(kernel_size, (list, tuple)) or len(kernel_size) != 3:
        # As recorded; the original only had no words for it.
        raise AssertionError(
            f"conv3d_spatiotemporal in scope {scope!r} expects kernel_size to be (frames, height, "
            f"width); got {kernel_size!r}. Write for example [1, 3, 3]."
        )
    frames, height, width = kernel_size
    stride_frames, *stride_space = stride if isinstance(stride, (list, tuple)) else [stride] * 3
    together = not separable or frames == 1
    net = slim.conv3d(
        inputs,
        num_outputs,
        [frames if together else 1, height, width],
        stride=[stride_frames if together else 1, *stride_space],  # pyright: ignore[reportArgumentType]
        padding=padding,
        data_format=data_format,
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        weights_regularizer=weights_regularizer,
        scope=scope,
    )
    if together:
        return net
    return slim.conv3d(
        net,
        num_outputs,
        [frames, 1, 1],
        stride=[stride_frames, 1, 1],  # pyright: ignore[reportArgumentType]
        padding=padding,
        data_format=data_format,
        activation_fn=activation_fn,
        normalizer_fn=None,
        weights_initializer=center_initializer(),
        weights_regularizer=weights_regularizer,
        scope=f"{scope}/temporal",
    )


@slim.add_arg_scope
def inception_block_v1_3d(
    inputs: tf.Tensor,
    num_outputs_0_0a: int,
    num_outputs_1_0a: int,
    num_outputs_1_0b: int,
    num_outputs_2_0a: int,
    num_outputs_2_0b: int,
    num_outputs_3_0b: int,
    temporal_kernel_size: int = 3,
    self_gating_fn: Callable[..., tf.Tensor] | None = None,
    data_format: str = "NDHWC",
    scope: str = "",
) -> tf.Tensor:
    """The Inception v1 module over time and space.

    Args:
      inputs: `[batch, frames, height, width, channels]`, or `data_format` says otherwise.
      num_outputs_0_0a: the number of channels of the 1x1 convolution of branch 0.
      num_outputs_1_0a: of the first convolution of branch 1, 1x1.
      num_outputs_1_0b: of its second, 3x3.
      num_outputs_2_0a: of the first convolution of branch 2, 1x1.
      num_outputs_2_0b: of its second, 3x3.
      num_outputs_3_0b: of the 1x1 convolution of branch 3, after pooling.
      temporal_kernel_size: how many frames the 3x3 convolutions see.
      self_gating_fn: a function of (net, scope) that follows on the last convolution of each
        branch, or None.
      data_format: "NDHWC" or "NCDHW".
      scope: the name of the scope.

    Returns:
      The outputs of the branches, joined along the channels.
    """
    kernel = [temporal_kernel_size, 3, 3]

    def one(depth):
        return row(slim.conv3d, depth, [1, 1, 1])

    def last(layer, *args):
        def gated(net, scope):
            net = layer(net, *args, scope=scope)
            return net if self_gating_fn is None else self_gating_fn(net, scope=scope)

        return gated

    with slim.scope(scope):
        return branched(
            inputs,
            {"Conv2d_0a_1x1": last(slim.conv3d, num_outputs_0_0a, [1, 1, 1])},
            {
                "Conv2d_0a_1x1": one(num_outputs_1_0a),
                "Conv2d_0b_3x3": last(conv3d_spatiotemporal, num_outputs_1_0b, kernel),
            },
            {
                "Conv2d_0a_1x1": one(num_outputs_2_0a),
                "Conv2d_0b_3x3": last(conv3d_spatiotemporal, num_outputs_2_0b, kernel),
            },
            {
                "MaxPool_0a_3x3": row(slim.max_pool3d, [3, 3, 3]),
                "Conv2d_0b_1x1": last(slim.conv3d, num_outputs_3_0b, [1, 1, 1]),
            },
            axis=data_format.index("C"),
        )


def reduced_kernel_size_3d(input_tensor: tf.Tensor, kernel_size: Sequence[int]) -> list[int]:
    """A kernel, made smaller where the map that it slides over is smaller.

    Args:
      input_tensor: `[batch, frames, height, width, channels]`.
      kernel_size: (frames, height, width).

    Returns:
      A list of three integers.
    """
    return reduced_kernel(input_tensor, kernel_size, data_format="NDHWC")


def video_arg_scope(
    weight_decay: float,
    batch_norm_decay: float,
    batch_norm_epsilon: float,
    separable: bool,
    **batch_norm: Any,
) -> Mapping:
    """The scope that I3D and S3D-G are trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to variances.
      separable: whether convolutions over time and space are taken apart.
      **batch_norm: further keyword arguments of batch norm.

    Returns:
      An arg_scope.
    """
    with (
        slim.arg_scope(
            [slim.conv3d, conv3d_spatiotemporal],
            weights_regularizer=slim.l2_regularizer(weight_decay),
            activation_fn=tf.nn.relu,
            normalizer_fn=slim.batch_norm,
            normalizer_params={
                "decay": batch_norm_decay,
                "epsilon": batch_norm_epsilon,
                "fused": False,
                "variables_collections": {
                    "moving_mean": ["moving_vars"],
                    "moving_variance": ["moving_vars"],
                },
                **batch_norm,
            },
        ),
        slim.arg_scope([conv3d_spatiotemporal], separable=separable) as scope,
    ):
        return scope


def video_logits(
    net: tf.Tensor,
    end_points: dict[str, tf.Tensor],
    num_classes: int | None,
    *,
    dropout_keep_prob: float,
    prediction_fn: Callable[..., tf.Tensor],
    spatial_squeeze: bool,
) -> tf.Tensor:
    """The head of I3D and S3D-G: logits of each two frames, averaged over time.

    Args:
      net: `[batch, frames, height, width, depth]`.
      end_points: what the head adds its end points to.
      num_classes: the number of classes; 0 or None for the pooled features instead of logits.
      dropout_keep_prob: the share of features that dropout keeps.
      prediction_fn: makes the end point `Predictions` of the logits; called with `scope=`.
      spatial_squeeze: whether the logits lose the height and width, which must be 1.

    Returns:
      The logits `[batch, num_classes]`, or `[batch, height, width, num_classes]` without squeezing,
      or features `[batch, frames, height, width, depth]`.

    Raises:
      ValueError: the logits are a map of more than one place, and are to be squeezed.
    """
    with slim.scope("Logits"):
        kernel = reduced_kernel_size_3d(net, [2, 7, 7])
        net = slim.avg_pool3d(net, kernel, stride=1, scope="AvgPool_0a_7x7")
        if not num_classes:
            return net
        net = slim.dropout(net, dropout_keep_prob, scope="Dropout_0b")
        logits = slim.conv3d(
            net,
            num_classes,
            [1, 1, 1],
            activation_fn=None,
            normalizer_fn=None,
            scope="Conv2d_0c_1x1",
        )
        logits = tf.reduce_mean(logits, axis=1)
        if spatial_squeeze:
            logits = squeeze(logits, "SpatialSqueeze", remedy="Average over them")
        end_points["Logits"] = logits
        end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits
