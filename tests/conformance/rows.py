"""The table: one row a layer and set of arguments. A new layer needs a row here, nothing else.

Every test of this folder runs for every row; `exceptions.py` says where one does not, and why.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim

IMAGES = [4, 5, 6, 3]
VECTORS = [4, 5]
SEQUENCES = [4, 6]
CHANNELS_FIRST = {"channels_axis": -3, "reduction_axes": (-2, -1)}


class Row(NamedTuple):
    """A layer, with the shape of its inputs.

    Attributes:
      layer: takes the inputs first.
      args: what it takes besides.
      kwargs: likewise.
      shape: of the inputs.
      per_batch: whether an example's output depends on the other examples.
      channel_axis: where the channels are.
      integers: an upper bound of the inputs, if they are integers; 0 for floats.
      fixed: more axes whose size decides what the layer is.
      covers: the public functions that the row is for, if not `layer` itself.
    """

    layer: Callable
    args: tuple = ()
    kwargs: dict[str, Any] = {}
    shape: list[int] = IMAGES
    per_batch: bool = False
    channel_axis: int = -1
    integers: int = 0
    fixed: tuple[int, ...] = ()
    covers: tuple[Callable, ...] = ()

    @property
    def dtype(self) -> tf.DType:
        """Of the inputs."""
        return tf.int32 if self.integers else tf.float32

    def net(self, inputs):
        """Calls the layer."""
        return self.layer(inputs, *self.args, **self.kwargs)

    def free(self, *axes: int) -> list[int | None]:
        """The shape with `axes` unknown; without any, with all that may be."""
        rank = len(self.shape)
        kept = {axis % rank for axis in (self.channel_axis, *self.fixed)}
        loose = set(axes) or set(range(rank)) - kept
        return [None if axis in loose else size for axis, size in enumerate(self.shape)]


def two_convolutions(inputs, **kwargs):
    """The same layer twice, the second time with the variables of the first."""
    net = slim.conv2d(inputs, 3, 3, scope="shared", **kwargs)
    return slim.conv2d(net, 3, 3, scope="shared", reuse=True, **kwargs)


def quantized(inputs):
    """Layers that learn to be computed in integers."""
    with slim.quantize():
        net = slim.conv2d(inputs, 3, 3, normalizer_fn=slim.batch_norm, scope="conv")
        net = slim.separable_conv2d(net, 4, 3, scope="separable")
        net = slim.fake_quant(tf.reduce_mean(net, [1, 2]), scope="mean")
        return slim.fully_connected(net, 3, scope="logits")


def scaled(inputs, scope=None):
    """A normalizer of a user, which makes its variable in the scope of the layer."""
    with tf.compat.v1.variable_scope(scope, "Scaled"):
        factor = tf.compat.v1.get_variable("factor", [inputs.shape[-1]], inputs.dtype.base_dtype)
        return inputs * factor


def prelu(inputs):
    """An activation of a user, with a variable of its own."""
    alphas = tf.compat.v1.get_variable("alphas", [inputs.shape[-1]], inputs.dtype.base_dtype)
    return tf.nn.relu(inputs) - alphas * tf.nn.relu(-inputs)


def sparse_and_back(labels, **kwargs):
    return tf.sparse.to_dense(slim.layers.dense_to_sparse(labels, **kwargs))


def reversible(images, **kwargs):
    """Both streams at once."""

    def residual(x):
        return slim.conv2d(x, 2, 3, activation_fn=tf.nn.tanh)

    left, right = tf.split(images, 2, axis=-1)
    outputs = slim.layers.rev_block(left, right, residual, residual, num_layers=2, **kwargs)
    return tf.concat(outputs, -1)


def reversible_object(images):
    def residual(x):
        return slim.conv2d(x, 2, 3, activation_fn=tf.nn.tanh)

    block = slim.layers.RevBlock(residual, residual, num_layers=2)
    left, right = tf.split(images, 2, axis=-1)
    return tf.concat(block.forward(left, right), -1)


def recomputed(vectors):
    @slim.layers.recompute_grad
    def hidden(x):
        return slim.fully_connected(x, 4, activation_fn=tf.nn.tanh, scope="hidden")

    return hidden(tf.convert_to_tensor(vectors))


def of_blocks(vectors):
    def hidden(x):
        return slim.fully_connected(x, 4, activation_fn=tf.nn.tanh, scope="hidden")

    return slim.block(hidden, tf.convert_to_tensor(vectors))


def gdn_object(images):
    layer = slim.layers.GDN()
    return layer(layer(images))


def looked_up(function, ids):
    return function(slim.variable("embeddings", [6, 3]), ids)


def looked_up_sparse(ids):
    return looked_up(slim.layers.safe_embedding_lookup_sparse, tf.sparse.from_dense(ids))


def scattered(ids):
    return slim.layers.scattered_embedding_lookup(slim.variable("hashed", [11]), ids, 3)


def scattered_sparse(ids):
    ids = tf.sparse.from_dense(ids)
    return slim.layers.scattered_embedding_lookup_sparse(slim.variable("hashed", [11]), ids, 3)


L = slim.layers
BN = slim.batch_norm

ROWS = {
    "conv1d": Row(slim.conv1d, (4, 3), {}, [4, 9, 3]),
    "conv1d_strided": Row(slim.conv1d, (4, [3]), {"stride": 2, "padding": "valid"}, [4, 9, 3]),
    "conv2d": Row(slim.conv2d, (5, 3)),
    "conv2d_strided": Row(slim.conv2d, (5, [3, 2], [2, 1], "VALID")),
    "conv2d_dilated": Row(slim.conv2d, (5, 3), {"rate": [2, 1], "activation_fn": tf.nn.tanh}),
    "conv2d_without_bias": Row(slim.conv2d, (5, 1), {"biases_initializer": None}),
    "conv2d_bn": Row(
        slim.conv2d,
        (5, 3),
        {"normalizer_fn": BN, "normalizer_params": {"scale": True}},
        per_batch=True,
    ),
    "conv2d_own_normalizer": Row(slim.conv2d, (5, 3), {"normalizer_fn": scaled}),
    "conv2d_own_activation": Row(slim.conv2d, (5, 3), {"activation_fn": prelu}),
    "conv2d_shared": Row(two_convolutions),
    "quantized": Row(quantized, per_batch=True),
    "conv3d": Row(slim.conv3d, (3, [2, 3, 3]), {}, [4, 4, 5, 4, 2]),
    "convolution": Row(slim.convolution, (3, 2), {"activation_fn": None}, [4, 4, 5, 4, 2]),
    "fully_connected": Row(slim.fully_connected, (3,), {}, VECTORS),
    "fully_connected_rank4": Row(slim.fully_connected, (3,), {"activation_fn": tf.nn.elu}),
    "fully_connected_bn": Row(
        slim.fully_connected, (3,), {"normalizer_fn": BN}, VECTORS, per_batch=True
    ),
    "linear": Row(slim.linear, (3,), {}, VECTORS),
    "relu6": Row(slim.relu6, (3,), {}, VECTORS),
    "bias_add": Row(slim.bias_add, (tf.nn.relu,)),
    "bn": Row(BN, (), {"scale": True}, per_batch=True),
    "bn_inference": Row(BN, (), {"is_training": False}),
    "bn_rank2": Row(BN, (), {}, VECTORS, per_batch=True),
    "bn_rank3": Row(BN, (), {"scale": True}, [4, 6, 3], per_batch=True),
    "bn_channels_first": Row(
        BN, (), {"data_format": "NCHW", "fused": False}, per_batch=True, channel_axis=1
    ),
    "bn_in_steps": Row(BN, (), {"fused": False}, per_batch=True),
    "bn_in_steps_inference": Row(BN, (), {"fused": False, "is_training": False}),
    "bn_zero_debias": Row(BN, (), {"zero_debias_moving_mean": True}, per_batch=True),
    "bn_renorm": Row(BN, (), {"renorm": True, "renorm_clipping": {"rmax": 2.0}}, per_batch=True),
    "conv2d_transpose": Row(slim.conv2d_transpose, (5, [3, 4], [2, 3])),
    "conv2d_transpose_valid": Row(slim.conv2d_transpose, (5, 4, 2, "valid")),
    "conv2d_transpose_gap": Row(slim.conv2d_transpose, (5, 2, [4, 3], "VALID")),
    "conv3d_transpose": Row(slim.conv3d_transpose, (3, [2, 3, 3], 2), {}, [4, 3, 3, 2, 2]),
    "separable_conv2d": Row(slim.separable_conv2d, (5, 3, 2), {"stride": 2}),
    "separable_conv2d_dilated": Row(slim.separable_conv2d, (5, 3), {"rate": 2}),
    "separable_conv2d_depthwise": Row(slim.separable_conv2d, (None, [3, 2], 2)),
    "conv2d_in_plane": Row(slim.conv2d_in_plane, ([3, 2], 2, "valid")),
    "layer_norm": Row(slim.layer_norm),
    "layer_norm_of_channels": Row(slim.layer_norm, (), {"begin_norm_axis": -1}),
    "instance_norm": Row(slim.instance_norm),
    "instance_norm_channels_first": Row(
        slim.instance_norm, (), {"data_format": "NCHW"}, channel_axis=1
    ),
    "group_norm": Row(slim.group_norm, (2,), {}, [4, 7, 6, 4]),
    "group_norm_channels_first": Row(
        slim.group_norm,
        (2,),
        {**CHANNELS_FIRST, "mean_close_to_zero": True},
        [4, 4, 7, 6],
        channel_axis=1,
    ),
    "unit_norm": Row(slim.unit_norm, (3,)),
    "maxout": Row(slim.maxout, (2,), {}, [4, 7, 6, 4]),
    "max_pool3d": Row(slim.max_pool3d, ([2, 3, 2],), {}, [4, 4, 5, 6, 2]),
    "avg_pool3d": Row(slim.avg_pool3d, (2, 1, "same"), {}, [4, 4, 5, 6, 2]),
    "max_pool3d_channels_first": Row(
        slim.max_pool3d, (2,), {"data_format": "NCDHW"}, [4, 2, 4, 5, 6], channel_axis=1
    ),
    "pool_dilated": Row(slim.pool, (2, "MAX"), {"dilation_rate": [2, 1]}),
    "pool_average": Row(slim.pool, (2, "avg", "same"), {}, [4, 9, 3]),
    "max_pool2d": Row(slim.max_pool2d, (2,)),
    "max_pool2d_same": Row(slim.max_pool2d, ([3, 2], 1, "SAME")),
    "avg_pool2d": Row(slim.avg_pool2d, (3, [2, 1], "same")),
    "dropout_inference": Row(slim.dropout, (), {"is_training": False}),
    "dropout_nothing": Row(slim.dropout, (1.0,)),
    "flatten": Row(slim.flatten),
    "softmax": Row(slim.softmax),
    "repeat": Row(slim.repeat, (2, slim.conv2d, 3, 3)),
    "repeat_partial": Row(
        slim.repeat, (2, functools.partial(slim.conv2d, num_outputs=3, kernel_size=3))
    ),
    "stack": Row(slim.stack, (slim.fully_connected, [4, 3]), {"scope": "fc"}, VECTORS),
    "relu": Row(slim.relu, (3,), {}, VECTORS),
    "elu": Row(slim.elu, (3,), {}, VECTORS),
    "legacy_fully_connected": Row(L.legacy_fully_connected, (3,), {}, VECTORS),
    "legacy_linear": Row(L.legacy_linear, (3,), {"name": "old"}, VECTORS),
    "legacy_relu": Row(L.legacy_relu, (3,), {"bias_init": None}),
    "spatial_softmax": Row(L.spatial_softmax, (2.0,)),
    "spatial_softmax_channels_first": Row(
        L.spatial_softmax, (), {"data_format": "NCHW"}, channel_axis=1
    ),
    "gdn": Row(L.gdn),
    "gdn_inverse": Row(L.gdn, (True,), {}, [4, 5, 3]),
    "GDN": Row(gdn_object, covers=(L.GDN,)),
    "rev_block": Row(reversible, (), {}, [4, 5, 6, 4], covers=(L.rev_block,)),
    "rev_block_plain": Row(reversible, (), {"is_training": False}, [4, 5, 6, 4]),
    "RevBlock": Row(reversible_object, (), {}, [4, 5, 6, 4], covers=(L.RevBlock,)),
    "recompute_grad": Row(recomputed, (), {}, VECTORS, covers=(L.recompute_grad,)),
    "block": Row(of_blocks, (), {}, VECTORS, covers=(L.block,)),
    "scale_gradient": Row(L.scale_gradient, (0.5,)),
    "images_to_sequence": Row(L.images_to_sequence),
    "sequence_to_images": Row(L.sequence_to_images, (2,), {}, [4, 6, 3], fixed=(1,)),
    "poincare_normalize": Row(L.poincare_normalize, (-1,)),
    "one_hot_encoding": Row(slim.one_hot_encoding, (6,), {}, SEQUENCES, integers=6),
    "bucketize": Row(L.bucketize, ([-1.0, 0.0, 1.5],), {}, VECTORS),
    "dense_to_sparse": Row(
        sparse_and_back, (), {}, SEQUENCES, integers=4, covers=(L.dense_to_sparse,)
    ),
    "embed_sequence": Row(L.embed_sequence, (6, 3), {}, SEQUENCES, integers=6),
    "embed_sequence_unique": Row(L.embed_sequence, (6, 3, True), {}, SEQUENCES, integers=6),
    "bow_encoder": Row(L.bow_encoder, (6, 3), {}, SEQUENCES, integers=6),
    "bow_encoder_dense": Row(
        L.bow_encoder, (6, 3), {"sparse_lookup": False}, SEQUENCES, integers=6
    ),
    "embedding_lookup_unique": Row(
        functools.partial(looked_up, L.embedding_lookup_unique),
        shape=SEQUENCES,
        integers=6,
        covers=(L.embedding_lookup_unique,),
    ),
    "safe_embedding_lookup_sparse": Row(
        looked_up_sparse,
        shape=SEQUENCES,
        integers=6,
        covers=(L.safe_embedding_lookup_sparse,),
    ),
    "scattered_embedding_lookup": Row(
        scattered, shape=SEQUENCES, integers=9, covers=(L.scattered_embedding_lookup,)
    ),
    "scattered_embedding_lookup_sparse": Row(
        scattered_sparse,
        shape=SEQUENCES,
        integers=9,
        covers=(L.scattered_embedding_lookup_sparse,),
    ),
}
