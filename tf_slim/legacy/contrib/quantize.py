"""`tf.contrib.quantize`: graphs of TensorFlow 1 whose layers learn to be computed in integers.

The original rewired a finished graph. TensorFlow has no public way to do so: the inputs of an
operation are those that it was made with, and a program holds on to tensors that a copy of the
graph would not reach. So layers are quantized when they are made:

- `tf-slim run` starts a program anew that rewrites a graph with layers in it. The second time each
  layer of that graph is made as the program will ask for, and its call finds nothing left to do.
  What the program does before that call, it does twice.
- Elsewhere the call has to come before the layers of the graph: it then counts for what follows.

Variables have the names that they had, after the operations of their layer:
`MobilenetV1/MobilenetV1/Conv2d_0/weights_quant/min`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import warnings
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.layers import moving_average
from tf_slim.legacy import starting_anew
from tf_slim.ops import fake_quantization, modes, quantization, variables
from tf_slim.ops.wording import first_few

__all__ = [
    "create_eval_graph",
    "create_training_graph",
    "experimental_create_eval_graph",
    "experimental_create_training_graph",
]

v1 = tf.compat.v1

_DECAY = 0.999
_STEP = "fake_quantization_step"
_PRODUCTS = ("Conv2D", "DepthwiseConv2dNative", "MatMul")


@dataclasses.dataclass(frozen=True)
class _Rewriting:
    """What a program asks for of one graph."""

    is_training: bool
    weight_bits: int = 8
    activation_bits: int = 8
    symmetric: bool = False
    quant_delay: int | None = None
    scope: str | None = None


class _Program:
    """What is known of the graphs of this process."""

    def __init__(self) -> None:
        self.plan: dict[int, _Rewriting] = {}
        self._numbers: weakref.WeakKeyDictionary[tf.Graph, int] = weakref.WeakKeyDictionary()
        self._schemes: weakref.WeakKeyDictionary[tf.Graph, _GraphScheme] = (
            weakref.WeakKeyDictionary()
        )

    def scheme(self, graph: tf.Graph) -> _GraphScheme | None:
        """By which layers of a graph are quantized; None for by none."""
        if graph.building_function:
            return None
        number = self._numbers.setdefault(graph, len(self._numbers))
        if graph not in self._schemes and number in self.plan:
            self._schemes[graph] = _GraphScheme(self.plan[number])
        return self._schemes.get(graph)

    def begin(self, graph: tf.Graph, rewriting: _Rewriting) -> None:
        self.scheme(graph)
        self._schemes[graph] = _GraphScheme(rewriting)

    def start_anew(self, graph: tf.Graph, rewriting: _Rewriting) -> None:
        """Ends the program, unless it has been started anew for this graph before."""
        number = self._numbers.get(graph)
        if not starting_anew.is_caught() or number is None or number in self.plan:
            return
        plan = {**self.plan, number: rewriting}
        raise starting_anew.StartAnew(
            "tf.contrib.quantize: it is about layers that are made already, so the program is "
            "started anew, and makes them quantized.",
            json.dumps({str(n): dataclasses.asdict(one) for n, one in plan.items()}),
        )


_PROGRAM = _Program()


def watch(plan: str | None = None) -> None:
    """Looks at layers from now on, as they are made.

    Args:
      plan: of a program that is run again: that of its `StartAnew`.
    """
    if plan:
        _PROGRAM.plan = {int(n): _Rewriting(**one) for n, one in json.loads(plan).items()}
    quantization.of_graphs(_PROGRAM.scheme)


def stop_watching() -> None:
    """Takes `watch` back; graphs keep what they have."""
    _PROGRAM.plan = {}
    quantization.of_graphs(None)


def create_training_graph(input_graph: tf.Graph | None = None, quant_delay: int = 0) -> None:
    """Has the layers of a graph trained to be computed in integers of 8 bits.

    Args:
      input_graph: the graph; by default the current one.
      quant_delay: the number of steps before rounding begins. Ranges are averaged from the start.

    Raises:
      RuntimeError: the graph has layers already; see the top of this module.
      ValueError: it is quantized in another way already.
    """
    _rewrite(input_graph, _Rewriting(is_training=True, quant_delay=quant_delay))


def create_eval_graph(input_graph: tf.Graph | None = None) -> None:
    """Has the layers of a graph computed as integers will be, with the ranges of the checkpoint.

    Arguments and errors: see `create_training_graph`.
    """
    _rewrite(input_graph, _Rewriting(is_training=False))


def experimental_create_training_graph(
    input_graph: tf.Graph | None = None,
    weight_bits: int = 8,
    activation_bits: int = 8,
    symmetric: bool = False,
    quant_delay: int = 0,
    freeze_bn_delay: int | None = None,
    scope: str | None = None,
) -> None:
    """Like `create_training_graph`, with more choice.

    Args:
      input_graph: the graph; by default the current one.
      weight_bits: the size of the integers for weights.
      activation_bits: the size of those for what layers give.
      symmetric: whether ranges reach as far below zero as above.
      quant_delay: the number of steps before rounding begins.
      freeze_bn_delay: not provided; None.
      scope: only layers whose operations are within it; None for all.

    Raises:
      RuntimeError: the graph has layers already.
      ValueError: it is quantized in another way already, or `freeze_bn_delay` is given.
    """
    if freeze_bn_delay is not None:
        raise ValueError(
            f"tf.contrib.quantize: freeze_bn_delay is not provided; got {freeze_bn_delay!r}. Train "
            "the last steps from a checkpoint with is_training=False for batch_norm instead."
        )
    _rewrite(
        input_graph,
        _Rewriting(True, weight_bits, activation_bits, symmetric, quant_delay, scope),
    )


def experimental_create_eval_graph(
    input_graph: tf.Graph | None = None,
    weight_bits: int = 8,
    activation_bits: int = 8,
    symmetric: bool = False,
    quant_delay: int | None = None,
    scope: str | None = None,
) -> None:
    """Like `create_eval_graph`, with more choice: see `experimental_create_training_graph`."""
    _rewrite(
        input_graph,
        _Rewriting(False, weight_bits, activation_bits, symmetric, quant_delay, scope),
    )


def _rewrite(graph: tf.Graph | None, rewriting: _Rewriting) -> None:
    graph = v1.get_default_graph() if graph is None else graph
    quantization.of_graphs(_PROGRAM.scheme)  # of a program that `tf-slim run` has not started
    scheme = _PROGRAM.scheme(graph)
    if scheme is not None:
        if scheme.rewriting != rewriting:
            raise ValueError(
                f"tf.contrib.quantize: this graph is quantized as {scheme.rewriting}; now it shall "
                f"be as {rewriting}. Make a graph for each."
            )
        scheme.tell_of_others(graph)
    elif not _products(graph):
        _PROGRAM.begin(graph, rewriting)
    else:
        _PROGRAM.start_anew(graph, rewriting)
        raise RuntimeError(
            "tf.contrib.quantize: this graph has layers already, and TensorFlow has no way to "
            "rewire a finished graph any more. Call create_training_graph, or create_eval_graph, "
            "before the net is built, and it counts for all layers that follow; or run the program "
            "as it is by `tf-slim run`, which sees to that. New programs write slim.quantize."
        )


def _products(graph: tf.Graph) -> list[str]:
    """The names of the operations that the original would have quantized."""
    return [
        operation.name
        for operation in graph.get_operations()
        if operation.type in _PRODUCTS and "gradients" not in operation.name.split("/")[0]
    ]


class _GraphScheme(quantization.Scheme):
    """The quantization of one graph."""

    def __init__(self, rewriting: _Rewriting):
        self.rewriting = rewriting
        self._prefixes: list[str] = []
        self._active: tf.Tensor | None = None

    def layer(self) -> _OldQuantizer | None:
        prefix = v1.get_default_graph().get_name_scope()
        scope = self.rewriting.scope
        if scope is not None and not f"{prefix}/".startswith(f"{scope.rstrip('/')}/"):
            return None
        self._prefixes.append(prefix)
        return _OldQuantizer(self, prefix)

    def active(self) -> tf.Tensor | None:
        """Whether the delay is over; None if there is none."""
        if not self.rewriting.is_training:
            return None
        if self._active is None:
            with tf.control_dependencies(None), _absolute("", ""):
                step = v1.get_variable(
                    _STEP,
                    [],
                    tf.int64,
                    initializer=v1.zeros_initializer(),
                    trainable=False,
                )
                before = tf.convert_to_tensor(v1.assign_add(step, tf.ones([], tf.int64)))
                self._active = before > (self.rewriting.quant_delay or 0)
        return self._active if self.rewriting.quant_delay else None

    def tell_of_others(self, graph: tf.Graph) -> None:
        """Warns of products that no layer of Slim has made."""
        if self.rewriting.scope is not None:
            return
        others = [
            name
            for name in _products(graph)
            if not any(name.startswith(f"{prefix}/") for prefix in self._prefixes)
        ]
        if others:
            warnings.warn(
                "tf.contrib.quantize: only layers of Slim and tf.layers are quantized; these "
                f"operations stay as they are: {first_few(others, 4)}.",
                stacklevel=4,
            )


class _OldQuantizer(quantization.Quantizer):
    """The quantization of one layer, with the variables and ranges that the original made."""

    def __init__(self, scheme: _GraphScheme, prefix: str):
        self._scheme = scheme
        self._prefix = prefix
        self._asked = scheme.rewriting

    def kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, normalized: bool = False
    ) -> tf.Tensor:
        kernel = tf.convert_to_tensor(kernel)
        if normalized:
            return kernel  # the original knew no normalizer but batch norm, which asks again
        return self._when_active(self._rounded(name, kernel), kernel)

    def scaled_kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, factor: tf.Tensor
    ) -> tf.Tensor:
        exact, factor = tf.convert_to_tensor(kernel), tf.stop_gradient(factor)
        rounded = self._rounded(name, exact * factor)
        rounded = fake_quantization.unscaled(rounded, exact, factor, self._asked.weight_bits)
        return self._when_active(rounded, exact)

    def outputs(self, outputs: tf.Tensor, scope: str = "act_quant") -> tf.Tensor:
        with _absolute(self._prefix, scope):
            low, high = self._variables()
            least, most = tf.convert_to_tensor(low), tf.convert_to_tensor(high)
            if self._asked.is_training and not modes.recomputing():
                values = self._ends(outputs, narrow=False)
                least, most = (
                    moving_average.ZeroDebiased(average, variables.variable).update(value, _DECAY)
                    for average, value in zip((low, high), values, strict=True)
                )
            rounded = tf.quantization.fake_quant_with_min_max_vars(
                outputs, least, most, num_bits=self._asked.activation_bits
            )
        return self._when_active(rounded, outputs)

    def _rounded(self, name: str, kernel: tf.Tensor) -> tf.Tensor:
        # One kernel a layer was what the original knew.
        known = {"weights": "weights_quant", "depthwise_weights": "weights_quant"}
        with _absolute(self._prefix, known.get(name, f"{name}_quant")):
            low, high = self._variables()
            least, most = tf.convert_to_tensor(low), tf.convert_to_tensor(high)
            if self._asked.is_training:
                ends = self._ends(kernel, narrow=True)
                least, most = (
                    tf.convert_to_tensor(v1.assign(variable, tf.stop_gradient(value)))
                    for variable, value in zip((low, high), ends, strict=True)
                )
            return tf.quantization.fake_quant_with_min_max_vars(
                kernel, least, most, num_bits=self._asked.weight_bits, narrow_range=True
            )

    def _variables(self) -> list[Any]:
        return [
            v1.get_variable(
                name,
                [],
                tf.float32,
                initializer=v1.constant_initializer(value),
                trainable=False,
            )
            for name, value in (("min", -6.0), ("max", 6.0))
        ]

    def _ends(self, values: tf.Tensor, narrow: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """The ends of the range of some values."""
        low = tf.minimum(tf.reduce_min(values), 0.0)
        high = tf.maximum(tf.reduce_max(values), 0.0)
        if self._asked.symmetric:
            most = 2.0 ** (self._asked.activation_bits - 1)
            ratio = 1.0 if narrow else most / (most - 1)
            low, high = tf.minimum(low, -high * ratio), tf.maximum(high, -low / ratio)
        return tf.stop_gradient(low), tf.stop_gradient(high)

    def _when_active(self, rounded: tf.Tensor, exact: tf.Tensor) -> tf.Tensor:
        active = self._scheme.active()
        return rounded if active is None else tf.where(active, rounded, exact)


@contextlib.contextmanager
def _absolute(prefix: str, name: str) -> Iterator[None]:
    """Opens the scope of this full name, whatever is open, for variables and operations."""
    path = "/".join(part for part in (prefix, name) if part)
    scope = v1.VariableScope(reuse=False, name=path, name_scope=f"{path}/" if path else "")
    with v1.variable_scope(scope):
        yield
