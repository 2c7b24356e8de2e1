"""LiteRT (`.tflite`), once TensorFlow Lite: for telephones, small computers and browsers."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import calibration, litert_metadata, quietly, unsupported
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options, register
from tf_slim.export.source import Source

_DEPTHWISE = "DepthwiseConv2dNative"
# How the converter names them, in a list behind a colon.
_LACKING = re.compile(r"(?:Flex|Select|Custom) ops?: *([\w, ]+)")


@register(
    "litert",
    ending=".tflite",
    quantize=("float16", "dynamic", "int8"),
    modules=("ai_edge_litert",),
    extra="litert",
)
def write(source: Source, path: str, options: Options) -> None:
    """Writes a LiteRT file, with its labels inside.

    Quantized to "float16", weights take half the room, and it computes in float32. "dynamic" keeps
    weights in 8 bits and quantizes activations as they come; "int8" computes in 8 bits throughout,
    by ranges of activations that pictures of the training data have. What the file takes and gives
    is float32 in all of them.

    Args:
      source: the model.
      path: of the file.
      options: what is asked for.

    Raises:
      ExportError: LiteRT lacks an operation of the net, or there are no pictures to quantize by.

    Examples: see `slim.export.save`.
    """
    pictures = calibration.images(source, options) if options.quantize == "int8" else None
    folded = source.folded()
    if options.quantize == "dynamic" and _DEPTHWISE in unsupported.operations(folded.graph_def):
        warnings.warn(
            f"{source.model.name} has depthwise convolutions, which LiteRT runs about three times "
            "slower when quantized to 'dynamic' than in float32 (10.3 ms against 3.6 ms, "
            "mobilenet_v2). quantize='int8' is about twice as fast as float32.",
            stacklevel=2,
        )
    function = _with_names(source, folded)
    converter: Any = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    _quantize(converter, options.quantize, pictures)
    with quietly.converting():
        try:
            content = converter.convert()
        except Exception as error:  # the converter's own is no public name
            raise _explained(error, folded.graph_def) from error
    with open(path, "wb") as file:
        file.write(litert_metadata.added(content, options.metadata, source))


def _with_names(source: Source, folded: Any) -> Any:
    """A ConcreteFunction whose outputs have names, of which the converter makes a signature."""

    def function(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        found = tf.graph_util.import_graph_def(
            folded.graph_def,
            input_map={
                tensor: given[name] for name, tensor in zip(source.input_names, folded.inputs)
            },
            return_elements=list(folded.outputs.values()),
            name="",
        )
        return dict(zip(folded.outputs, found))

    return tf.function(function, autograph=False).get_concrete_function(**source.inputs)


def _quantize(converter: Any, quantize: str | None, pictures: np.ndarray | None) -> None:
    if quantize is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if pictures is not None:
        converter.representative_dataset = lambda: (
            [one] for one in calibration.one_by_one(pictures)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _explained(error: Exception, graph_def: Any) -> ExportError:
    """What the converter says in a page, in a sentence."""
    lacking = {
        name.strip().removeprefix("Flex")
        for names in _LACKING.findall(str(error))
        for name in names.split(",")
        if name.strip()
    }
    if lacking:
        remedy = "Make these layers of other operations, or export to another format."
        return unsupported.error("LiteRT", lacking, graph_def, remedy)
    said = str(error).strip().splitlines() or [type(error).__name__]
    return ExportError(f"TensorFlow's converter to LiteRT gave up: {said[-1][:500]}")
