"""Running a function a second time, for its gradient, with the variables of the first time."""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import calls, modes, places, randomness, scopes, stores
from tf_slim.ops.getters import on_scope, stacked


class Replay:
    """A function that can be run a second time with the variables that it used the first time.

    The second run has whatever was in force at the first (arg_scopes, variable scope, precision,
    random seeds), and leaves nothing behind: no variables, losses, outputs or moving averages.
    """

    def __init__(self, fn: Callable):
        self._fn = fn
        self._used: list = []
        self._context = contextvars.copy_context()
        self._scope = tf.compat.v1.get_variable_scope()
        self._getter = self._scope.custom_getter
        self._random: list | None = None

    def first(self, *args):
        """Runs the function and notes the variables that it asks for."""
        self._random = randomness.position()
        seeds: contextlib.AbstractContextManager = contextlib.nullcontext()
        if self._random is None:
            self._random = [tf.random.uniform([2], maxval=2**31 - 1, dtype=tf.int32), 0]
            seeds = randomness.resumed(self._random)
        with seeds, self._noting():
            return self._fn(*args)

    def again(self, *args):
        """Runs the function with the same variables."""
        return self._context.copy().run(self._again, *args)

    def _again(self, *args):
        if modes.in_v1_graph():
            getter = self._beneath_getters(_from_call)
        else:
            getter = stacked(self._getter, scopes.variable_getter)
        with (
            calls.active(_Repeated(self._scope.name, self._used)),
            modes.recomputation(),
            places.current().effects_dropped(),
            randomness.resumed(self._random),
            tf.compat.v1.variable_scope(
                self._scope, custom_getter=getter, auxiliary_name_scope=False
            ),
        ):
            return self._fn(*args)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        if not modes.in_v1_graph() or isinstance(calls.active_call(), _Repeated):
            with calls.require_call().recorded() as self._used:
                yield
            return

        def note(getter, *args, **kwargs):
            self._used.append(getter(*args, **kwargs))
            return self._used[-1]

        resource = self._scope.use_resource
        # A custom gradient cannot reach the reference variables of TensorFlow 1.
        self._scope.set_use_resource(True)
        try:
            with on_scope(self._scope, self._beneath_getters(note)):
                yield
        finally:
            self._scope.set_use_resource(resource)

    def _beneath_getters(self, get: Callable) -> Callable:
        """A custom getter that has `get` do the work, with all getters of users on top."""

        def getter_of_scope(getter, *args, **kwargs):
            if self._getter is None:
                return get(getter, *args, **kwargs)
            return self._getter(functools.partial(get, getter), *args, **kwargs)

        return getter_of_scope


def _from_call(getter, name: str, **kwargs):
    del getter
    # The innermost run: one recomputation may be inside another.
    return calls.require_call().get(name, **kwargs)


class _Repeated(calls.Call):
    """A run that finds the variables of an earlier one, in their order."""

    def __init__(self, entry: str, used: Iterable):
        super().__init__(stores.VariableStore("a recomputation"), entry=entry)
        self._used = iter(used)

    def _get(self, name: str, shape=None, dtype=None, reuse=None, **unused_kwargs):
        del shape, dtype, reuse
        found = next(self._used, None)
        if found is None:
            raise ValueError(
                f"A function that is computed again for its gradient asks for variable {name!r}, "
                "which it did not use when it was called. It must do the same each time."
            )
        return found


def without_tape() -> contextlib.AbstractContextManager:
    """Where operations are not remembered by gradient tapes.

    A traced function keeps what its gradient needs and nothing else. Eager code keeps all that a
    tape has seen, unless the tape is paused, as it is in an init_scope.
    """
    return tf.init_scope() if tf.executing_eagerly() else contextlib.nullcontext()


def gradients(fn: Callable, inputs: Sequence, variables: Sequence, upstream: Sequence):
    """Runs a function and takes the gradient of what it returns.

    Args:
      fn: a function of `inputs` that returns a list of tensors.
      inputs: tensors.
      variables: what else to take the gradient with respect to.
      upstream: the gradient with respect to each output.

    Returns:
      (outputs, gradients of the inputs, gradients of the variables). A gradient is None where the
      outputs do not depend on it.
    """
    inputs = [tf.identity(tensor) for tensor in inputs]
    if modes.in_v1_graph():
        # A tape does not understand the control flow of TensorFlow 1.
        outputs = fn(*inputs)
        found = tf.compat.v1.gradients(
            outputs, [*inputs, *variables], list(upstream), stop_gradients=inputs
        )
    else:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = fn(*inputs)
        found = tape.gradient(outputs, [*inputs, *variables], list(upstream))
    return outputs, found[: len(inputs)], found[len(inputs) :]


def as_list(outputs: Any) -> list:
    """What a function returned, as a list of tensors."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def grouped(found: Sequence) -> list:
    """The same gradients, none of them there before all are. Some may be None."""
    together = iter(tf.tuple([gradient for gradient in found if gradient is not None]))
    return [None if gradient is None else next(together) for gradient in found]
