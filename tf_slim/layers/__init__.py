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
from tf_slim.layers.embedding_ops import (
    embedding_lookup_unique,
    safe_embedding_lookup_sparse,
    scattered_embedding_lookup,
    scattered_embedding_lookup_sparse,
)
from tf_slim.layers.encoders import bow_encoder, embed_sequence
from tf_slim.layers.gdn import GDN, gdn
from tf_slim.layers.gradient import scale_gradient
from tf_slim.layers.initializers import (
    variance_scaling_initializer,
    xavier_initializer,
    xavier_initializer_conv2d,
)
from tf_slim.layers.keras_layers import as_keras_layer, keras_layer
from tf_slim.layers.legacy_dense import legacy_fully_connected, legacy_linear, legacy_relu
from tf_slim.layers.maxout import maxout
from tf_slim.layers.norm import group_norm, instance_norm, layer_norm, unit_norm
from tf_slim.layers.optimizers import (
    OPTIMIZER_CLS_NAMES,
    OPTIMIZER_SUMMARIES,
    adaptive_clipping_fn,
    optimize_loss,
)
from tf_slim.layers.poincare import poincare_normalize
from tf_slim.layers.pool import avg_pool2d, avg_pool3d, max_pool2d, max_pool3d, pool
from tf_slim.layers.recompute import recompute_grad
from tf_slim.layers.regularizers import (
    apply_regularization,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
from tf_slim.layers.reversible import RevBlock, rev_block
from tf_slim.layers.separable import (
    conv2d_in_plane,
    convolution2d_in_plane,
    separable_conv2d,
    separable_convolution2d,
)
from tf_slim.layers.sequence import images_to_sequence, sequence_to_images
from tf_slim.layers.shape import flatten, one_hot_encoding
from tf_slim.layers.softmax import softmax
from tf_slim.layers.sparse import bucketize, dense_to_sparse
from tf_slim.layers.spatial_softmax import spatial_softmax
from tf_slim.layers.summaries import (
    summarize_activation,
    summarize_activations,
    summarize_biases,
    summarize_collection,
    summarize_tensor,
    summarize_tensors,
    summarize_variables,
    summarize_weights,
)
from tf_slim.layers.transpose import (
    conv2d_transpose,
    conv3d_transpose,
    convolution2d_transpose,
    convolution3d_transpose,
)

__all__ = [
    "GDN",
    "OPTIMIZER_CLS_NAMES",
    "OPTIMIZER_SUMMARIES",
    "RevBlock",
    "adaptive_clipping_fn",
    "apply_regularization",
    "as_keras_layer",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bias_add",
    "bow_encoder",
    "bucketize",
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
    "dense_to_sparse",
    "dropout",
    "elu",
    "embed_sequence",
    "embedding_lookup_unique",
    "flatten",
    "fully_connected",
    "gdn",
    "group_norm",
    "images_to_sequence",
    "instance_norm",
    "keras_layer",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "layer_norm",
    "legacy_fully_connected",
    "legacy_linear",
    "legacy_relu",
    "linear",
    "max_pool2d",
    "max_pool3d",
    "maxout",
    "one_hot_encoding",
    "optimize_loss",
    "poincare_normalize",
    "pool",
    "recompute_grad",
    "relu",
    "relu6",
    "repeat",
    "rev_block",
    "safe_embedding_lookup_sparse",
    "scale_gradient",
    "scattered_embedding_lookup",
    "scattered_embedding_lookup_sparse",
    "separable_conv2d",
    "separable_convolution2d",
    "sequence_to_images",
    "softmax",
    "spatial_softmax",
    "stack",
    "sum_regularizer",
    "summarize_activation",
    "summarize_activations",
    "summarize_biases",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
    "summarize_variables",
    "summarize_weights",
    "unit_norm",
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]
