"""What layers are made of: one `Layer` for each call, from its checks to its output.

Every layer does the same five things in this order: check, scope, parameters, compute, finish.

    layer = parts.Layer("scale", scope, "Scale", activation_fn=activation_fn)
    inputs = tf.convert_to_tensor(inputs)
    depth = checks.channels(inputs, -1, layer)
    layer.dtype = checks.floating(inputs, layer)
    with layer.variable_scope(inputs):
        factor = layer.parameter("factor", [depth], initializer)
        return layer.finish(inputs * factor)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import tensorflow as tf

from tf_slim.layers import foldable, quantized, utils
from tf_slim.ops import (
    activations,
    arguments,
    fake_quantization,
    keras_objects,
    layer_variables,
    places,
    quantization,
    scopes,
    sharding,
    variables,
)
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Normalizer,
    Regularizer,
    Reuse,
    Scope,
    Tensor,
)

_F = TypeVar("_F", bound=Callable)

KERNEL = {"kernel": "weights", "bias": "biases"}
"""What layers with one kernel call the variables of `tf.layers`, of which they once were made.

Variables that their normalizer or activation makes under such a name get the other one as well.
"""

LOSSES_OF_KERNEL = {ours: theirs for theirs, ours in KERNEL.items()}
"""What the regularization losses of such layers are named after, by variable."""

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Layer(arguments.Caller):
    """One call of a layer: what it is called, its scope, its variables and its output.

    Its variables are of type `dtype`, which is set once the inputs have been checked.

    Args:
      name: what messages call it.
      scope: the layer's argument of this name, as all that are not explained here.
      default_scope: the name of its scope if `scope` is None, made unique.
      renamed: names of variables that its normalizer and activation make: see
        `layer_variables.of_layer`; None if these shall be no model variables.
      loss_names: what stands for the names of variables in those of their regularization losses.
    """

    def __init__(
        self,
        name: str,
        scope: Scope,
        default_scope: str,
        *,
        activation_fn: Activation | None = None,
        normalizer_fn: Normalizer | None = None,
        normalizer_params: Mapping[str, Any] | None = None,
        biases_initializer: Initializer | None = None,
        biases_regularizer: Regularizer | None = None,
        reuse: Reuse = None,
        variables_collections: CollectionsByName = None,
        outputs_collections: Collections = None,
        trainable: bool = True,
        renamed: Mapping[str, str] | None = _NO_NAMES,
        loss_names: Mapping[str, str] = _NO_NAMES,
    ):
        super().__init__(name, scope, default_scope)
        self.activation_fn = activation_fn
        self.normalizer_fn = normalizer_fn
        self.normalizer_params = normalizer_params
        self.biases_initializer = biases_initializer
        self.biases_regularizer = biases_regularizer
        self.reuse = reuse
        self.variables_collections = variables_collections
        self.outputs_collections = outputs_collections
        self.trainable = trainable
        self.renamed = renamed
        self.loss_names = loss_names
        self.dtype: tf.DType = tf.float32
        self.made: list[str] = []
        self.output_name = ""
        self.quantizer: quantization.Quantizer | None = None
        self._product: foldable.Product | None = None

    @contextlib.contextmanager
    def variable_scope(self, *values: Any) -> Iterator[tf.compat.v1.VariableScope]:
        """Opens the scope of a layer with variables, which takes the tensors `values`."""
        entering = scopes.scope(self.scope, self.default_scope, values, reuse=self.reuse)
        with entering as entered:
            self.output_name = entered.name
            yield entered

    @contextlib.contextmanager
    def name_scope(self, *values: Any, variable_scope: bool = False) -> Iterator[None]:
        """Opens the scope of a layer without variables.

        Args:
          *values: the tensors that it takes.
          variable_scope: whether its name in a v1 graph is that of a variable scope. It differs
            from the name of the operations when variables around it are reused.
        """
        with places.current().layer_scope(
            self.scope,
            self.default_scope,
            values,
            self.outputs_collections,
            variable_scope=variable_scope,
        ) as self.output_name:
            yield

    def parameter(
        self,
        name: str,
        shape: Sequence[int],
        initializer: Initializer | None,
        regularizer: Regularizer | None = None,
        trainable: bool | None = None,
    ) -> Any:
        """A variable of the layer, whose scope is open.

        Args:
          name: "weights", "biases", ...
          shape: of the variable.
          initializer: as for `slim.variable`.
          regularizer: a function from the variable to its loss, or None.
          trainable: whether optimizers change it; by default as the layer says.

        Returns:
          A variable, or a tensor where the scope has a partitioner or a custom getter.
        """
        if regularizer is not None and name in self.loss_names:
            regularizer = _WithLossName(regularizer, self.loss_names[name])
        collections = utils.get_variable_collections(self.variables_collections, name)
        found = variables.model_variable(
            name,
            shape=list(shape),
            dtype=self.dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=self.trainable if trainable is None else trainable,
            collections=utils.as_list(collections),
        )
        self.made.append(name)
        # The parts of a partitioned variable are joined where the layer uses it.
        return found.as_tensor() if hasattr(found, "as_tensor") else sharding.as_tensor(found)

    def apply(
        self,
        op: Callable[[Any], Any],
        kernel: Any,
        channels: Sequence[int] | None,
        name: str = "weights",
        last: bool = True,
    ) -> Any:
        """What `op` makes of the weights: the convolution or product that a layer is there for.

        In `slim.quantize` these are rounded, and so is what `finish` returns.

        Args:
          op: a function from the weights to the outputs.
          kernel: the weights.
          channels: the sizes of their last axes, which together tell the output channels apart;
            None if the output channels are the last axis but one.
          name: what they are called.
          last: whether the normalizer is given what comes out.
        """
        if self.quantizer is None:
            self.quantizer = fake_quantization.layer()
            if self.quantizer is None:
                outputs = op(kernel)
                if last and self.normalizer_fn is not None and foldable.worth_it(outputs, kernel):
                    self._product = foldable.Product(op, kernel, channels, outputs)
                return outputs
        normalized = last and self.normalizer_fn is not None
        self._product = quantized.Product(op, kernel, channels, self.quantizer, name, normalized)
        return self._product.outputs

    def finish(self, outputs: Any, depth: int = 0, channels_first: bool = False) -> Any:
        """The end of every layer: normalizer or biases, activation, the output under its name.

        Args:
          outputs: what the layer has computed.
          depth: its channels, if it can have biases.
          channels_first: whether they are axis 1 and not the last one.
        """
        if self.normalizer_fn is not None:
            with (
                layer_variables.of_layer(self.renamed, self.made),
                foldable.normalizing(self._product),
            ):
                outputs = arguments.call(
                    "normalizer_fn",
                    "a tensor and the keywords of normalizer_params",
                    self.normalizer_fn,
                    outputs,
                    **(self.normalizer_params or {}),
                )
        elif self.biases_initializer is not None:
            biases = self.parameter(
                "biases", [depth], self.biases_initializer, self.biases_regularizer
            )
            outputs = tf.nn.bias_add(outputs, biases, "NCHW" if channels_first else None)
        if self.activation_fn is not None:
            with layer_variables.of_layer(self.renamed, self.made):
                activation_fn = activations.fitted(self.activation_fn, outputs)
                outputs = arguments.call("activation_fn", "a tensor", activation_fn, outputs)
            if not hasattr(outputs, "dtype"):
                raise arguments.Caller("The layer", None).error(
                    "activation_fn to return a tensor",
                    arguments.describe(outputs),
                    "Write a function from tensor to tensor, such as tf.nn.relu.",
                    TypeError,
                )
        if self.quantizer is not None:
            outputs = self.quantizer.outputs(outputs)
        places.current().add_layer_output(self.output_name, outputs, self.outputs_collections)
        return outputs


class _WithLossName:
    """A regularizer whose loss has a name within the layer that is not that of its variable.

    In a v1 graph the loss of `conv1/weights` has always been `kernel/Regularizer/...` in the name
    scope of the layer: `conv1/kernel/Regularizer/...`, or `tower_0/conv1/kernel/Regularizer/...`.
    """

    def __init__(self, regularizer: Callable, loss_name: str):
        self.regularizer = keras_objects.in_graph(regularizer)
        self.loss_name = loss_name

    def __call__(self, variable):
        return self.regularizer(variable)


def named(function: _F, name: str, doc: str) -> _F:
    """Names a function that another function has made.

    Args:
      function: one of a family that shares its signature.
      name: what it is called where it is defined, so that it can be pickled.
      doc: its docstring.

    Returns:
      `function`.
    """
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def sizes(inputs: Tensor) -> list:
    """The size of each axis: an integer where it is known, otherwise a tensor."""
    known = inputs.shape.as_list()
    if None not in known:
        return known
    found = tf.unstack(tf.shape(inputs))
    return [found[axis] if size is None else size for axis, size in enumerate(known)]
