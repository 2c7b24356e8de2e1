"""Quantization-aware training: nets that learn to be computed in integers.

    model = slim.Model(net, quantize=True)                     # or, around any layers:
    with slim.quantize():
        logits = net(images)

Layers have no option for it: a convolution or fully connected layer asks
`fake_quantization.layer` for a `Quantizer`, through which its weights and its output then pass.
There is this package's own, in that file, and programs of TensorFlow 1 get the `Scheme` that they
were written for.
"""

from __future__ import annotations

import abc
import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import arg_scope as arg_scopes
from tf_slim.ops import places
from tf_slim.ops.arguments import describe
from tf_slim.ops.setting import Setting
from tf_slim.ops.wording import did_you_mean


class Quantizer(abc.ABC):
    """What one layer, whose scope is open, does to its weights and outputs."""

    @abc.abstractmethod
    def kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, normalized: bool = False
    ) -> tf.Tensor:
        """The weights of the layer, as they will be after quantization.

        Args:
          name: "weights", ...
          kernel: the weights.
          channels: the sizes of the last axes, which together tell the output channels apart; None
            if there are no such axes.
          normalized: whether there is a normalizer, which may ask for other weights next.
        """

    @abc.abstractmethod
    def scaled_kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, factor: tf.Tensor
    ) -> tf.Tensor | None:
        """Like `kernel`, for weights that will be multiplied by `factor` before quantization.

        Args:
          name: "weights", ...
          kernel: the weights.
          channels: as for `kernel`.
          factor: what can be broadcast to the weights.

        Returns:
          What times `factor` is the quantized product; None if `kernel` has returned the same.
        """

    @abc.abstractmethod
    def outputs(self, outputs: tf.Tensor, scope: str = "act_quant") -> tf.Tensor:
        """A tensor as it will be after quantization, with a range of its own.

        Args:
          outputs: the tensor.
          scope: of the variables that keep the range; "" for the scope that is open.
        """


class Scheme(abc.ABC):
    """A way to quantize the layers inside."""

    @abc.abstractmethod
    def layer(self) -> Quantizer | None:
        """Begins with a layer, whose scope is open; None to leave it as it is."""


@dataclasses.dataclass(frozen=True)
class Quantization:
    """How layers are quantized; see `quantize` for what the attributes are."""

    weight_bits: int = 8
    activation_bits: int = 8
    per_channel: bool = True
    delay: int = 0
    decay: float = 0.999

    def __post_init__(self):
        for name in ("weight_bits", "activation_bits"):
            self._require(name, 2 <= _integer(getattr(self, name)) <= 16, "an integer from 2 to 16")
        self._require("per_channel", isinstance(self.per_channel, bool), "True or False")
        self._require("delay", _integer(self.delay) >= 0, "a number of steps, at least 0")
        number = isinstance(self.decay, (int, float)) and not isinstance(self.decay, bool)
        self._require("decay", number and 0 <= self.decay < 1, "a number from 0 to below 1")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(
                f"quantize: expected {name} to be {expected}; got {describe(getattr(self, name))}."
            )

    @property
    def options(self) -> dict[str, Any]:
        """What `quantize` and `Model(quantize=...)` take, without what is as by default."""
        ours, usual = dataclasses.asdict(self), dataclasses.asdict(Quantization())
        return {name: value for name, value in ours.items() if value != usual[name]}


