"""SavedModels, run by TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.export.engines.engine import EngineError
from tf_slim.export.engines.tensorflow import TensorFlowEngine

_DEFAULT = "serving_default"


class SavedModelEngine(TensorFlowEngine):
    """A SavedModel, by the first of its signatures that takes images as arrays."""

    format = "saved_model"

    def _load(
        self,
    ) -> tuple[Callable[..., Mapping[str, Any]], Mapping[str, tf.TensorSpec], tuple[str, ...]]:
        loaded = tf.saved_model.load(self.path)
        signatures = dict(getattr(loaded, "signatures", {}))
        # What is called the default one may take the bytes of pictures.
        names = sorted(signatures, key=lambda name: (name != "images", name != _DEFAULT))
        for name in names:
            function = signatures[name]
            specs = function.structured_input_signature[1]
            if specs and all(_is_numeric(spec) for spec in specs.values()):
                # A function dies with what it was loaded with.
                self._loaded = loaded
                return function, specs, tuple(function.structured_outputs)
        if not names:
            raise EngineError(
                f"{self.path} has no signature, so nobody can tell how it is called. Save it with "
                "one: tf.saved_model.save(model, path, signatures=function)."
            )
        raise EngineError(
            f"{self.path} has no signature that takes arrays; it has: {', '.join(names)}."
        )


def _is_numeric(spec: Any) -> bool:
    return spec.dtype.is_floating or spec.dtype.is_integer
