"""Checks of layer arguments, and the one form that their messages have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.ops import shapes
from tf_slim.ops.arguments import LARGEST, Caller, describe, integer

VALID_PADDINGS = ("SAME", "VALID")

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""The data formats by the number of spatial dimensions: channels last, channels first."""

ANY_FORMAT = (None, *(name for pair in FORMATS.values() for name in pair))
_AXES = {
    "NWC": "[batch, width, channels]",
    "NCW": "[batch, channels, width]",
    "NHWC": "[batch, height, width, channels]",
    "NCHW": "[batch, channels, height, width]",
    "NDHWC": "[batch, depth, height, width, channels]",
    "NCDHW": "[batch, channels, depth, height, width]",
}


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


def positive_integers(n: int, value: Any, argument: str, caller: Caller) -> tuple[int, ...]:
    """`value` as a tuple of `n` positive integers.

    Raises:
      ValueError: it is neither a positive integer nor `n` of them.
    """
    found = integers(n, value)
    if found is None:
        raise caller.error(
            f"{argument} to be a positive integer"
            + (f" or {n} of them" if n > 1 else "")
            + _bound(value),
            f"{argument}={describe(value)}",
            "For one size in all dimensions write an int, otherwise a list, such as "
            f"{argument}={[3] * n}.",
        )
    return found


def depth(value: Any, argument: str, caller: Caller) -> int:
    """The number of output channels.

    Raises:
      ValueError: it is no positive integer.
    """
    found = integer(value)
    if found is None or not 0 < found < LARGEST:
        is_fraction = found is None and isinstance(value, (float, np.floating))
        raise caller.error(
            f"{argument} to be a positive integer" + _bound(value),
            f"{argument}={describe(value)}",
            f"Round it yourself: {argument}=int(...)."
            if is_fraction
            else f"Write for instance {argument}=64.",
        )
    return found


def known_padding(value: Any, caller: Caller) -> str:
    """`value` as "SAME" or "VALID".

    Raises:
      ValueError: it is something else.
    """
    found = value.upper() if isinstance(value, str) else None
    if found not in VALID_PADDINGS:
        raise caller.error(
            "padding to be 'SAME' or 'VALID'",
            f"padding={describe(value)}",
            "For explicit padding call tf.pad first, then the layer with padding='VALID'.",
        )
    return found


def known_format(value: Any, allowed: Sequence[Any], caller: Caller) -> Any:
    """`value`, which must be one of `allowed`.

    Raises:
      ValueError: it is not.
    """
    if not isinstance(value, (str, type(None))) or value not in allowed:
        names = " or ".join(sorted(known for known in allowed if known is not None))
        raise caller.error(
            "data_format to name the axes of the inputs",
            f"data_format={describe(value)}",
            f"data_format has to be either {names}.",
        )
    return value


def rank(
    inputs: tf.Tensor,
    axes: str,
    caller: Caller,
    *,
    at_least: int = 0,
    exactly: int = 0,
    remedy: str = "",
) -> int:
    """The static rank of `inputs`.

    Args:
      inputs: a tensor.
      axes: what the axes are, for the message: "[batch, height, width, channels]".
      caller: the layer.
      at_least: the least rank, or 0.
      exactly: the only rank, or 0.
      remedy: what to do about another rank, if there is more to say than usual; `{0}` in it is
        the rank that is asked for, `{1}` the one that there is.

    Raises:
      ValueError: it is unknown, or not what is asked for.
    """
    found = inputs.shape.rank
    if found is None:
        raise caller.error(
            f"inputs of known rank {axes}",
            "inputs of undefined rank",
            "Tell it first: inputs.set_shape([None, None, None, channels]).",
        )
    if (exactly and found != exactly) or found < at_least:
        wanted = f"rank {exactly}" if exactly else f"rank {at_least} or more"
        raise caller.error(
            f"inputs of {wanted} {axes}",
            f"inputs of shape {shape_text(inputs)}, which is rank {found}",
            remedy.format(exactly or at_least, found)
            or "Add or remove axes with tf.expand_dims, tf.squeeze or tf.reshape.",
        )
    return found


def channels(
    inputs: tf.Tensor, axis: int, caller: Caller, called: str = "channels dimension"
) -> int:
    """The static size of the channel axis.

    Raises:
      ValueError: it is unknown.
    """
    found = inputs.shape.as_list()[axis]
    if found is None:
        raise caller.error(
            f"inputs whose channels (axis {axis}) are known, since variables depend on them",
            f"inputs of shape {shape_text(inputs)}, with undefined {called}",
            "Tell it first, with inputs.set_shape(...) or tf.ensure_shape(inputs, ...).",
        )
    return found


def floating(inputs: tf.Tensor, caller: Caller) -> tf.DType:
    """The dtype of `inputs`, which is that of the layer's variables.

    Raises:
      TypeError: it has no fractions.
    """
    dtype = inputs.dtype.base_dtype
    if not (dtype.is_floating or dtype.is_complex):
        raise caller.error(
            "floating-point inputs",
            f"inputs of non-floating point type {dtype.name}",
            "Convert them first: tf.cast(inputs, tf.float32).",
            kind=TypeError,
        )
    return dtype


