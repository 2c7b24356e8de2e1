"""Dropout."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import parts, utils
from tf_slim.ops import modes, randomness
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Collections, Shape, Tensor, TensorLike

__all__ = ["dropout"]


@add_arg_scope
def dropout(
    inputs: TensorLike,
    keep_prob: float | Tensor = 0.5,
    noise_shape: Shape | Tensor | None = None,
    is_training: bool | Tensor | tf.Variable = True,
    outputs_collections: Collections = None,
    scope: str | None = None,
    seed: int | None = None,
) -> Tensor:
    """Sets elements to zero at random while training, and scales up the others by 1 / keep_prob.

    From "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", Srivastava et al.,
    2014.

    Inside a `random_scope` (`make_train_step` opens one) which elements are dropped is a function
    of the step, so a resumed training goes on as it would have.

    Args:
      inputs: a tensor, floating point.
      keep_prob: the probability that an element is kept, in (0, 1]. (Keras' dropout has the
        probability that it is dropped.) A number or a scalar tensor.
      noise_shape: the shape of the random decisions, broadcast over `inputs`; by default that of
        `inputs`. `[batch, 1, 1, channels]` drops whole feature maps.
      is_training: whether to drop anything; a truth value, or a scalar tensor or variable.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the scope; by default `Dropout`, made unique.
      seed: an integer that makes the decisions repeatable.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      ValueError: `keep_prob` is a number outside (0, 1].

    Examples:
      >>> ones = tf.ones([1, 8])
      >>> print(slim.dropout(ones, keep_prob=0.5, is_training=False).numpy())
      [[1. 1. 1. 1. 1. 1. 1. 1.]]
      >>> sorted(set(slim.dropout(ones, keep_prob=0.5, seed=1).numpy().ravel().tolist()))
      [0.0, 2.0]
    """
    layer = parts.Layer("dropout", scope, "Dropout", outputs_collections=outputs_collections)
    keep_all = _keeps_all(keep_prob, layer)
    inputs = tf.convert_to_tensor(inputs)
    with layer.name_scope(inputs, variable_scope=True):
        training = utils.constant_value(is_training)
        if keep_all and training:
            outputs = inputs
        elif training is None or training:
            drop = _dropper(inputs, keep_prob, noise_shape, seed)
            outputs = utils.smart_cond(is_training, drop, lambda: tf.identity(inputs))
            outputs.set_shape(inputs.shape)
        else:
            # Frozen graphs are known by this node.
            outputs = tf.identity(inputs) if modes.in_v1_graph() else inputs
        return layer.finish(outputs)


def _keeps_all(keep_prob, layer: parts.Layer) -> bool:
    if tf.is_tensor(keep_prob) or isinstance(keep_prob, tf.Variable):
        return False
    if not 0.0 < float(keep_prob) <= 1.0:  # pyright: ignore[reportArgumentType]
        raise layer.error(
            "keep_prob to be in (0, 1]",
            f"keep_prob={keep_prob!r}",
            "It is the probability to keep an element: for a Keras rate r write 1 - r.",
        )
    return bool(keep_prob == 1.0)


def _dropper(inputs, keep_prob, noise_shape, seed):
    """A function that applies dropout; its random seed, if any, is taken now."""
    rate = 1.0 - keep_prob
    if tf.is_tensor(rate):
        rate = tf.cast(rate, inputs.dtype)
    step_seed = randomness.next_seed()
    if step_seed is None:
        return lambda: tf.nn.dropout(inputs, rate, noise_shape=noise_shape, seed=seed)
    if seed is not None:
        step_seed = tf.random.experimental.stateless_fold_in(step_seed, seed)
    return lambda: tf.nn.experimental.stateless_dropout(
        inputs, rate, step_seed, rng_alg="philox", noise_shape=noise_shape
    )
