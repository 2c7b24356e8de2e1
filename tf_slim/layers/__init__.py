"""Layers."""

from tf_slim.layers.batch_norm import batch_norm
from tf_slim.layers.bias import bias_add
from tf_slim.layers.compose import repeat, stack
from tf_slim.layers.conv import (
    conv1d,
    conv2d,
    conv3d,
    convolution,
    convolution1d,
    convolution2d,
    convolution3d,
)
from tf_slim.layers.dense import elu, fully_connected, linear, relu, relu6
from tf_slim.layers.dropout import dropout
from tf_slim.layers.initializers import (
    variance_scaling_initializer,
    xavier_initializer,
    xavier_initializer_conv2d,
)
from tf_slim.layers.maxout import maxout
from tf_slim.layers.norm import group_norm, instance_norm, layer_norm, unit_norm
from tf_slim.layers.pool import avg_pool2d, avg_pool3d, max_pool2d, max_pool3d, pool
from tf_slim.layers.regularizers import (
    apply_regularization,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
from tf_slim.layers.separable import (
    conv2d_in_plane,
    convolution2d_in_plane,
    separable_conv2d,
    separable_convolution2d,
)
from tf_slim.layers.shape import flatten, one_hot_encoding
from tf_slim.layers.softmax import softmax
from tf_slim.layers.transpose import (
    conv2d_transpose,
    conv3d_transpose,
    convolution2d_transpose,
    convolution3d_transpose,
)

__all__ = [
    "apply_regularization",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bias_add",
    "conv1d",
    "conv2d",
    "conv2d_in_plane",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "convolution1d",
    "convolution2d",
    "convolution2d_in_plane",
    "convolution2d_transpose",
    "convolution3d",
    "convolution3d_transpose",
    "dropout",
    "elu",
    "flatten",
    "fully_connected",
    "group_norm",
    "instance_norm",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "layer_norm",
    "linear",
    "max_pool2d",
    "max_pool3d",
    "maxout",
    "one_hot_encoding",
    "pool",
    "relu",
    "relu6",
    "repeat",
    "separable_conv2d",
    "separable_convolution2d",
    "softmax",
    "stack",
    "sum_regularizer",
    "unit_norm",
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]
