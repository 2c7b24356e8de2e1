"""Batch normalization."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.layers import batch_norm_kernels as kernels
from tf_slim.layers import batch_renorm, checks, foldable, moving_average, parts, utils
from tf_slim.ops import calls, collect, frozen, modes, sharding, variables
from tf_slim.ops.arg_scope import add_arg_scope, current_is_training
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Regularizer,
    Reuse,
    Scope,
    Tensor,
    TensorLike,
)

__all__ = ["batch_norm"]

UPDATE_OPS = tf.compat.v1.GraphKeys.UPDATE_OPS


@add_arg_scope
def batch_norm(
    inputs: TensorLike,
    decay: float | Tensor = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Activation | None = None,
    param_initializers: Mapping[str, Initializer] | None = None,
    param_regularizers: Mapping[str, Regularizer] | None = None,
    updates_collections: Collections = UPDATE_OPS,
    is_training: bool | Tensor | tf.Variable = True,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    batch_weights: TensorLike | None = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Scope = None,
    renorm: bool = False,
    renorm_clipping: Mapping[str, Any] | None = None,
    renorm_decay: float | Tensor = 0.99,
    adjustment: Callable[[Tensor], tuple[Tensor, Tensor]] | None = None,
    *,
    synchronized: bool = False,
) -> Tensor:
    """Normalizes each channel: over the batch while training, by moving averages otherwise.

    From "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
    Shift", Ioffe and Szegedy, 2015.

    Makes `beta` (if `center`), `gamma` (if `scale`), `moving_mean` and `moving_variance`, each of
    shape `[channels]`; in float32 where the inputs are float16 or bfloat16.

    When training in eager mode or in a `tf.function` the layer moves its averages itself. In a v1
    graph it adds two operations to `updates_collections`, and the training operation must run
    them, as that of `slim.learning.create_train_op` does, or a `minimize` within
    `tf.control_dependencies(tf.compat.v1.get_collection("update_ops"))`.

    Args:
      inputs: `[batch, ..., channels]`; for "NCHW" `[batch, channels, ...]`. Rank 2 or more. The
        channels must be known when the layer is built; batch and space need not.
      decay: of the moving averages. A lower one, such as 0.9, follows faster: try it if training
        goes well and evaluation does not. In a training step of `slim.learning.make_train_step`,
        and in nets of `slim.nets.create`, it is at most `(1 + n) / (10 + n)` in the update after n
        others, so that a short training ends with averages that are its own; 1 keeps them.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`; not needed if what follows is linear.
      epsilon: added to the variance.
      activation_fn: a function from tensor to tensor, or None.
      param_initializers: a dict of initializers by variable name.
      param_regularizers: a dict of regularizers for "beta" and "gamma".
      updates_collections: in a v1 graph, name (or list of names) of the collections that get the
        updates; None to make the output depend on them.
      is_training: whether the batch is what normalizes, and moves the averages; a truth value, or
        a scalar tensor or variable. In a training that has frozen the averages (`frozen` of
        `slim.learning.make_train_step`) they are what normalizes, whatever this says.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change `beta` and `gamma`. If not, the averages stay as they
        are too, unless `updates_collections`, `batch_weights` or `zero_debias_moving_mean` is
        given or the rank is 2.
      batch_weights: shape `[batch]`: how much each example counts for the moments.
      fused: False for a sum of simple operations where one would do. This also decides that the
        moving variance follows the biased variance of the batch and not the unbiased one.
      data_format: "NHWC" (any channels last) or "NCHW" (any channels first).
      zero_debias_moving_mean: whether to correct the moving mean for its initial value. It makes
        two more variables, `biased` and `local_step`.
      scope: name of the scope; by default `BatchNorm`, made unique.
      renorm: whether to do batch renormalization (Ioffe, 2017). It makes three more variables.
      renorm_clipping: a dict with limits of its corrections: "rmin", "rmax", "dmax".
      renorm_decay: of the averages that the corrections are made from.
      adjustment: a function from the shape of the inputs, a tensor, to (scale, offset), tensors
        that can be broadcast to the inputs: applied while training, before `gamma` and `beta`.
      synchronized: whether the replicas of a `tf.distribute` strategy normalize by the moments of
        the whole batch and not each by its own, for when a replica sees few examples. Costs two
        all-reduces a layer, in which all replicas must take part.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range, the channels are unknown, or `renorm` is
        combined with `batch_weights`, `zero_debias_moving_mean` or other `updates_collections`.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> batch = tf.constant([[1.0], [3.0]])
      >>> net = slim.batch_norm(batch, is_training=True, scope="norm")
      >>> print(net.numpy().round(2))
      [[-1.]
       [ 1.]]
      >>> for variable in slim.get_model_variables():
      ...     print(variable.name, variable.numpy().round(4))
      norm/beta:0 [0.]
      norm/moving_mean:0 [0.002]
      norm/moving_variance:0 [1.001]
    """
    layer = parts.Layer(
        "batch_norm",
        scope,
        "BatchNorm",
        activation_fn=activation_fn,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    checks.known_format(data_format, ("NHWC", "NCHW"), layer)
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ..., channels]", layer, at_least=2)
    channel_axis = 1 if data_format == "NCHW" else rank - 1
    depth = checks.channels(inputs, channel_axis, layer)
    dtype = checks.floating(inputs, layer)
    layer.dtype = tf.float32 if dtype in kernels.FUSED_DTYPES else dtype

    # Three implementations have been behind this function since TF 1, and checkpoints and numbers
    # tell which one ran: `unbiased` is what the fused kernel does to the moving variance, `plain`
    # that nothing special is asked for.
    plain = (
        utils.as_list(updates_collections) == [UPDATE_OPS]
        and batch_weights is None
        and not zero_debias_moving_mean
    )
    unbiased = (
        fused is not False
        and rank in (2, 4)
        and batch_weights is None
        and not renorm
        and adjustment is None
    )
    core = plain and not (unbiased and rank == 2)
    if renorm and not core:
        raise layer.error(
            "renorm without batch_weights, zero_debias_moving_mean and other updates_collections",
            "both",
            "Choose one of them.",
        )
    layer.loss_names = {"beta": "beta", "gamma": "gamma"} if core else {}
    renorm_clipping = batch_renorm.check_clipping(renorm_clipping, layer)
    batch_weights = _weights(batch_weights, inputs, layer)

    with layer.variable_scope(inputs) as entered:
        params = _Parameters(
            layer,
            depth,
            param_initializers or {},
            param_regularizers or {},
        )
        params.make_affine(center, scale, core)
        # The averages are updated as wholes.
        entered.set_partitioner(None)
        params.make_averages()
        if frozen.holds((params.moving_mean, params.moving_variance)):
            is_training = False
        if tf.executing_eagerly() and isinstance(is_training, tf.Variable):
            is_training = tf.convert_to_tensor(is_training)
        training = utils.constant_value(is_training)
        may_train = training is None or bool(training)
        renormalized = debiased = None
        if renorm:
            renormalized = batch_renorm.Renorm(
                params.average,
                params.initializer("moving_variance", tf.ones_initializer()),
                epsilon,
                renorm_decay,
                renorm_clipping,
            )
        if zero_debias_moving_mean and may_train:
            make = variables.variable if unbiased else variables.model_variable
            debiased = moving_average.ZeroDebiased(params.moving_mean, make)
        moving_average.prepare()

        product = foldable.product_behind(inputs)
        if product is not None:
            factor = tf.math.rsqrt(params.moving_variance + epsilon)
            factor = factor if params.gamma is None else factor * params.gamma
            if not may_train:
                offset = -params.moving_mean * factor
                offset = offset if params.beta is None else offset + params.beta
                return layer.finish(product.folded(factor, offset, channel_axis < rank - 1))
            inputs = product.unfolded(factor)

        if synchronized and sharding.has_servers(tf.distribute.get_strategy()):
            raise layer.error(
                "synchronized=False where the variables are on parameter servers",
                "synchronized=True",
                "Their workers take steps each for itself, and have no common batch. For one train "
                "under tf.distribute.MultiWorkerMirroredStrategy.",
            )
        across = synchronized and collect.replica_count() > 1
        after = []
        if unbiased and dtype in kernels.FUSED_DTYPES and not across:
            outputs, mean, variance = kernels.fused(
                inputs,
                params.gamma,
                params.beta,
                params.moving_mean,
                params.moving_variance,
                epsilon,
                channel_axis == 1,
                is_training,
            )
        else:
            outputs, mean, variance, after = _in_steps(
                tf.cast(inputs, layer.dtype),
                params,
                epsilon,
                channel_axis,
                is_training,
                batch_weights,
                adjustment,
                renormalized,
                across,
            )
            outputs = tf.cast(outputs, dtype)
            if unbiased and may_train:
                variance = kernels.unbiased(variance, inputs, across)

        def update() -> list:
            rate = moving_average.rate(decay)
            if renormalized is not None:
                return renormalized.update(
                    after, mean, variance, params.moving_mean, params.moving_variance, rate
                )
            if debiased is not None:
                new_mean = debiased.update(mean, decay)
            else:
                new_mean = moving_average.update(params.moving_mean, mean, rate)
            return [new_mean, moving_average.update(params.moving_variance, variance, rate)]

        call = calls.active_call()
        only_traced = call is not None and call.building
        if may_train and not only_traced and (trainable or not core):
            _warn_of_training(call, training, entered.name)
            keep = (params.moving_mean, params.moving_variance)
            outputs = _schedule(update, keep, outputs, is_training, updates_collections, core)
        outputs.set_shape(inputs.shape)
        return layer.finish(outputs)


class _Parameters:
    """The variables of the layer whose scope is open."""

    beta = gamma = None

    def __init__(self, layer: parts.Layer, depth: int, initializers, regularizers):
        self._layer = layer
        self._depth = depth
        self._initializers = initializers
        self._regularizers = regularizers

    def make_affine(self, center: bool, scale: bool, core: bool) -> None:
        wanted = {"beta": center, "gamma": scale}
        for name in ("gamma", "beta") if core else ("beta", "gamma"):
            if wanted[name]:
                default = tf.zeros_initializer() if name == "beta" else tf.ones_initializer()
                made = self._layer.parameter(
                    name,
                    [self._depth],
                    self.initializer(name, default),
                    self._regularizers.get(name),
                )
                setattr(self, name, made)

    def make_averages(self) -> None:
        self.moving_mean = self.average("moving_mean", tf.zeros_initializer())
        self.moving_variance = self.average("moving_variance", tf.ones_initializer())

    def average(self, name: str, default) -> tf.Variable:
        initializer = self.initializer(name, default)
        return self._layer.parameter(name, [self._depth], initializer, trainable=False)

    def initializer(self, name: str, default):
        return self._initializers.get(name, default)


def _weights(batch_weights, inputs: tf.Tensor, layer: parts.Layer):
    """`batch_weights` in a shape that can be broadcast to the inputs."""
    if batch_weights is None:
        return None
    weights = tf.convert_to_tensor(batch_weights)
    if not weights.shape.is_compatible_with(inputs.shape[:1]):
        raise layer.error(
            f"batch_weights of shape {inputs.shape[:1].as_list()}, one for each example",
            f"shape {checks.shape_text(weights)}",
            "Reshape them: tf.reshape(batch_weights, [-1]).",
        )
    return tf.reshape(weights, [-1] + [1] * (inputs.shape.rank - 1))


def _in_steps(
    inputs,
    params: _Parameters,
    epsilon,
    channel_axis: int,
    is_training,
    batch_weights,
    adjustment,
    renormalized: batch_renorm.Renorm | None,
    across: bool,
):
    """Batch normalization by simple operations.

    Returns:
      The normalized tensor, mean and variance of the batch (None if it is not used), and tensors
      that must be computed before the averages move.
    """
    rank = inputs.shape.rank

    def shaped(value):
        return kernels.per_channel(value, rank, channel_axis)

    training = utils.constant_value(is_training)
    scale, offset = shaped(params.gamma), shaped(params.beta)
    averages = (params.moving_mean, params.moving_variance)
    if training is not None and not training:
        mean, variance = averages
        outputs = tf.nn.batch_normalization(
            inputs, shaped(mean), shaped(variance), offset, scale, epsilon
        )
        return outputs, None, None, []

    if adjustment is not None:
        more_scale, more_offset = adjustment(tf.shape(inputs))
        scale_now, offset_now = utils.smart_cond(
            is_training,
            lambda: (more_scale, more_offset),
            lambda: (tf.ones_like(more_scale), tf.zeros_like(more_offset)),
        )
        scale, offset = kernels.compose(scale_now, offset_now, scale, offset)
    axes = [axis for axis in range(rank) if axis != channel_axis]
    moments = kernels.moments_across_replicas if across else kernels.moments
    mean, variance = moments(inputs, axes, batch_weights)
    after: list = []
    if renormalized is not None:
        r, d = renormalized.corrections(mean, variance, is_training)
        scale, offset = kernels.compose(shaped(r), shaped(d), scale, offset)
        after = [r, d]
    by_mean, by_variance = utils.smart_cond(
        is_training,
        lambda: (mean, variance),
        lambda: tuple(tf.identity(average) for average in averages),
    )
    outputs = tf.nn.batch_normalization(
        inputs, shaped(by_mean), shaped(by_variance), offset, scale, epsilon
    )
    return outputs, mean, variance, after


def _warn_of_training(call: calls.Call | None, training, path: str) -> None:
    """Tells that a net which is called for inference trains this layer all the same."""
    wanted = current_is_training()
    if call is None or not training or wanted is None or utils.constant_value(wanted) is not False:
        return
    warnings.warn(
        f"batch_norm in scope {path!r} has is_training=True, although {call.store.owner} is called "
        "for inference: it normalizes by the batch, and this call moves its averages. Give the "
        "function of the net an argument is_training and pass that on, or leave is_training out "
        "of the layer: it is then what the call says.",
        stacklevel=2,
    )


def _schedule(update: Callable, keep, outputs, is_training, updates_collections, core: bool):
    """Sees to it that the averages move when training; returns the output to use from here on."""
    if not modes.in_v1_graph():

        def act():
            update()
            return tf.constant(True)

        # In a function, control dependencies make it happen.
        utils.smart_cond(is_training, act, lambda: tf.constant(False))
        return outputs
    if updates_collections is None:

        def after_update():
            with tf.control_dependencies(update()):
                return tf.identity(outputs)

        return utils.smart_cond(is_training, after_update, lambda: tf.identity(outputs))
    if utils.constant_value(is_training) is None:
        updates = tf.cond(
            tf.cast(is_training, tf.bool),
            lambda: [tf.identity(new) for new in update()],
            lambda: [tf.identity(old) for old in keep],
        )
    else:
        updates = update()
    if core:
        # Programs look at their type and `name`. Of the other implementations they are tensors.
        updates = [getattr(made, "op", made) for made in updates]
    for name in utils.as_list(updates_collections):
        for made in updates:
            tf.compat.v1.add_to_collection(name, made)
    return outputs
