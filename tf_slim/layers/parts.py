"""What layers are made of: a scope, variables, a bias or normalizer, an activation, an output.

A layer checks its arguments (see `checks`), opens its scope, makes its variables by `parameter`,
computes, and hands the result to `finish` or `deliver`:

    with scopes.scope(scope, "Scale", [inputs], reuse=reuse) as sc:
        factor = parts.parameter("factor", [depth], dtype, initializer)
        return parts.deliver(inputs * factor, sc.name, activation_fn, outputs_collections)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import tensorflow as tf

from tf_slim.layers import utils
from tf_slim.ops import (
    arguments,
    collect,
    keras_objects,
    layer_variables,
    places,
    variables,
)

KERNEL = {"kernel": "weights", "bias": "biases"}
"""What layers with one kernel call the variables of `tf.layers`, of which they once were made.

Variables that their normalizer or activation makes under such a name get the other one as well.
"""


class Placed:
    """A regularizer whose loss has a name within the layer that is not that of its variable.

    In a v1 graph the loss of `conv1/weights` has always been `kernel/Regularizer/...` in the name
    scope of the layer: `conv1/kernel/Regularizer/...`, or `tower_0/conv1/kernel/Regularizer/...`.
    """

    def __init__(self, regularizer: Callable, place: str):
        self.regularizer = keras_objects.in_graph(regularizer)
        self.place = place

    def __call__(self, variable):
        return self.regularizer(variable)


def parameter(
    name: str,
    shape: Sequence[int],
    dtype: tf.DType,
    initializer,
    regularizer=None,
    variables_collections=None,
    trainable: bool = True,
    place: str | None = None,
):
    """A variable of the layer whose scope is open.

    Args:
      name: "weights", "biases", ...
      shape: of the variable.
      dtype: of the variable.
      initializer: as for `slim.variable`.
      regularizer: a function from the variable to its loss, or None.
      variables_collections: the layer's argument of this name: for all variables or by name.
      trainable: whether optimizers change it.
      place: what stands for `name` in the name of the regularization loss.

    Returns:
      A variable, or a tensor where the scope has a partitioner or a custom getter.
    """
    if regularizer is not None and place is not None:
        regularizer = Placed(regularizer, place)
    found = variables.model_variable(
        name,
        shape=list(shape),
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=utils.as_list(utils.get_variable_collections(variables_collections, name)),
    )
    # The parts of a partitioned variable are joined where the layer uses it.
    return found.as_tensor() if hasattr(found, "as_tensor") else found


def finish(
    outputs: tf.Tensor,
    alias: str,
    depth: int,
    dtype: tf.DType,
    *,
    activation_fn,
    normalizer_fn,
    normalizer_params,
    biases_initializer,
    biases_regularizer,
    variables_collections,
    outputs_collections,
    trainable,
    channels_first: bool = False,
    biases_place: str | None = "bias",
    renamed: Mapping[str, str] = KERNEL,
) -> tf.Tensor:
    """The second half of every layer with weights: bias or normalizer, activation, collections."""
    biased = normalizer_fn is None and biases_initializer is not None
    taken = [name for name in renamed.values() if biased or name != "biases"]
    if normalizer_fn is not None:
        with layer_variables.of_layer(renamed, taken):
            outputs = arguments.call(
                "normalizer_fn",
                "a tensor and the keywords of normalizer_params",
                normalizer_fn,
                outputs,
                **(normalizer_params or {}),
            )
    elif biased:
        biases = parameter(
            "biases",
            [depth],
            dtype,
            biases_initializer,
            biases_regularizer,
            variables_collections,
            trainable,
            place=biases_place,
        )
        outputs = tf.nn.bias_add(outputs, biases, data_format="NCHW" if channels_first else None)
    return deliver(outputs, alias, activation_fn, outputs_collections, renamed, taken)


def deliver(
    outputs,
    alias: str,
    activation_fn=None,
    outputs_collections=None,
    renamed: Mapping[str, str] | None = MappingProxyType({}),
    taken: Iterable[str] = (),
):
    """The end of every layer: activation, then the output under its name.

    Args:
      outputs: the tensor.
      alias: its name.
      activation_fn: a function from tensor to tensor, or None.
      outputs_collections: the layer's argument of this name.
      renamed: see `layer_variables.of_layer`; None if these shall be no model variables.
      taken: what the layer has called its own variables.
    """
    if activation_fn is not None:
        plain = renamed is None
        with contextlib.nullcontext() if plain else layer_variables.of_layer(renamed, taken):
            outputs = arguments.call("activation_fn", "a tensor", activation_fn, outputs)
        if not hasattr(outputs, "dtype"):
            raise arguments.Site("The layer", None).error(
                "activation_fn to return a tensor",
                arguments.describe(outputs),
                "Write a function from tensor to tensor, such as tf.nn.relu.",
                TypeError,
            )
    collect.add_output(collect.LAYERS, alias, outputs)
    return utils.collect_named_outputs(outputs_collections, alias, outputs)


def add_penalty(penalty: tf.Tensor) -> None:
    """Adds a penalty that belongs to no single variable to the regularization losses.

    Outside v1 graphs it joins the losses of the nearest `slim.collect()` block, if there is one.
    """
    places.current().add_penalty(penalty)


def sizes(inputs: tf.Tensor) -> list:
    """The size of each axis: an integer where it is known, otherwise a tensor."""
    known = inputs.shape.as_list()
    if None not in known:
        return known
    found = tf.unstack(tf.shape(inputs))
    return [found[axis] if size is None else size for axis, size in enumerate(known)]


def plain_scope(
    scope,
    default_name: str,
    values: Sequence[Any],
    outputs_collections=None,
    *,
    variable_scope: bool = False,
) -> contextlib.AbstractContextManager[str]:
    """Opens the scope of a layer that has no variables.

    Args:
      scope: the layer's argument of this name: a string or None.
      default_name: what the layer is called otherwise.
      values: the tensors that it takes.
      outputs_collections: where its output will go.
      variable_scope: whether its name in a v1 graph is that of a variable scope. It differs from
        the name of the operations when variables around it are reused.

    Yields:
      The name of its output: scope path, then name; made unique by `_1`, `_2` ...
    """
    return places.current().layer_scope(
        scope, default_name, values, outputs_collections, variable_scope=variable_scope
    )
