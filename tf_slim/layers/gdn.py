"""Generalized divisive normalization."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts, scoped
from tf_slim.ops import places, variables
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import DType, Regularizer, Reuse, Tensor, TensorLike

__all__ = ["GDN", "gdn"]

_FORMATS = ("channels_last", "channels_first")


class GDN(scoped.ScopedLayer):
    """Generalized divisive normalization, as a layer to be called several times.

    From "Density Modeling of Images using a Generalized Normalization Transformation", Ballé,
    Laparra and Simoncelli, 2016. At each position

        y[i] = x[i] / sqrt(beta[i] + sum over j of gamma[j, i] * x[j] ** 2)

    The first call makes `reparam_beta`, shape `[channels]`, and `reparam_gamma`, shape
    `[channels, channels]`: the square roots of beta and gamma, both plus an offset. They are no
    model variables: `get_model_variables` does not list them.

    Args:
      inverse: multiply by the root instead: one step of a fixed-point iteration to the inverse.
      beta_min: lower bound of beta.
      gamma_init: gamma begins as the identity matrix times this.
      reparam_offset: keeps the gradients of the roots alive where beta or gamma is 0.
      data_format: "channels_last" or "channels_first".
      activity_regularizer: a function from the output to its penalty, or None. Divided by the size
        of the batch, the penalty joins the regularization losses.
      trainable: whether optimizers change the variables.
      name: name of the scope; by default `gdn`, made unique.
      reuse: whether the first call shares variables that exist; then `name` must be given.
      dtype: of the computation; by default that of the first inputs.

    Raises:
      ValueError: `data_format` is unknown.

    Examples:
      >>> layer = slim.layers.GDN(name="gdn")
      >>> print(layer(tf.constant([[[3.0, 4.0]]])).numpy().round(3))
      [[[2.176 2.481]]]
      >>> [one.name for one in slim.get_variables()]
      ['gdn/reparam_beta:0', 'gdn/reparam_gamma:0']
    """

    def __init__(
        self,
        inverse: bool = False,
        beta_min: float = 1e-6,
        gamma_init: float = 0.1,
        reparam_offset: float = 2**-18,
        data_format: str = "channels_last",
        activity_regularizer: Regularizer | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        reuse: Reuse = None,
        dtype: DType | None = None,
    ):
        super().__init__(name, "gdn", reuse)
        checks.known_format(data_format, _FORMATS, self._layer())
        self.inverse = inverse
        self.data_format = data_format
        self._beta_min = beta_min
        self._gamma_init = gamma_init
        self._offset = reparam_offset
        self._activity_regularizer = activity_regularizer
        self._trainable = trainable
        self._dtype = dtype

    def __call__(self, inputs: TensorLike) -> Tensor:
        """Normalizes `inputs`.

        Args:
          inputs: `[batch, *space, channels]` of rank 3 to 5; for "channels_first"
            `[batch, channels, *space]`. The channels must be known when the layer is built.

        Returns:
          A tensor of the shape of `inputs`.

        Raises:
          ValueError: the rank is not 3 to 5, or the channels are unknown.
          TypeError: `inputs` is not floating point.
        """
        layer = self._layer()
        inputs = tf.convert_to_tensor(inputs, self._dtype)
        rank = checks.rank(inputs, f"[batch, ...] ({self.data_format})", layer, at_least=3)
        if rank > 5:
            checks.rank(inputs, "of at most 3 axes of space", layer, exactly=5)
        dtype = checks.floating(inputs, layer)
        channels_first = self.data_format == "channels_first"
        channels = checks.channels(inputs, 1 if channels_first else rank - 1, layer)
        with self._entered([inputs]) as entered:
            layer.output_name = entered.name
            beta, gamma = self._parameters(channels, dtype)
            pool = _pool(tf.square(inputs), gamma, beta, rank, channels_first)
            outputs = inputs * pool if self.inverse else inputs / pool
            outputs.set_shape(inputs.shape)
            regularizer = self._activity_regularizer
            penalty = None if regularizer is None else regularizer(outputs)
            if penalty is not None:
                batch = tf.cast(tf.shape(outputs)[0], penalty.dtype)
                places.current().add_penalty(penalty / batch)
            return layer.finish(outputs)

    apply = __call__

    def _layer(self) -> parts.Layer:
        return parts.Layer("gdn", self._scope or self._name, "gdn")

    def _parameters(self, channels: int, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        pedestal = self._offset**2

        def roots_of_ones(shape, dtype, **unused_kwargs):
            return tf.sqrt(tf.ones(shape, dtype) + tf.cast(pedestal, dtype))

        def roots_of_identity(shape, dtype, **unused_kwargs):
            identity = tf.cast(self._gamma_init, dtype) * tf.eye(*shape, dtype=dtype)
            return tf.sqrt(identity + tf.cast(pedestal, dtype))

        return (
            self._parameter("reparam_beta", [channels], dtype, roots_of_ones, self._beta_min),
            self._parameter("reparam_gamma", [channels] * 2, dtype, roots_of_identity, 0.0),
        )

    def _parameter(self, name, shape, dtype, initializer, least: float) -> tf.Tensor:
        root = variables.variable(
            name, shape, dtype, initializer=initializer, trainable=self._trainable
        )
        bound = (least + self._offset**2) ** 0.5
        bounded = _at_least(tf.convert_to_tensor(root), tf.cast(bound, root.dtype.base_dtype))
        return tf.square(bounded) - tf.cast(self._offset**2, bounded.dtype)


@checked
def gdn(
    inputs: TensorLike,
    inverse: bool = False,
    beta_min: float = 1e-6,
    gamma_init: float = 0.1,
    reparam_offset: float = 2**-18,
    data_format: str = "channels_last",
    activity_regularizer: Regularizer | None = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Reuse = None,
) -> Tensor:
    """Generalized divisive normalization: see `GDN` for the formula, the arguments and errors.

    Args:
      inputs: `[batch, *space, channels]` of rank 3 to 5; for "channels_first"
        `[batch, channels, *space]`.
      inverse: see `GDN`, also for the other arguments.
      beta_min: lower bound of beta.
      gamma_init: gamma begins as the identity matrix times this.
      reparam_offset: keeps the gradients of the roots alive where beta or gamma is 0.
      data_format: "channels_last" or "channels_first".
      activity_regularizer: a function from the output to its penalty, or None.
      trainable: whether optimizers change the variables.
      name: name of the scope; by default `gdn`, made unique.
      reuse: whether to share variables that exist; then `name` must be given.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Examples:
      >>> slim.gdn(tf.ones([8, 16, 16, 3]), name="gdn").shape
      TensorShape([8, 16, 16, 3])
    """
    layer = GDN(
        inverse,
        beta_min,
        gamma_init,
        reparam_offset,
        data_format,
        activity_regularizer,
        trainable,
        name,
        reuse=reuse,
    )
    return layer(inputs)


@tf.custom_gradient
def _at_least(values, bound):
    """The larger of both. What would push a value at the bound up from there still gets through."""

    def gradient(upstream):
        passes = tf.logical_or(values >= bound, upstream < 0)
        return tf.where(passes, upstream, tf.zeros_like(upstream)), None

    return tf.maximum(values, bound), gradient


def _pool(squares, gamma, beta, rank: int, channels_first: bool) -> tf.Tensor:
    """The square root of the weighted sum of squares."""
    if not channels_first:
        return tf.sqrt(tf.tensordot(squares, gamma, axes=1) + beta)
    sizes = parts.sizes(squares)
    rows = tf.reshape(squares, [sizes[0], sizes[1], -1]) if rank > 3 else squares
    pool = tf.sqrt(tf.matmul(gamma, rows, transpose_a=True) + beta[:, tf.newaxis])
    return tf.reshape(pool, sizes) if rank > 3 else pool