def shape_text(inputs: tf.Tensor) -> str:
    """The static shape, as in `[None, 8, 8, 3]`."""
    return str(inputs.shape.as_list())


class Window(NamedTuple):
    """How a kernel moves over its inputs: one number for each spatial dimension.

    Attributes:
      kernel: its sizes.
      strides: its steps.
      dilations: the distances between its elements.
      padding: "SAME" or "VALID".
      data_format: that of the inputs, one of `FORMATS`.
      channels_first: whether the channels are axis 1 and not the last one.
      channel_axis: the axis of the channels.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: str
    data_format: str
    channels_first: bool
    channel_axis: int


def window(
    inputs: tf.Tensor,
    dims: int,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    data_format: Any,
    caller: Caller,
    *,
    rate: Any = 1,
    rate_name: str = "rate",
    formats: Sequence[str | None] = (),
    enlarges: bool = False,
    remedy: str = "",
) -> tuple[Window, contextlib.AbstractContextManager]:
    """The check of all spatial arguments, the same for every convolution and pool.

    Args:
      inputs: what the layer gets.
      dims: how many spatial dimensions it must have.
      kernel_size: the layer's argument of this name, as the next three.
      stride: see `kernel_size`.
      padding: see `kernel_size`.
      data_format: see `kernel_size`.
      caller: the layer.
      rate: the layer's argument that is called `rate_name`: of dilation.
      rate_name: see `rate`.
      formats: the data formats that it takes; by default the two of as many dimensions.
      enlarges: whether it makes images larger: any kernel will do.
      remedy: what to do about inputs of another rank: see `rank`.

    Returns:
      The window, and the context for the operation, in which the kernel is known to fit.

    Raises:
      ValueError: an argument is not what it may be, or does not fit the others or the inputs.
    """
    known_format(data_format, formats or FORMATS[dims], caller)
    channels_first = data_format is not None and data_format[1] == "C"
    data_format = FORMATS[dims][channels_first]
    rank(inputs, _AXES[data_format], caller, exactly=dims + 2, remedy=remedy)
    kernel = positive_integers(dims, kernel_size, "kernel_size", caller)
    strides = positive_integers(dims, stride, "stride", caller)
    dilations = positive_integers(dims, rate, rate_name, caller)
    padding = known_padding(padding, caller)
    if max(strides) > 1 and max(dilations) > 1:
        raise caller.error(
            f"either stride or {rate_name} to be 1",
            f"stride={stride!r} with {rate_name}={rate!r}",
            "Dilate with stride=1 and subsample afterwards.",
        )
    axis = 1 if channels_first else dims + 1
    found = Window(kernel, strides, dilations, padding, data_format, channels_first, axis)
    if enlarges:
        return found, contextlib.nullcontext()
    return found, _fitting(inputs, found, caller)


def spatial_dims(inputs: tf.Tensor, caller: Caller) -> int:
    """How many spatial dimensions the inputs have.

    Raises:
      ValueError: it is not one to three, or unknown.
    """
    dims = rank(inputs, "[batch, *space, channels]", caller, at_least=3) - 2
    if dims not in FORMATS:
        raise caller.error(
            "inputs with at most 3 spatial dimensions",
            f"inputs of shape {shape_text(inputs)}",
            "Fold some of them into the batch with tf.reshape.",
        )
    return dims


def _fitting(
    inputs: tf.Tensor, window: Window, caller: Caller
) -> contextlib.AbstractContextManager:
    """A context for the operation that moves a kernel over `inputs`: it must fit into them.

    With padding "VALID" a larger kernel has no place to be, and nothing would come out. Where that
    shows only when the graph runs, it is checked there: kernels of CPUs hand on their inputs in
    place of an empty output, or end the process by a division by zero.

    Raises:
      ValueError: it is known not to.
    """
    if window.padding != "VALID" or max(window.kernel) == 1:
        return contextlib.nullcontext()
    first = 2 if window.channels_first else 1
    reach = [(k - 1) * d + 1 for k, d in zip(window.kernel, window.dilations, strict=True)]
    sizes = shapes.of(inputs)[first : first + len(reach)]
    if any(size is not None and size < r for size, r in zip(sizes, reach, strict=True)):
        raise caller.error(
            "a kernel_size no larger than the inputs where padding is 'VALID'",
            f"a kernel that covers {reach} and inputs of shape {shape_text(inputs)}",
            "Take a smaller kernel_size, larger images, or padding='SAME'.",
        )
    if all(size is not None or r == 1 for size, r in zip(sizes, reach, strict=True)):
        return contextlib.nullcontext()
    return _fitting_when_run(inputs, first, reach, caller)


@contextlib.contextmanager
def _fitting_when_run(
    inputs: tf.Tensor, first: int, reach: list[int], caller: Caller
) -> Iterator[None]:
    message = (
        f"{caller.name}: the kernel covers {reach}, more than the inputs have: with "
        "padding='VALID' nothing is left. Their sizes:"
    )
    with tf.name_scope("fitting"):
        space = tf.shape(inputs)[first : first + len(reach)]
        # Not tf.debugging.Assert, which puts a tf.cond around it to save the printing of tensors.
        check = tf.raw_ops.Assert(condition=tf.reduce_all(space >= reach), data=[message, space])
    with tf.control_dependencies([] if check is None else [check]):
        yield
