"""Keras 3 models (`.keras`), run by TensorFlow."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.export.engines.engine import EngineError
from tf_slim.export.engines.tensorflow import TensorFlowEngine
from tf_slim.export.metadata import FILE_NAME, Metadata
from tf_slim.ops import shapes

# What `as_keras_layer` makes is found by a registered name once this is loaded.
_LAYERS = "tf_slim.export.keras_layer"


class KerasEngine(TensorFlowEngine):
    """A Keras model, called as for inference."""

    format = "keras"

    def _load(
        self,
    ) -> tuple[Callable[..., Mapping[str, Any]], Mapping[str, tf.TensorSpec], tuple[str, ...]]:
        importlib.import_module(_LAYERS)
        model: Any = tf.keras.models.load_model(self.path, compile=False)
        if not getattr(model, "inputs", None):
            raise EngineError(f"{self.path}: this model was saved before it knew its inputs.")
        specs = {
            one.name: tf.TensorSpec(shapes.of(one), one.dtype, one.name) for one in model.inputs
        }
        outputs = _names(model)

        @tf.function(autograph=False)
        def function(**feeds: tf.Tensor) -> Mapping[str, Any]:
            given = [feeds[name] for name in specs]
            found = model(_like(model.input, specs, given), training=False)
            values = (
                [found[name] for name in outputs] if _is_dict(found) else tf.nest.flatten(found)
            )
            return dict(zip(outputs, values))

        return function, specs, outputs

    def _metadata(self) -> Metadata | None:
        with zipfile.ZipFile(self.path) as archive:
            if FILE_NAME not in archive.namelist():
                return None
            return Metadata.from_json(archive.read(FILE_NAME))


def _like(structure: Any, names: Mapping[str, Any], given: list[Any]) -> Any:
    """The tensors in the structure in which the model takes its inputs."""
    by_name = dict(zip(names, given))
    return tf.nest.map_structure(lambda one: by_name[one.name], structure)


def _names(model: Any) -> tuple[str, ...]:
    if _is_dict(model.output):
        return tuple(model.output)
    return tuple(model.output_names)


def _is_dict(value: Any) -> bool:
    return isinstance(value, Mapping)