def _integer(value: Any) -> int:
    """`value`, or -1 for what is no integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


@dataclasses.dataclass(frozen=True)
class _InForce:
    """What a `quantize` block says; `options` are None where it switches quantization off."""

    options: Quantization | None
    is_training: Any = None


_CURRENT: contextvars.ContextVar[_InForce | None] = contextvars.ContextVar(
    "quantization", default=None
)


@contextlib.contextmanager
def quantize(
    enabled: bool = True,
    *,
    weight_bits: int = 8,
    activation_bits: int = 8,
    per_channel: bool = True,
    delay: int = 0,
    decay: float = 0.999,
    is_training: bool | tf.Tensor | None = None,
) -> Iterator[None]:
    """Has the layers inside learn to be computed in integers.

    From "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", Jacob et al., 2018, and "Quantizing deep convolutional networks for efficient
    inference: A whitepaper", Krishnamoorthi, 2018. Weights of convolutions and fully connected
    layers, and what these give, are rounded in the forward pass to what integers can hold, and
    gradients pass through unchanged. The LiteRT converter finds the rounding in the graph and
    writes integers.

    - Weights: a symmetric range, as far as the largest of them, computed anew each time.
    - Outputs: the range is a moving average over batches, in the variables `act_quant/min` and
      `act_quant/max` of each layer, which training moves and inference leaves alone; in a v1 graph
      by operations in `UPDATE_OPS`, like those of batch norm. An average begins with the first
      batch. What else has to be rounded (a sum of two branches, the images
      of a net that is no `slim.Model`) a net passes to `slim.fake_quant`.
    - Batch normalization of a convolution or fully connected layer: its scale, by the moving
      averages, is part of the weights that are rounded, in training too, so that what is rounded
      does not change from batch to batch (Krishnamoorthi, section 3.2.2); what comes out is
      normalized by the batch in training. In inference it is folded: one convolution, one bias.

    Args:
      enabled: False for layers that are to stay as they are in spite of a block around.
      weight_bits: the size of the integers for weights, 2 to 16.
      activation_bits: the size of those for outputs. The LiteRT converter wants 8 and 8.
      per_channel: whether each output channel of a convolution has a range of its own, and not a
        layer one for all its weights. Transposed convolutions and fully connected layers always
        have one for all: this is what the converter takes.
      delay: the number of training steps before it begins. The ranges of outputs are averaged from
        the start. Calls that are no training are quantized at any time.
      decay: of the moving averages.
      is_training: whether calls of the layers move the ranges. By default as the `slim.Model` that
        is called, else as an arg_scope says of `is_training`, else True.

    Raises:
      ValueError: an argument is out of its range.

    Examples:
      >>> with slim.quantize():
      ...     net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3, scope="conv1")
      >>> [one.name for one in slim.get_variables("conv1/act_quant")]
      ['conv1/act_quant/updates:0', 'conv1/act_quant/min:0', 'conv1/act_quant/max:0']
    """
    options = Quantization(weight_bits, activation_bits, per_channel, delay, decay)
    with Setting(_CURRENT, _InForce(options if enabled else None, is_training)):
        yield


def check(value: Any) -> Quantization | None:
    """What `Model(quantize=...)` takes: True, a mapping of options, or False or None for none.

    Raises:
      ValueError: an option is unknown or out of its range.
      TypeError: it is none of these.
    """
    if value is None or value is False:
        return None
    if value is True:
        return Quantization()
    if isinstance(value, Quantization):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(
            f"quantize: expected True, False or a mapping of options; got {describe(value)}. "
            "Write, say, quantize={'delay': 1000}."
        )
    known = [field.name for field in dataclasses.fields(Quantization)]
    for name in value:
        if name not in known:
            raise ValueError(
                f"quantize: there is no option {name!r}.{did_you_mean(str(name), known)} "
                f"It has: {', '.join(known)}."
            )
    return Quantization(**value)


def current() -> Quantization | None:
    """What is in force here of `quantize` blocks, and None for nothing."""
    found = _CURRENT.get()
    return None if found is None else found.options


def entered(options: Quantization | None) -> contextlib.AbstractContextManager:
    """Has `options` in force inside; None changes nothing."""
    if options is None:
        return contextlib.nullcontext()
    return Setting(_CURRENT, _InForce(options))


_SCHEME_OF_GRAPH: list[Callable[[tf.Graph], Scheme | None]] = []


def of_graphs(find: Callable[[tf.Graph], Scheme | None] | None) -> None:
    """Has `find` say by which scheme layers of a v1 graph are quantized, or nothing (None)."""
    _SCHEME_OF_GRAPH[:] = [] if find is None else [find]


def in_force() -> bool:
    """Whether layers are quantized here."""
    return current() is not None or scheme_of_graph() is not None


def scheme_of_graph() -> Scheme | None:
    """By which scheme programs of TensorFlow 1 have layers quantized here; None for by none."""
    # Nearly all layers are asked where there is nothing.
    if not _SCHEME_OF_GRAPH or _CURRENT.get() is not None or places.current().immediate:
        return None
    return _SCHEME_OF_GRAPH[0](tf.compat.v1.get_default_graph())


def training() -> Any:
    """Whether calls of layers move ranges here: a truth value, or a scalar tensor."""
    found = _CURRENT.get()
    if found is not None and found.is_training is not None:
        return found.is_training
    called = arg_scopes.current_is_training()
    if called is not None:
        return called
    # In a v1 graph a net says by an arg_scope what it is made for.
    for kwargs in arg_scopes.current_arg_scope().values():
        if kwargs.get("is_training") is not None:
            return kwargs["is_training"]
    return True
