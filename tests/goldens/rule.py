"""The rule that gives every variable and input its value, so that no weights need be shipped.

Values come from numpy's legacy `RandomState`, whose stream is the same in every release.
"""

from __future__ import annotations

import collections
import math
import zlib

import numpy as np

_KEPT_BYTES = 600_000_000
"""The weights of a VGG: cases of one net follow each other, and have most values in common."""

# Variables with these names start from what their own initializer says.
_OWN_INITIALIZER = {
    "beta1_power",
    "beta2_power",
    "biased",
    "global_step",
    "learning_rate",
    "local_step",
    "moving_stddev",
    "renorm_mean",
    "renorm_mean_weight",
    "renorm_stddev",
    "renorm_stddev_weight",
}
_SLOTS = {
    "Adadelta",
    "Adagrad",
    "Adam",
    "ExponentialMovingAverage",
    "Ftrl",
    "Momentum",
    "RMSProp",
}


def init_value(name: str, shape, dtype: str = "float32") -> np.ndarray | None:
    """The value of variable `name` (without `:0`) in every recorded run.

    Returns:
      A read-only array, or None if the variable keeps the value of its own initializer.
    """
    return _recent.get(name, tuple(int(size) for size in shape), str(dtype))


def _init_value(name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
    last = name.rpartition("/")[2]
    if last in _OWN_INITIALIZER or not dtype.startswith(("float", "bfloat")):
        return None
    if last.split("_")[0] in _SLOTS:
        return None
    seed = zlib.crc32(name.encode()) & 0xFFFFFFFF
    # Computed in float64 and in place: the largest weights have 10^8 elements.
    value = np.random.RandomState(seed).standard_normal(shape)
    value = np.asarray(value)
    if "depthwise_weights" in last or "depthwise_kernel" in last:
        value *= math.sqrt(2.0 / max(1, math.prod(shape[:-2])))
    elif "weights" in last or "kernel" in last:
        value *= math.sqrt(2.0 / max(1, math.prod(shape[:-1])))
    elif last == "moving_variance":
        value = np.exp(0.1 * value)
    elif last in ("gamma", "temperature"):
        value = 1.0 + 0.1 * value
    elif last.startswith("reparam_"):
        value = 0.3 + 0.2 * np.abs(value)
    else:
        value = 0.1 * value
    value = value.astype(dtype)
    value.setflags(write=False)
    return value


class _Recent:
    """The values asked for last, as many as fit."""

    def __init__(self):
        self._values: collections.OrderedDict[tuple, np.ndarray | None] = collections.OrderedDict()
        self._bytes = 0

    def get(self, *key) -> np.ndarray | None:
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = _init_value(*key)
        self._bytes += 0 if value is None else value.nbytes
        while self._bytes > _KEPT_BYTES:
            _, dropped = self._values.popitem(last=False)
            self._bytes -= 0 if dropped is None else dropped.nbytes
        return value


_recent = _Recent()


def make_input(spec, index: int = 0) -> np.ndarray:
    """The value of an input.

    Args:
      spec: a shape; or a dict with `shape` and perhaps `dtype`, `low`, `high`, `seed`; or one
        with `values`, `dtype` and perhaps `shape`.
      index: which of the inputs of the case it is.
    """
    if not isinstance(spec, dict):
        spec = {"shape": spec}
    dtype = spec.get("dtype", "float32")
    if "values" in spec:
        value = np.array(spec["values"], dtype=object if dtype == "string" else dtype)
        return value.reshape(spec["shape"]) if "shape" in spec else value
    random = np.random.RandomState(spec.get("seed", 42 + index))
    value = random.uniform(spec.get("low", -1.0), spec.get("high", 1.0), tuple(spec["shape"]))
    return value.astype(dtype)


def static_shape(spec, index: int = 0) -> list[int | None]:
    """The shape that a graph knows of an input: None where a size was left open."""
    if isinstance(spec, dict) and "static_shape" in spec:
        return spec["static_shape"]
    return list(make_input(spec, index).shape)
