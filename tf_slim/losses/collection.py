"""Where losses go: the LOSSES collection of a v1 graph, a `slim.collect()` frame elsewhere."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf

from tf_slim.ops import collect, modes
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.arguments import checked

GraphKeys = tf.compat.v1.GraphKeys

_NAMES = "tf_slim/loss_names"
_REMEDY = """
    with slim.collect() as got:
        slim.losses.softmax_cross_entropy(model(images), labels)
        loss = got.total_loss()"""
_NO_FRAME = (
    collect.NO_LOSSES.format(place=", inside a slim.collect() block")
    + f" None is open here. Open it around the code that computes the losses:\n{_REMEDY}"
)


@add_arg_scope
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Adds a loss to those that make up the total loss.

    In a v1 graph it joins the graph's collection, which is that of `tf.compat.v1.losses` too.
    Elsewhere it joins the nearest `slim.collect()` frame of this thread; without a frame nothing
    keeps it, and its value is what the caller holds.

    All functions of `slim.losses` that collect their result call this one, so
    `with slim.arg_scope([slim.losses.add_loss], loss_collection=None):` turns collecting off.

    Args:
      loss: a scalar tensor.
      loss_collection: name of the collection, or None to collect nothing.
    """
    if not loss_collection:
        return
    if modes.in_v1_graph():
        tf.compat.v1.add_to_collection(loss_collection, loss)
    frame = collect.current_frame()
    if frame is None:
        return
    if loss_collection == GraphKeys.LOSSES:
        collect.note(collect.LOSS, loss)
    _members(frame, loss_collection, create=True).append(loss)
    frame.collections.setdefault(_NAMES, []).append((loss, tf.get_current_name_scope()))


@checked
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses collected so far, in order.

    Args:
      scope: only those whose name begins with this; it is read as a regular expression. Eager
        losses go by the name scope that they were added in.
      loss_collection: name of the collection.

    Returns:
      A list of tensors.

    Raises:
      ValueError: outside a v1 graph no `slim.collect()` block is open.
    """
    if modes.in_v1_graph():
        return tf.compat.v1.get_collection(loss_collection, scope)
    frame = _frame()
    members = _members(frame, loss_collection)
    if scope is None:
        return list(members)
    begins = re.compile(scope)
    return [loss for loss in members if begins.match(_name_of(loss, frame))]


@checked
def get_regularization_losses(scope=None):
    """The regularization losses: one for each variable that has a regularizer.

    Outside v1 graphs these are computed now, for the models called inside the nearest
    `slim.collect()` block.

    Args:
      scope: only those whose name begins with this, read as a regular expression (v1 graphs only).

    Returns:
      A list of scalar tensors.

    Raises:
      ValueError: outside a v1 graph no `slim.collect()` block is open, or `scope` is given.
    """
    if modes.in_v1_graph():
        return tf.compat.v1.get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)
    frame = _frame()
    if scope is not None:
        raise ValueError(
            f"get_regularization_losses: scope={scope!r} selects operations of a v1 graph by "
            "name, and there is none here. For the losses of one model write `model.losses`."
        )
    return frame.regularization_losses()


@checked
def get_total_loss(add_regularization_losses=True, name="total_loss"):
    """The sum of all collected losses: what training minimizes.

    Args:
      add_regularization_losses: whether to include the regularization losses.
      name: of the result.

    Returns:
      A scalar tensor. In a replica of a `tf.distribute` strategy it is the replica's share: see
      `slim.collect`.

    Raises:
      ValueError: there are no losses, or outside a v1 graph no `slim.collect()` block is open.
    """
    if not modes.in_v1_graph():
        return tf.identity(_frame().total_loss(add_regularization_losses), name=name)
    losses = get_losses()
    if add_regularization_losses:
        losses += get_regularization_losses()
    if not losses:
        raise ValueError(collect.NO_LOSSES.format(place=" in this graph"))
    return tf.add_n(losses, name=name)


def _frame() -> collect.Frame:
    frame = collect.current_frame()
    if frame is None:
        raise ValueError(_NO_FRAME)
    return frame


def _members(frame: collect.Frame, loss_collection: str, create: bool = False) -> list[Any]:
    if loss_collection == GraphKeys.LOSSES:
        return frame.losses
    if create:
        return frame.collections.setdefault(loss_collection, [])
    return frame.collections.get(loss_collection, [])


def _name_of(loss: Any, frame: collect.Frame) -> str:
    if modes.is_symbolic(loss):
        return loss.name
    for known, name in frame.collections.get(_NAMES, ()):
        if known is loss:
            return name
    return ""
