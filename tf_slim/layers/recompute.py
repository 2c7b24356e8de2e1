"""Recomputing activations for the gradient, in place of keeping them in memory."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence

import tensorflow as tf

from tf_slim.layers import replay
from tf_slim.ops import modes

__all__ = ["recompute_grad"]

_BY_DEFAULT = "__rev_block_lib_default"


def recompute_grad(
    fn: Callable | None = None,
    use_data_dep: bool | str = _BY_DEFAULT,
    tupleize_grads: bool = False,
) -> Callable:
    """Makes a function whose inner activations are recomputed for its gradient.

    It needs the memory of its inputs and outputs only, and is computed twice in training. From
    "Training Deep Nets with Sublinear Memory Cost", Chen et al., 2016.

    The second computation uses the same variables, drops out the same elements in `slim.dropout`,
    and leaves moving averages alone. Where a function has other effects or random numbers it can
    take a keyword argument `is_recomputing`, a bool, to tell.

    Args:
      fn: a function that takes tensors, all by position, and returns a tensor, or a list or tuple
        of them. It may make and use variables, but tensors must be passed to it.
      use_data_dep: whether a dependency of data (True, also by default) or of control (False)
        keeps the second computation until the gradient is asked for. XLA knows the former only.
      tupleize_grads: whether no gradient is handed out before all are computed.

    Returns:
      The function; without `fn` a decorator.

    Raises:
      ValueError: `fn` closes over a tensor, or is called with anything but tensors.

    Examples:
      >>> @slim.recompute_grad
      ... def block(net):
      ...     net = slim.conv2d(net, 64, 3)
      ...     return slim.conv2d(net, 64, 3)
      >>> block(tf.ones([1, 8, 8, 3])).shape
      TensorShape([1, 8, 8, 64])
    """
    if fn is None:
        return functools.partial(
            recompute_grad, use_data_dep=use_data_dep, tupleize_grads=tupleize_grads
        )
    _refuse_captured_tensors(fn)
    told = "is_recomputing" in inspect.signature(fn).parameters

    def compute(*args):
        return fn(*args, is_recomputing=modes.recomputing()) if told else fn(*args)

    def wrapped(*args):
        if not all(tf.is_tensor(arg) for arg in args):
            raise ValueError(
                f"A function under recompute_grad takes tensors only; got {args!r}. Bind the other "
                "arguments first: functools.partial(fn, name=value)."
            )
        return _call(compute, args, bool(use_data_dep), tupleize_grads)

    # A functools.partial has no name to copy.
    return functools.wraps(fn)(wrapped) if hasattr(fn, "__name__") else wrapped


def _call(compute: Callable, args: Sequence, by_data: bool, tupleize_grads: bool):
    run = replay.Replay(compute)
    pack = []

    @tf.custom_gradient
    def forward(*args):
        with replay.without_tape():
            outputs = run.first(*args)
        pack.append(type(outputs) if isinstance(outputs, (list, tuple)) else lambda flat: flat[0])

        def gradient(*upstream, variables=None):
            variables = list(variables or ())
            with tf.control_dependencies(upstream):
                _, of_args, of_variables = replay.gradients(
                    lambda *inputs: replay.as_list(run.again(*inputs)),
                    _later(args, upstream[0]) if by_data else args,
                    variables,
                    upstream,
                )
            if tupleize_grads:
                both = replay.grouped([*of_args, *of_variables])
                of_args, of_variables = both[: len(args)], both[len(args) :]
            return (of_args, of_variables) if variables else of_args

        return replay.as_list(outputs), gradient

    flat = forward(*(tf.convert_to_tensor(arg) for arg in args))
    return pack[0](replay.as_list(flat))


def _later(args: Sequence[tf.Tensor], upstream: tf.Tensor) -> list[tf.Tensor]:
    """The same tensors, which are there only when the gradient is."""
    if tf.executing_eagerly():
        return list(args)
    # Of one element, so that not all of it is read: zero, unless the gradient is NaN already.
    element = tf.reduce_max(tf.reshape(upstream, [-1])[:1])
    zero = tf.minimum(tf.abs(element), 0)
    return [arg + tf.cast(zero, arg.dtype) if arg.dtype.is_floating else arg for arg in args]


def _refuse_captured_tensors(fn: Callable) -> None:
    cells = getattr(fn, "__closure__", None) or ()
    names = fn.__code__.co_freevars if cells else ()
    for name, cell in zip(names, cells, strict=True):
        captured = None
        with contextlib.suppress(ValueError):  # what the code around has not made yet
            captured = cell.cell_contents
        if isinstance(captured, tf.Tensor):
            raise ValueError(
                f"The function under recompute_grad closes over the tensor {name!r}, which would "
                "get no gradient through it. Pass it as an argument."
            )
