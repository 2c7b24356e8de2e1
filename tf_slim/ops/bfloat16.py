"""What TensorFlow's kernels for CPUs are slow at in bfloat16, and what takes its place.

This table is the one place that decides. All else asks it, and where the answer is no (another
type, or any device beside CPUs) computes as TensorFlow does. Each row says what it gains, measured
with TensorFlow 2.21 on two cores with AVX512_BF16, as `benchmarks/bench_bfloat16.py` measures it.
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from tf_slim.ops import shapes
from tf_slim.ops.setting import Setting

_TO_FOLD: contextvars.ContextVar[bool] = contextvars.ContextVar("to_fold", default=False)


def graph_to_fold() -> Setting[bool]:
    """Inside, operations are those that an exporter knows: nothing is padded, no gradient special.

    Such a graph is of inference, and what would be padded in it is to be folded away.
    """
    return Setting(_TO_FOLD, True)


def differs(dtype: Any) -> bool:
    """Whether this table has a say: in bfloat16, in a process that sees no device but CPUs."""
    if tf.as_dtype(dtype).base_dtype != tf.bfloat16:
        return False
    return all(device.device_type == "CPU" for device in tf.config.get_visible_devices())


# ---------------------------------------------------------------------------- depthwise convolution


def input_gradient_in_float32(dtype: Any, stride: int, multiplier: int) -> bool:
    """Whether the gradient of a depthwise convolution for its inputs is computed in float32.

    With strides oneDNN has no kernel for it in bfloat16 but one that takes each channel for a full
    convolution: 20 to 150 times slower than in float32, 10 to 60 with the casts. With a multiplier
    it is 3 times, and from somewhere above 2 the casts cost more than they gain.
    """
    return differs(dtype) and not _TO_FOLD.get() and stride > 1 and multiplier <= 2


def filter_gradient(
    dtype: Any, kernel_width: int, multiplier: int
) -> Literal["windows", "float32"] | None:
    """How the gradient of a depthwise convolution for its kernel is computed; None: as it is.

    oneDNN's kernel for it is for a width of 3 at most, in float32 too; others are 8 to 20 times
    slower. In windows of 3 columns a 5x5 kernel takes a fifth of the time, a 7x7 one a third. With
    a multiplier there is no such kernel, and float32 is 2 times faster, with the casts.
    """
    if not differs(dtype) or _TO_FOLD.get():
        return None
    if multiplier > 1:
        return "float32"
    return "windows" if kernel_width > 3 else None


# ---------------------------------------------------------------------------- batch norm


def missing_channels(dtype: Any, channels: int) -> int:
    """With how many channels of zeros batch norm is computed: up to a multiple of 16.

    Without them oneDNN has no kernel for bfloat16 but a plain loop: 72 channels of 56x56 take 15 ms
    forward and back, 2.5 with these (2.5 in float32), and 4.9 against 0.9 in inference.
    """
    return -channels % 16 if differs(dtype) and not _TO_FOLD.get() else 0


def worth_folding(outputs: Any, kernel: Any) -> bool:
    """Whether batch norm is multiplied into the weights before it, in a graph of inference.

    oneDNN then computes convolution, offset and activation at once, where it has no kernel for
    `relu6` in bfloat16, and batch norm passes over the map once more: 2 times the speed of
    mobilenet_v2. It pays where a map has more places than the kernel has weights for each channel.

    Args:
      outputs: what a layer has computed.
      kernel: of its weights, `[..., channels]`.
    """
    if not differs(outputs.dtype) or _TO_FOLD.get():
        return False
    sizes = shapes.of(outputs)
    places = math.prod(size or 1 for size in sizes[:-1])
    weights = math.prod(size or 1 for size in shapes.of(kernel))
    return places * (sizes[-1] or 1) > weights


# ---------------------------------------------------------------------------- activations

Form = Literal["both", "gradient"]

_IN_FLOAT32: dict[Callable, Form] = {
    # TensorFlow rounds after each of many steps, and computes erf one by one: 4.6 times faster so,
    # 2.5 times with the gradient.
    tf.nn.gelu: "both",
    # 1.5 to 2.6 times, and with the gradient as well.
    tf.nn.elu: "both",
    tf.nn.selu: "both",
    tf.nn.softplus: "both",
    tf.nn.sigmoid: "both",
    # In a graph it is one kernel of oneDNN's, which is faster than in float32; its gradient is not.
    tf.nn.silu: "gradient",
}


def in_float32(activation: Callable) -> Form | None:
    """What of an activation is computed in float32, between two casts: it takes its tensor alone.

    Returns:
      "both" for itself and its gradient, "gradient" for that alone; None to leave it as it is.
      Those that are not listed (`relu`, `relu6`, `tanh`, ...) gain nothing by it.
    """
    try:
        return _IN_FLOAT32.get(activation)
    except TypeError:  # it cannot be hashed
        return None


def to_fold() -> bool:
    """Whether this is the graph of `graph_to_fold`."""
    return _TO_FOLD.get()
