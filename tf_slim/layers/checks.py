"""Checks of layer arguments, and the one form that their messages have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import shapes
from tf_slim.ops.arguments import LARGEST, Site, describe, integer

VALID_PADDINGS = ("SAME", "VALID")


def integers(n: int, value: Any) -> tuple[int, ...] | None:
    """`value`, one integer or a sequence of `n`, as a tuple of `n` positive sizes; or None."""
    one = integer(value)
    if one is not None:
        parts: list[int | None] = [one] * n
    elif isinstance(value, tf.TensorShape):
        if value.rank is None:
            return None
        parts = value.as_list()
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        parts = [integer(part) for part in value]
    elif isinstance(value, np.ndarray) or (tf.is_tensor(value) and hasattr(value, "numpy")):
        array = np.asarray(value)
        parts = [integer(part) for part in array.tolist()] if array.ndim == 1 else [None]
    else:
        return None
    positive = tuple(part for part in parts if part is not None and 0 < part < LARGEST)
    return positive if len(positive) == len(parts) == n else None


def _bound(value: Any) -> str:
    sizes = [integer(part) for part in (value if isinstance(value, (list, tuple)) else [value])]
    return f" below {LARGEST}" if any(size is not None and size > 0 for size in sizes) else ""


def positive_integers(n: int, value: Any, argument: str, site: Site) -> tuple[int, ...]:
    """`value` as a tuple of `n` positive integers.

    Raises:
      ValueError: it is neither a positive integer nor `n` of them.
    """
    found = integers(n, value)
    if found is None:
        raise site.error(
            f"{argument} to be a positive integer"
            + (f" or {n} of them" if n > 1 else "")
            + _bound(value),
            f"{argument}={describe(value)}",
            "For one size in all dimensions write an int, otherwise a list, such as "
            f"{argument}={[3] * n}.",
        )
    return found


def depth(value: Any, argument: str, site: Site) -> int:
    """The number of output channels.

    Raises:
      ValueError: it is no positive integer.
    """
    found = integer(value)
    if found is None or not 0 < found < LARGEST:
        raise site.error(
            f"{argument} to be a positive integer" + _bound(value),
            f"{argument}={describe(value)}",
            f"Round it yourself: {argument}=int(...).",
        )
    return found


def padding(value: Any, site: Site) -> str:
    """`value` as "SAME" or "VALID".

    Raises:
      ValueError: it is something else.
    """
    found = value.upper() if isinstance(value, str) else None
    if found not in VALID_PADDINGS:
        raise site.error(
            "padding to be 'SAME' or 'VALID'",
            f"padding={describe(value)}",
            "For explicit padding call tf.pad first, then the layer with padding='VALID'.",
        )
    return found


def data_format(value: Any, allowed: Sequence[Any], site: Site) -> Any:
    """`value`, which must be one of `allowed`.

    Raises:
      ValueError: it is not.
    """
    if not isinstance(value, (str, type(None))) or value not in allowed:
        names = " or ".join(sorted(known for known in allowed if known is not None))
        raise site.error(
            "data_format to name the axes of the inputs",
            f"data_format={describe(value)}",
            f"data_format has to be either {names}.",
        )
    return value


def rank(
    inputs: tf.Tensor,
    axes: str,
    site: Site,
    *,
    at_least: int = 0,
    exactly: int = 0,
    remedy: str = "",
) -> int:
    """The static rank of `inputs`.

    Args:
      inputs: a tensor.
      axes: what the axes are, for the message: "[batch, height, width, channels]".
      site: the layer.
      at_least: the least rank, or 0.
      exactly: the only rank, or 0.
      remedy: what to do about another rank, if there is more to say than usual.

    Raises:
      ValueError: it is unknown, or not what is asked for.
    """
    found = inputs.shape.rank
    if found is None:
        raise site.error(
            f"inputs of known rank {axes}",
            "inputs of undefined rank",
            "Tell it first: inputs.set_shape([None, None, None, channels]).",
        )
    if (exactly and found != exactly) or found < at_least:
        wanted = f"rank {exactly}" if exactly else f"rank {at_least} or more"
        raise site.error(
            f"inputs of {wanted} {axes}",
            f"inputs of shape {shape_text(inputs)}, which is rank {found}",
            remedy or "Add or remove axes with tf.expand_dims, tf.squeeze or tf.reshape.",
        )
    return found


def channels(inputs: tf.Tensor, axis: int, site: Site, called: str = "channels dimension") -> int:
    """The static size of the channel axis.

    Raises:
      ValueError: it is unknown.
    """
    found = inputs.shape.as_list()[axis]
    if found is None:
        raise site.error(
            f"inputs whose channels (axis {axis}) are known, since variables depend on them",
            f"inputs of shape {shape_text(inputs)}, with undefined {called}",
            "Tell it first, with inputs.set_shape(...) or tf.ensure_shape(inputs, ...).",
        )
    return found


def floating(inputs: tf.Tensor, site: Site) -> tf.DType:
    """The dtype of `inputs`, which is that of the layer's variables.

    Raises:
      TypeError: it has no fractions.
    """
    dtype = inputs.dtype.base_dtype
    if not (dtype.is_floating or dtype.is_complex):
        raise site.error(
            "floating-point inputs",
            f"inputs of non-floating point type {dtype.name}",
            "Convert them first: tf.cast(inputs, tf.float32).",
            kind=TypeError,
        )
    return dtype


def shape_text(inputs: tf.Tensor) -> str:
    """The static shape, as in `[None, 8, 8, 3]`."""
    return str(inputs.shape.as_list())


def fitting(
    inputs: tf.Tensor,
    kernel: Sequence[int],
    padding: str,
    site: Site,
    *,
    channels_first: bool = False,
    dilations: Sequence[int] | None = None,
) -> contextlib.AbstractContextManager:
    """A context for the operation that moves a kernel over `inputs`: it must fit into them.

    With padding "VALID" a larger kernel has no place to be, and nothing would come out. Where that
    shows only when the graph runs, it is checked there: kernels of CPUs hand on their inputs in
    place of an empty output, or end the process by a division by zero.

    Raises:
      ValueError: it is known not to.
    """
    if padding != "VALID" or max(kernel) == 1:
        return contextlib.nullcontext()
    first = 2 if channels_first else 1
    dilations = dilations or [1] * len(kernel)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    sizes = shapes.of(inputs)[first : first + len(reach)]
    if any(size is not None and size < r for size, r in zip(sizes, reach, strict=True)):
        raise site.error(
            "a kernel_size no larger than the inputs where padding is 'VALID'",
            f"a kernel that covers {reach} and inputs of shape {shape_text(inputs)}",
            "Take a smaller kernel_size, larger images, or padding='SAME'.",
        )
    if all(size is not None or r == 1 for size, r in zip(sizes, reach, strict=True)):
        return contextlib.nullcontext()
    return _fitting_when_run(inputs, first, reach, site)


@contextlib.contextmanager
def _fitting_when_run(
    inputs: tf.Tensor, first: int, reach: list[int], site: Site
) -> Iterator[None]:
    message = (
        f"{site.layer}: the kernel covers {reach}, more than the inputs have: with padding='VALID' "
        "nothing is left. Their sizes:"
    )
    with tf.name_scope("fitting"):
        space = tf.shape(inputs)[first : first + len(reach)]
        # Not tf.debugging.Assert, which puts a tf.cond around it to save the printing of tensors.
        check = tf.raw_ops.Assert(condition=tf.reduce_all(space >= reach), data=[message, space])
    with tf.control_dependencies([] if check is None else [check]):
        yield
