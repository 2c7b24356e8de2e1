"""Where losses go: the LOSSES collection of a v1 graph, a `slim.collect()` frame elsewhere."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import places
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.arguments import checked
from tf_slim.ops.modes import do_not_convert

GraphKeys = tf.compat.v1.GraphKeys


@add_arg_scope
def add_loss(loss: tf.Tensor, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Adds a loss to those that make up the total loss.

    In a v1 graph it joins the graph's collection, which is that of `tf.compat.v1.losses` too.
    Elsewhere it joins the nearest `slim.collect()` frame of this thread; without a frame nothing
    keeps it, and its value is what the caller holds.

    All functions of `slim.losses` that collect their result call this one, so
    `with slim.arg_scope([slim.losses.add_loss], loss_collection=None):` turns collecting off.

    Args:
      loss: a scalar tensor.
      loss_collection: name of the collection, or None to collect nothing.

    Examples:
      >>> with slim.collect() as got:
      ...     slim.losses.add_loss(tf.constant(0.5))
      ...     loss = slim.losses.mean_squared_error([1.0, 4.0], [2.0, 2.0])
      >>> print(got.total_loss().numpy())
      3.0
    """
    if loss_collection:
        places.current().add_loss(loss, loss_collection)


@do_not_convert
@checked
def get_losses(
    scope: str | None = None, loss_collection: str = GraphKeys.LOSSES
) -> list[tf.Tensor]:
    """The losses collected so far, in order.

    Args:
      scope: only those whose name begins with this; it is read as a regular expression. Eager
        losses go by the name scope that they were added in.
      loss_collection: name of the collection.

    Returns:
      A list of tensors.

    Raises:
      ValueError: outside a v1 graph no `slim.collect()` block is open.

    Examples:
      >>> with slim.collect():
      ...     loss = slim.losses.mean_squared_error([1.0, 4.0], [2.0, 2.0])
      ...     print([one.numpy().item() for one in slim.losses.get_losses()])
      [2.5]
    """
    return places.current().losses(loss_collection, scope)


@do_not_convert
@checked
def get_regularization_losses(scope: str | None = None) -> list[tf.Tensor]:
    """The regularization losses: one for each variable that has a regularizer.

    Outside v1 graphs these are computed now, for the models called inside the nearest
    `slim.collect()` block.

    Args:
      scope: only those whose name begins with this, read as a regular expression (v1 graphs only).

    Returns:
      A list of scalar tensors.

    Raises:
      ValueError: outside a v1 graph no `slim.collect()` block is open, or `scope` is given.

    Examples:
      >>> def net(x):
      ...     return slim.fully_connected(x, 2, weights_regularizer=slim.l2_regularizer(0.1))
      >>> model = slim.Model(net)
      >>> with slim.collect():
      ...     outputs = model(tf.ones([8, 3]))
      ...     print(slim.losses.get_regularization_losses()[0].shape)
      ()
    """
    return places.current().regularization_losses(scope)


@do_not_convert
@checked
def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> tf.Tensor:
    """The sum of all collected losses: what training minimizes.

    Args:
      add_regularization_losses: whether to include the regularization losses.
      name: of the result.

    Returns:
      A scalar tensor. In a replica of a `tf.distribute` strategy it is the replica's share: see
      `slim.collect`.

    Raises:
      ValueError: there are no losses, or outside a v1 graph no `slim.collect()` block is open.

    Examples:
      >>> with slim.collect():
      ...     squared = slim.losses.mean_squared_error([1.0, 4.0], [2.0, 2.0])
      ...     absolute = slim.losses.absolute_difference([1.0, 4.0], [2.0, 2.0])
      ...     print(squared.numpy(), absolute.numpy())
      ...     print(slim.losses.get_total_loss().numpy())
      2.5 1.5
      4.0
    """
    return places.current().total_loss(add_regularization_losses, name)
