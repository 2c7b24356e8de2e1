"""Mixed precision: products in a low type, everything that must be exact in float32.

    model = slim.Model(net, precision="mixed_bfloat16")       # or, around any layers:
    with slim.precision("mixed_bfloat16"):
        logits = net(images)

From "Mixed Precision Training", Micikevicius et al., 2018. Two rules bring it about, and no layer
has an option for it: `operand` puts what a convolution or product takes into the low type, and
what is computed from there on follows; `stored` and `read` see to it that a variable asked for in
a low type is made in float32 and cast where it is used. So a checkpoint is the same in every
precision. Sums (statistics of normalization, losses) are done in float32 wherever they are.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import modes, sharding
from tf_slim.ops.arguments import describe
from tf_slim.ops.getters import on_scope
from tf_slim.ops.setting import Setting

COMPUTE = {
    "float32": tf.float32,
    "mixed_bfloat16": tf.bfloat16,
    "mixed_float16": tf.float16,
}
"""The type that convolutions and products compute in, by name of the precision."""

LOW = (tf.bfloat16, tf.float16)

_CURRENT: contextvars.ContextVar[str | None] = contextvars.ContextVar("precision", default=None)
_OF_MODELS: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "precision_of_models", default=None
)


@contextlib.contextmanager
def precision(name: str | None) -> Iterator[None]:
    """Sets the type in which the layers inside compute.

    Args:
      name: "mixed_bfloat16" or "mixed_float16": convolutions and products compute in the low type;
        variables, their gradients and regularization, statistics of normalization and losses
        stay float32. "float32": they compute in float32, whatever is in force outside (such as
        for the last layer of a net). None changes nothing; without any of these a layer computes
        in the type of its inputs.

    Raises:
      ValueError: `name` is none of these.

    Examples:
      >>> with slim.precision("mixed_bfloat16"):
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3)
      >>> net.dtype.name, slim.get_model_variables()[0].dtype.name
      ('bfloat16', 'float32')
    """
    if check(name) is None:
        yield
        return
    with Setting(_CURRENT, name), _graph_variables_read():
        yield


def of_models(name: str | None) -> Setting:
    """Inside, models compute in the precision `name`, whatever they were made with; None: in it.

    What a net says of a layer of its own, as of the last one, is as it was.
    """
    return Setting(_OF_MODELS, check(name))


def of_model(own: str | None) -> str | None:
    """The precision that a model computes in, made with `own`."""
    return _OF_MODELS.get() or own


def check(name: Any) -> str | None:
    """`name`, which must be that of a precision or None.

    Raises:
      ValueError: it is not.
    """
    if name is not None and not (isinstance(name, str) and name in COMPUTE):
        known = ", ".join(repr(one) for one in COMPUTE)
        raise ValueError(
            f"precision: expected one of {known}, or None; got {describe(name)}. Write, say, "
            "slim.precision('mixed_bfloat16')."
        )
    return name


def current() -> str | None:
    """The name of the precision in force, or None."""
    return _CURRENT.get()


def is_low(name: str | None) -> bool:
    """Whether a precision computes in a low type."""
    return name is not None and COMPUTE[name] in LOW


def operand(inputs: Any) -> tf.Tensor:
    """The inputs of a convolution or product as a tensor, in the type to compute in."""
    inputs = tf.convert_to_tensor(inputs)
    name = _CURRENT.get()
    if name is None or not inputs.dtype.is_floating:
        return inputs
    return tf.cast(inputs, COMPUTE[name])


def stored(dtype: Any) -> Any:
    """The type to keep a variable in that is asked for in `dtype`."""
    if dtype is None or not is_low(_CURRENT.get()):
        return dtype
    return tf.float32 if tf.as_dtype(dtype).base_dtype in LOW else dtype


def read(variable: Any, dtype: Any) -> Any:
    """The variable, or where `stored` has made it another type a tensor of the type asked for."""
    if stored(dtype) == dtype:
        return variable
    return tf.cast(sharding.as_tensor(variable), dtype)


def as_stored(value: Any) -> tf.Tensor:
    """A tensor of a graph as it was before `read` has cast it."""
    tensor = tf.convert_to_tensor(value)
    cast = modes.is_symbolic(tensor) and tensor.dtype in LOW and tensor.op.type == "Cast"
    return tensor.op.inputs[0] if cast else tensor


def in_full(values: Any) -> Any:
    """A structure of tensors with those of a low type cast to float32."""

    def one(value):
        low = tf.is_tensor(value) and value.dtype in LOW
        return tf.cast(value, tf.float32) if low else value

    return tf.nest.map_structure(one, values)


@contextlib.contextmanager
def _graph_variables_read() -> Iterator[None]:
    """Has raw `tf.compat.v1.get_variable` obey in v1 graphs; `scopes.variable_getter` does."""
    if not modes.in_v1_graph():
        yield
        return
    scope = tf.compat.v1.get_variable_scope()
    before = scope.custom_getter

    # TensorFlow passes `getter` by keyword.
    def get(getter, name, *args, dtype=None, **kwargs):
        inner = getter if before is None else functools.partial(before, getter)
        return read(inner(name, *args, dtype=stored(dtype), **kwargs), dtype)

    with on_scope(scope, get):
        yield
