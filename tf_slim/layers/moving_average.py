"""Exponential moving averages, as batch normalization keeps them.

A decay of 0.9997 takes thousands of updates to forget the initial value: right for the million
steps that it was chosen for, and fatal to a short run, which would evaluate by averages that never
reached what the net was trained with. Inside `warm_up` averages therefore begin as ones over few
updates and grow older as training does.
"""

from __future__ import annotations

import contextlib
import contextvars

import tensorflow as tf

from tf_slim.ops import collect, modes, places, scopes, variables
from tf_slim.ops.setting import Setting


class _Step:
    """Counts updates by the steps of a training, which whoever trains knows."""

    def __init__(self, step):
        self._least = _least_rate(step)

    def prepare(self) -> None:
        """Makes the variables that counting needs."""

    def least_rate(self) -> tf.Tensor:
        """How far an average must move at least, as a share of its distance to the value."""
        return self._least


class Counter:
    """Counts the updates of a net that is trained by a loop of the user's own.

    The count lives and dies with the process: no checkpoint has it. An average that begins anew
    finds its place within some steps.
    """

    def __init__(self) -> None:
        self._count: tf.Variable | None = None

    def warm_up(self) -> contextlib.AbstractContextManager:
        """Warms up the averages of one call of the net, unless a training around it does."""
        if _WARM_UP.get() is not None or not places.current().immediate:
            return contextlib.nullcontext()
        return Setting(_WARM_UP, _Count(self))

    def variable(self) -> tf.Variable:
        """The number of calls that have updated averages, made if it is new."""
        if self._count is None:
            with tf.init_scope(), tf.compat.v1.name_scope(None):
                # Each replica counts for itself, as it keeps averages of its own.
                self._count = tf.Variable(
                    0,
                    dtype=tf.int64,
                    trainable=False,
                    name="batch_norm_updates",
                    synchronization=tf.VariableSynchronization.ON_READ
                    if tf.distribute.has_strategy()
                    else tf.VariableSynchronization.AUTO,
                    aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
                )
        return self._count


class _Count:
    """One call of a net in the eyes of its `Counter`: the first update in it counts."""

    def __init__(self, counter: Counter):
        self._counter = counter
        self._counted = False

    def prepare(self) -> None:
        if collect.replica_count() == 1:
            self._counter.variable()

    def least_rate(self) -> tf.Tensor:
        count = self._counter.variable()
        if not self._counted:
            count.assign_add(1)
            self._counted = True
        return _least_rate(tf.maximum(tf.convert_to_tensor(count) - 1, 0))


_WARM_UP: contextvars.ContextVar[_Step | _Count | None] = contextvars.ContextVar(
    "warm_up", default=None
)


def warm_up(step) -> Setting:
    """Inside, and not in a v1 graph, a decay is at most `(1 + n) / (10 + n)`.

    Averages are then over about the last ninth of the training, until their own decay asks for no
    more. Those with a decay of 1 stand still.

    Args:
      step: n, the number of updates before: an integer scalar.
    """
    return Setting(_WARM_UP, _Step(step))


def _least_rate(updates) -> tf.Tensor:
    return 9.0 / (10.0 + tf.cast(updates, tf.float32))


def prepare() -> None:
    """Makes what averages need when they are updated, by the call that makes the averages.

    A later one may be traced in a function, which must not make variables any more.
    """
    warming = _WARM_UP.get()
    if warming is not None:
        warming.prepare()


def rate(decay):
    """How far an average moves in this update, as a share of its distance to the value.

    Args:
      decay: how much of the old average remains otherwise; a number or a tensor.

    Returns:
      `1 - decay`, a number or a tensor; more of it where averages are warming up.
    """
    warming = _WARM_UP.get()
    stands_still = not tf.is_tensor(decay) and decay == 1
    if warming is None or stands_still or modes.recomputing() or not places.current().immediate:
        return 1.0 - decay
    return tf.maximum(tf.cast(1.0 - decay, tf.float32), warming.least_rate())


def update(variable, value, rate):
    """Moves `variable` towards `value`.

    Args:
      variable: the average.
      value: a tensor of the same shape.
      rate: how far, as a share of their distance: `rate(decay)`, or `1 - decay` for an average that
        does not warm up; a number or a tensor.

    Returns:
      What depends on the assignment being done: an operation, a tensor or a variable.
    """
    if modes.recomputing():
        return tf.identity(variable)
    dtype = variable.dtype.base_dtype
    rate = tf.cast(rate, dtype)

    def step():
        return (variable - tf.cast(value, dtype)) * rate

    # Programs find the update operations by this name.
    return places.current().subtract(variable, step, "AssignMovingAvg", [value])


class ZeroDebiased:
    """A moving average without the bias towards its initial value, zero.

    From "Adam: A Method for Stochastic Optimization", Kingma and Ba, 2014, section 3: the average
    over t values is divided by 1 - decay ** t.

    Makes the variables `biased` and `local_step` in a scope called like the average.
    """

    def __init__(self, average, make):
        """Makes the variables in the current scope.

        Args:
          average: the variable that holds the debiased average.
          make: `slim.variable` or `slim.model_variable`.
        """
        self._average = average
        dtype = average.dtype.base_dtype
        kwargs = {"dtype": dtype, "initializer": tf.zeros_initializer(), "trainable": False}
        with scopes.scope(variables.get_variable_full_name(average)):
            self._biased = make("biased", shape=average.shape.as_list(), **kwargs)
            self._local_step = make("local_step", shape=[], **kwargs)

    def update(self, value, decay):
        """Moves the average towards `value`. Returns what `update` does.

        Args:
          value: a tensor of the same shape.
          decay: how much of the old average remains. It needs no warm-up, having no bias.
        """
        if modes.recomputing():
            return tf.identity(self._average)
        dtype = self._average.dtype.base_dtype
        rate = tf.cast(1.0 - decay, dtype)
        with tf.compat.v1.name_scope(None, "AssignMovingAvg", [value]) as name:
            step = (self._biased - tf.cast(value, dtype)) * rate
            biased = tf.compat.v1.assign_sub(self._biased, step)
            count = tf.compat.v1.assign_add(self._local_step, tf.ones([], dtype))
            factor = 1.0 - tf.pow(1.0 - rate, count)
            return tf.compat.v1.assign(self._average, biased / factor, name=name)
