"""The update of Keras' SGD by one kernel a variable.

Keras multiplies, subtracts, assigns and adds, and so goes ten times through memory where once over
each of the three arrays is enough. In a net of many weights and few examples a step, such as VGG,
that is a fifth of the step. The kernels compute the same, bit for bit. (Adam's do not: it stays as
Keras has it.)
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

# The momentums of an optimizer are in the order of the variables that it was built for, and it
# tells nobody of these: so only of one that was built here it is known which belongs to which.
_built_for: weakref.WeakKeyDictionary[Any, tuple[tf.Variable, ...]] = weakref.WeakKeyDictionary()


def note_built(optimizer: Any, variables: Sequence[tf.Variable]) -> None:
    """Remembers what a Keras optimizer was built for."""
    if type(optimizer) is tf.keras.optimizers.SGD:
        _built_for[optimizer] = tuple(variables)


@contextlib.contextmanager
def by_kernels(optimizer: Any) -> Iterator[None]:
    """Inside, `optimizer.apply_gradients` updates each variable by one kernel, where there is one.

    All else that the optimizer does is left to it: its schedule, clipping, decay, averages.

    Args:
      optimizer: of any kind; another one than Keras' own SGD is left alone, and so is that under
        a strategy, whose variables may be in several places.
    """
    variables = _built_for.get(optimizer)
    if variables is None or tf.distribute.has_strategy():
        yield
        return
    momentums = dict(zip(map(id, variables), optimizer.momentums))
    update_by_keras = optimizer.update_step
    optimizer.update_step = _updating(optimizer, momentums, update_by_keras)
    try:
        yield
    finally:
        del optimizer.update_step


def _updating(optimizer: Any, momentums: dict[int, Any], by_keras: Callable) -> Callable:
    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        is_dense = isinstance(gradient, tf.Tensor) and gradient.dtype == variable.dtype
        accumulator = momentums.get(id(variable))
        rate = tf.cast(learning_rate, variable.dtype)
        if is_dense and not optimizer.momentum:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)
        elif is_dense and accumulator is not None:
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=variable.handle,
                accum=accumulator.value.handle,
                lr=rate,
                grad=gradient,
                momentum=tf.cast(optimizer.momentum, variable.dtype),
                use_nesterov=optimizer.nesterov,
            )
        else:
            by_keras(gradient, variable, learning_rate)

    return update_step
