"""Keras 3 within Slim: a Keras layer as a part of a Slim net."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.ops import calls, collect, frozen, places, precision, scopes, variables
from tf_slim.ops.arg_scope import current_is_training
from tf_slim.ops.types import Reuse

__all__ = ["keras_layer"]

_LAYERS = "tf_slim/keras_layers"


def keras_layer(
    make: Callable, *args: Any, scope: str | None = None, reuse: Reuse = None, **kwargs: Any
) -> Callable:
    """The Keras layer that belongs to this place of a net: made once, found again by its scope.

    Its variables are those of the net: saved by name (`norm/gamma`), trained, listed; their
    regularizers count. In a `slim.precision` the layer gets the Keras policy of this name. In a
    `slim.Model` one that takes `training` has by default what the call of the model is.

    Args:
      make: a Keras layer class, or a function that makes such a layer; it must take `name`.
      *args: of `make`.
      scope: name of the scope; by default the name of the class, made unique.
      reuse: whether to share a layer that exists; then `scope` must be given.
      **kwargs: of `make`. An `arg_scope` reaches them if it is over `make` (see `add_arg_scope`).

    Returns:
      A function that calls the layer.

    Raises:
      ValueError: the scope has a layer already and `reuse` is not set, or none and it is True.

    Examples:
      >>> net = slim.conv2d(tf.ones([1, 8, 8, 3]), 64, 3, scope="conv1")
      >>> net = slim.keras_layer(tf.keras.layers.LayerNormalization, scope="norm")(net)
      >>> [one.name for one in slim.get_model_variables()]
      ['conv1/weights:0', 'conv1/biases:0', 'norm/gamma:0', 'norm/beta:0']
    """
    default = getattr(make, "__name__", type(make).__name__)
    # Keras opens the name scope itself.
    with scopes.scope(scope, default, reuse=reuse, auxiliary_name_scope=False) as entered:
        path, shared = entered.name, scopes.known_reuse(entered.reuse)
    call = calls.current_call()
    known = _layers_of_graph() if call is None else call.store.objects
    outer, _, own = path.rpartition("/")
    if shared is True and path not in known:
        raise ValueError(
            f"keras_layer in scope {path!r} expects a layer that exists, since reuse=True; got "
            "none of this scope. Make it first without reuse."
        )
    twice = path in known if call is None else not call.first_use(path)
    if twice and not shared:
        raise ValueError(
            f"keras_layer in scope {path!r} expects a scope of its own; got that of another layer. "
            "Pass another scope, or reuse=True to share the layer."
        )
    if path not in known:
        policy = {} if precision.current() is None else {"dtype": precision.current()}
        known[path] = make(*args, **{**policy, **kwargs, "name": own})
    layer = known[path]
    told = "training" in inspect.signature(layer.call).parameters

    def run(*inputs, **options):
        training = current_is_training()
        if told and isinstance(training, bool):
            options.setdefault("training", training)
        with tf.name_scope(f"{outer}/" if outer else ""):
            if places.current().immediate and not layer.built:
                _build(layer, path, inputs, options)
            if told and frozen.holds(_state(layer)):
                options["training"] = False
            outputs = layer(*inputs, **options)
        for variable in layer.variables:
            # Keras calls it `own/kernel`, or deeper for the parts of a layer.
            _keep(f"{path}/{variable.path.removeprefix(f'{own}/')}", variable, call)
        places.current().add_layer_output(path, outputs)
        return outputs

    return run


def _state(layer: Any) -> list[Any]:
    """What a layer learns from batches without gradients. Seeds of random numbers do not count."""
    return [v.value for v in layer.non_trainable_variables if tf.as_dtype(v.dtype).is_floating]


def _build(layer: Any, path: str, inputs: tuple, options: dict) -> None:
    """Makes the variables of a Keras layer where no function that is being traced owns them."""
    if collect.replica_count() > 1:
        raise RuntimeError(
            f"The Keras layer in scope {path!r} would create its variables inside strategy.run. "
            "Create them once for all replicas, before: `with strategy.scope(): model.build(...)`."
        )

    def spec(value):
        symbolic = tf.is_tensor(value)
        return tf.keras.KerasTensor(value.shape, value.dtype.name) if symbolic else value

    with tf.init_scope():
        layer(*tf.nest.map_structure(spec, inputs), **tf.nest.map_structure(spec, options))


def _keep(name: str, variable: Any, call: calls.Call | None) -> None:
    """Lists a variable of a Keras layer as one of the net."""
    value, regularizer = variable.value, getattr(variable, "regularizer", None)
    if call is None:
        if not any(value is known for known in variables.get_model_variables()):
            variables.add_model_variable(value)
            if regularizer is not None:
                variables.add_regularization_loss(value, regularizer)
    elif name not in call.store:
        keys = tf.compat.v1.GraphKeys
        trained = [keys.TRAINABLE_VARIABLES] if variable.trainable else []
        call.add_variable(
            name, value, [keys.GLOBAL_VARIABLES, keys.MODEL_VARIABLES, *trained], regularizer
        )


def _layers_of_graph() -> dict[str, Any]:
    """The Keras layers of a v1 graph by scope, kept with the graph."""
    found = tf.compat.v1.get_collection_ref(_LAYERS)
    if not found:
        found.append({})
    return found[0]
