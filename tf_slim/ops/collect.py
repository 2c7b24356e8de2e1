"""Where losses and intermediate outputs go outside `tf.compat.v1` graphs.

A v1 graph has collections. Eager code and a `tf.function` must not leave anything behind in
global state, so there everything goes into the nearest `collect()` frame of the same thread:

    with tf.GradientTape() as tape, slim.collect() as got:
        slim.losses.sparse_softmax_cross_entropy(model(images), labels)
        loss = got.total_loss()
"""

from __future__ import annotations

import contextlib
import contextvars
import re
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import modes
from tf_slim.ops.setting import Setting

LOSSES = tf.compat.v1.GraphKeys.LOSSES
_LOSS_NAMES = "tf_slim/loss_names"

NO_LOSSES = (
    "There are no losses to add up. A loss joins the sum when it is computed by slim.losses.* or "
    "given to slim.losses.add_loss{place}."
)
_NO_FRAME = (
    NO_LOSSES.format(place=", inside a slim.collect() block")
    + """ None is open here. Open it around the code that computes the losses:

    with slim.collect() as got:
        slim.losses.softmax_cross_entropy(model(images), labels)
        loss = got.total_loss()"""
)


class Frame:
    """What was collected: `losses`, named `outputs`, and other `collections` by name."""

    def __init__(self, outputs: dict[str, dict[str, tf.Tensor]]) -> None:
        self.losses: list[tf.Tensor] = []
        self.collections: dict[str, list[Any]] = {}
        self.outputs = outputs
        self._regularized: list[Any] = []

    def add_regularized(self, owner: Any) -> None:
        """Notes a Model or store whose regularization belongs to the total loss."""
        if not any(known is owner for known in self._regularized):
            self._regularized.append(owner)

    def add_loss(self, loss: tf.Tensor, key: str) -> None:
        """Adds a loss to the collection `key`: `GraphKeys.LOSSES` for `losses`."""
        if key == LOSSES:
            note(LOSS, loss)
            self.losses.append(loss)
        else:
            self.collections.setdefault(key, []).append(loss)
        self.collections.setdefault(_LOSS_NAMES, []).append((loss, tf.get_current_name_scope()))

    def losses_of(self, key: str, scope: str | None = None) -> list[tf.Tensor]:
        """The losses of a collection whose name begins with the regular expression `scope`.

        Eager losses go by the name scope that they were added in.
        """
        losses = self.losses if key == LOSSES else self.collections.get(key, [])
        if scope is None:
            return list(losses)
        begins = re.compile(scope)
        return [loss for loss in losses if begins.match(self._name_of(loss))]

    def _name_of(self, loss: tf.Tensor) -> str:
        if modes.is_symbolic(loss):
            return loss.name
        names = self.collections.get(_LOSS_NAMES, ())
        return next((name for known, name in names if known is loss), "")

    def regularization_losses(self) -> list[tf.Tensor]:
        """One scalar per regularized variable of the models called inside this frame."""
        return [loss for owner in self._regularized for loss in owner.regularization_losses()]

    def total_loss(self, add_regularization_losses: bool = True) -> tf.Tensor:
        """The sum of the collected losses and of the regularization of the models called.

        In a replica of a `tf.distribute` strategy this is the replica's share: the sum over the
        replicas is the loss over the global batch. What `slim.losses` reduces counts over all
        replicas; of a loss of your own that holds if all replicas see equally many examples.

        Args:
          add_regularization_losses: whether to include the models' regularization.

        Returns:
          A scalar tensor.

        Raises:
          ValueError: nothing was collected.
        """
        losses = list(self.losses)
        if add_regularization_losses:
            losses += self.regularization_losses()
        if not losses:
            raise ValueError(NO_LOSSES.format(place=" inside this slim.collect() block"))
        total = tf.add_n(losses, name="total_loss")
        replicas = replica_count()
        if replicas > 1:
            total /= replicas
        note(TOTAL, total)
        return total


