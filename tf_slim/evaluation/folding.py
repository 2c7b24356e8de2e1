"""When to leave a model for its folded graph: as soon as that pays."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

from tf_slim.export.errors import ExportError
from tf_slim.ops import precision
from tf_slim.ops.model import Model

_Function = TypeVar("_Function", bound=Callable)

# Seconds that it takes to fold a model and to load the graph, measured from LeNet to VGG: some, and
# some for each byte of the variables.
_SECONDS, _SECONDS_A_BYTE = 1.0, 6e-8
# The least share of the time that the folded graph saved, of nets with batch norm, on processors
# with and without bfloat16: in float32, and where the layers compute in a low type.
_SAVED, _SAVED_LOW = 0.12, 0.4
# What batch norm, which is all that folding saves, is known by.
_STATISTICS = "moving_variance"


class Payoff:
    """Whether a model has computed for so long that its folded graph would have paid.

    To fold a model takes seconds, and nobody knows how much is still to come. So the model is used
    until what the folded graph would have saved is what it costs: then neither a single picture nor
    a million takes more than twice the time of the better choice.

    Args:
      model: the model.
    """

    def __init__(self, model: Model):
        low = precision.is_low(model.precision)
        size = sum((v.shape.num_elements() or 0) * v.dtype.size for v in model.variables)
        self._left = (_SECONDS + size * _SECONDS_A_BYTE) / (_SAVED_LOW if low else _SAVED)
        self._pays = any(_STATISTICS in v.name for v in model.variables) and not _elsewhere()

    def after(self, seconds: float) -> bool:
        """Whether it pays to fold the model now.

        Args:
          seconds: that the model has computed for since it was last asked.
        """
        self._left -= seconds
        return self._pays and self._left < 0

    @property
    def pays(self) -> bool:
        """Whether the folded graph is faster at all."""
        return self._pays

    def never(self) -> None:
        """It cannot be folded."""
        self._pays = False


def _elsewhere() -> bool:
    """Whether something else than processors computes: what is saved was not measured there."""
    return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))


class WhenItPays:
    """A function of images, until it pays to fold the model: then another one in its place.

    Args:
      model: whose weights do not change any more.
      function: computes by the model.
      fold: makes the function that takes its place; raises ExportError if there can be none.
    """

    def __init__(self, model: Model, function: _Function, fold: Callable[[], _Function]):
        self._function: Callable = function
        self._fold: Callable | None = fold
        self._payoff = Payoff(model)
        self._is_traced = False

    @property
    def is_folded(self) -> bool:
        """Whether the folded graph computes already."""
        return self._fold is None

    def fold(self) -> None:
        """Changes over now, if it can be, and is any faster."""
        if self._fold is None or not self._payoff.pays:
            return
        try:
            self._function = self._fold()
        except ExportError:
            self._payoff.never()
        else:
            self._fold = None

    def __call__(self, images: tf.Tensor) -> Any:
        if self._fold is None:
            return self._function(images)
        start = time.perf_counter()
        found = self._function(images)
        if self._is_traced and self._payoff.after(time.perf_counter() - start):
            self.fold()
        self._is_traced = True  # the first call is mostly tracing
        return found
