"""Slim within Keras 3: a `slim.Model` as a Keras layer, which can be saved and made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim import nets
from tf_slim.export.errors import ExportError
from tf_slim.layers import moving_average
from tf_slim.ops import stores
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.model import Model
from tf_slim.ops.net_signature import name_of
from tf_slim.ops.outputs import split_outputs

_PACKAGE = "tf_slim"


def as_keras_layer(model: Model, **kwargs: Any) -> tf.keras.layers.Layer:
    """A `slim.Model` as a Keras 3 layer, to be trained by `fit` on its own or among others.

    The variables stay those of `model`: what `fit` trains, `model.save` saves by name, and what
    `model.restore` restores, the layer has. Its regularization joins the loss of `fit`;
    `training` becomes `is_training`; with `layer.trainable = False` nothing of it changes, and it
    infers. Of a net that returns end points the layer gives the outputs.
    The averages of batch norm warm up as in a step of `slim.learning.make_train_step`.

    A model of `slim.nets.create` can be saved within a Keras model (`.keras`), cloned and made
    from its config, and so can one of a function that Keras knows by name, which
    `tf.keras.utils.register_keras_serializable("mine")` above its `def` sees to.

    A program that loads such a file says `from tf_slim import as_keras_layer` before: so Keras
    learns of the layer.

    Args:
      model: the net; it takes one input, and need not be built.
      **kwargs: of the Keras layer, such as `name`.

    Returns:
      A `tf.keras.layers.Layer`.

    Examples:
      >>> layer = slim.as_keras_layer(slim.Model(slim.linear, num_outputs=2), name="head")
      >>> inputs = tf.keras.Input([3])
      >>> keras_model = tf.keras.Model(inputs, layer(inputs))
      >>> keras_model(tf.ones([8, 3])).shape, len(layer.weights)
      (TensorShape([8, 2]), 2)
    """
    return SlimLayer(model, **{"name": model.name, **kwargs})


def _dense(inputs: Any) -> Any:
    """Keras takes what is left of `x * 2.0` for sparse while it finds out the shapes of a model."""
    if isinstance(inputs, tf.SparseTensor):
        return tf.ensure_shape(tf.sparse.to_dense(inputs), inputs.shape)
    return inputs


@tf.keras.utils.register_keras_serializable(_PACKAGE)
class SlimLayer(tf.keras.layers.Layer):
    """A `slim.Model` as a Keras layer; made by `slim.as_keras_layer`.

    Args:
      model: the net.
      **kwargs: of the Keras layer.

    Examples: see `slim.as_keras_layer`.
    """

    def __init__(self, model: Model, **kwargs: Any):
        super().__init__(**kwargs)
        # Keras must not take the variables of the Model for ones of its own.
        self._slim = stores.Untracked(model)
        self._updates = stores.Untracked(moving_average.Counter())

    def build(self, input_shape: Any) -> None:
        """Makes the variables, which from then on are those of the model too."""
        model = self._slim.value
        if not model.variables:
            model.build(tf.TensorSpec(input_shape, self.compute_dtype))
        self._updates.value.variable()
        # Keras finds the variables of its own layers by these.
        self.keras_layers = list(model.keras_layers)
        known = {id(one.value) for layer in self.keras_layers for one in layer.variables}
        for name, variable in model.named_variables.items():
            if id(variable) in known:
                continue
            weight = self.add_weight(
                name=name.replace("/", "."),
                shape=variable.shape,
                dtype=variable.dtype.name,
                trainable=variable.trainable,
                initializer=lambda *_, value=variable, **__: tf.convert_to_tensor(value),
            )
            model.replace_variable(name, weight.value)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Calls the net; gives its outputs, without end points."""
        model = self._slim.value
        inputs = tf.nest.map_structure(_dense, inputs)
        # A layer that is frozen infers, as those of Keras do.
        training = bool(training) and self.trainable
        with self._updates.value.warm_up(), default_is_training(training):
            outputs, _ = split_outputs(model(inputs))
        for loss in model.losses if self.trainable else ():
            self.add_loss(loss)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """What the layer can be made of again: of its net the name and the arguments.

        Raises:
          ExportError: its net has no name that a file could hold.
        """
        return {**super().get_config(), "net": recipe(self._slim.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SlimLayer:
        """Makes a layer again, with a net of its own."""
        config = dict(config)
        return cls(made(config.pop("net")), **config)


def recipe(model: Model) -> dict[str, Any]:
    """What a model can be made of again by `made`, as far as JSON can say it.

    Raises:
      ExportError: its net has no name that a file could hold, or arguments that none can.

    Examples: see `slim.export.keras_layer.made`.
    """
    origin = model.origin
    found: dict[str, Any] = {"precision": model.precision, "name": model.name}
    if origin is not None:
        found |= {"net": origin.name, "num_classes": origin.num_classes}
        kwargs = origin.kwargs
    else:
        name = tf.keras.utils.get_registered_name(model.fn)
        if tf.keras.utils.get_registered_object(name) is not model.fn:
            raise ExportError(
                f"{name_of(model.fn)}, the net of {model.name}, is a function that no file can "
                "hold. Register it: @tf.keras.utils.register_keras_serializable('mine') before "
                "`def`, or make the model by @slim.nets.register(...) and slim.nets.create(name)."
            )
        if any(model.arg_scope.values()):
            raise ExportError(
                f"{model.name} runs in an arg_scope, which no file can hold. Open it within the "
                f"function {name_of(model.fn)}."
            )
        found["function"], kwargs = name, model.fixed_kwargs
    unwritten = sorted(key for key, value in kwargs.items() if not _is_plain(value))
    if unwritten:
        raise ExportError(
            f"{model.name} was made with {' and '.join(unwritten)}, which no file can hold: "
            "expected numbers, texts, and lists or dicts of them."
        )
    return {**found, "kwargs": dict(kwargs)}


def made(recipe: Mapping[str, Any]) -> Model:
    """A model of what `recipe` has told, not built.

    Raises:
      ValueError: there is no such net, or function.

    Examples:
      >>> model = slim.nets.create("lenet", num_classes=5)
      >>> same = slim.export.keras_layer.made(slim.export.keras_layer.recipe(model))
      >>> same(tf.ones([2, 28, 28, 1]))[0].shape
      TensorShape([2, 5])
    """
    kwargs = dict(recipe["kwargs"])
    if "net" in recipe:
        classes, precision = recipe["num_classes"], recipe["precision"]
        return nets.create(recipe["net"], classes, precision=precision, **kwargs)
    function = tf.keras.utils.get_registered_object(recipe["function"])
    if function is None:
        raise ExportError(
            f"The net of the layer is a function that is registered as {recipe['function']!r}, but "
            "not here: import the module that does so first."
        )
    return Model(function, name=recipe["name"], precision=recipe["precision"], **kwargs)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