def replica_count() -> int:
    """How many replicas run this very code at once: 1 outside `strategy.run`."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


class _Loose:
    """The outputs of one collection where no frame is open.

    Nobody says there when a net begins and ends. So outputs are kept until somebody reads them;
    from then on only as long as he does, and the next output begins the collection anew: a net
    that is called again and again keeps no activations of its last call alive.
    """

    def __init__(self) -> None:
        self.unread: dict[str, Any] = {}
        self._read: dict[str, Callable[[], Any]] = {}

    def add(self, alias: str, tensor: Any) -> None:
        self._read = {}
        self.unread[alias] = tensor

    def read(self) -> dict[str, Any]:
        if self.unread:
            found, self.unread = self.unread, {}
            self._read = {alias: weakref.ref(tensor) for alias, tensor in found.items()}
            return found
        alive = {alias: reference() for alias, reference in self._read.items()}
        return {alias: tensor for alias, tensor in alive.items() if tensor is not None}


_FRAME: contextvars.ContextVar[Frame | None] = contextvars.ContextVar("collect", default=None)
_OUTPUTS: contextvars.ContextVar[dict[str, dict] | None] = contextvars.ContextVar(
    "collect_outputs", default=None
)
_LOOSE_OUTPUTS: contextvars.ContextVar[dict[str, _Loose] | None] = contextvars.ContextVar(
    "loose_outputs", default=None
)

Notes = list[tuple[str, Any]]
"""Tensors and what they are: a `LOSS` that was collected, a `REGULARIZATION`, a `TOTAL` loss."""

LOSS, REGULARIZATION, TOTAL = "loss", "regularization", "total"

_NOTING: contextvars.ContextVar[tuple[Notes, Callable] | None] = contextvars.ContextVar(
    "noting", default=None
)

LAYERS = "tf_slim/layers"
"""The collection, inside a Model or a frame, of every layer's output under its scope name."""


@contextlib.contextmanager
def collect() -> Iterator[Frame]:
    """Collects the losses and named outputs of the code inside, in this thread.

    Open it inside the function that a replica runs, not around `strategy.run`.

    Yields:
      A `Frame` with `losses`, `outputs` and `total_loss()`.

    Examples:
      >>> penalty = slim.l2_regularizer(1.0)
      >>> model = slim.Model(slim.fully_connected, num_outputs=2, weights_regularizer=penalty)
      >>> with slim.collect() as got:
      ...     loss = slim.losses.mean_squared_error(model(tf.ones([8, 3])), tf.zeros([8, 2]))
      >>> len(got.losses), bool(got.total_loss() > loss)
      (1, True)
    """
    with collect_outputs() as outputs, Setting(_FRAME, Frame(outputs)) as frame:
        yield frame


def collect_outputs() -> Setting[dict[str, dict[str, tf.Tensor]]]:
    """Like `collect`, for named outputs only: losses pass through to the frame outside."""
    return Setting(_OUTPUTS, {})


@contextlib.contextmanager
def noting(watch: Callable[[tf.Tensor], None]) -> Iterator[Notes]:
    """Has losses noted as they come into being inside, in whichever frame, and watched.

    Args:
      watch: called with each of them, before anything is made from it.

    Yields:
      The notes, in order.
    """
    notes: Notes = []
    with Setting(_NOTING, (notes, watch)):
        yield notes


def note(kind: str, loss: Any) -> None:
    """Notes a loss, if anybody is `noting`; `kind` as in `Notes`."""
    noting_now = _NOTING.get()
    if noting_now is not None and loss.dtype.is_floating:
        notes, watch = noting_now
        notes.append((kind, loss))
        watch(loss)


def current_frame() -> Frame | None:
    """The innermost frame of this thread, or None."""
    return _FRAME.get()


def require_frame() -> Frame:
    """The innermost frame of this thread.

    Raises:
      ValueError: there is none.
    """
    frame = _FRAME.get()
    if frame is None:
        raise ValueError(_NO_FRAME)
    return frame


def add_output(collection: str, alias: str, tensor: tf.Tensor) -> None:
    """Files `tensor` under `alias`, to be read back by `outputs(collection)`."""
    sink = _OUTPUTS.get()
    if sink is not None:
        sink.setdefault(collection, {})[alias] = tensor
    elif collection != LAYERS:
        _loose().setdefault(collection, _Loose()).add(alias, tensor)


def outputs(collection: str, clear: bool = False) -> dict[str, tf.Tensor]:
    """The outputs filed under `collection`, by alias, in order.

    Without a frame these are those of the last call, as long as somebody holds them; see `_Loose`.

    Args:
      collection: its name.
      clear: whether to empty it.
    """
    sink = _OUTPUTS.get()
    if sink is not None:
        return sink.pop(collection, {}) if clear else dict(sink.get(collection, {}))
    loose = _loose()
    found = loose[collection].read() if collection in loose else {}
    if clear:
        loose.pop(collection, None)
    return found


def output_names(collection: str) -> list[str]:
    """The aliases under `collection` that the next output would be filed beside."""
    sink = _OUTPUTS.get()
    if sink is not None:
        return list(sink.get(collection, ()))
    loose = _loose()
    return list(loose[collection].unread) if collection in loose else []


def _loose() -> dict[str, _Loose]:
    loose = _LOOSE_OUTPUTS.get()
    if loose is None:
        loose = {}
        _LOOSE_OUTPUTS.set(loose)
    return loose
