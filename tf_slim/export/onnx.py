"""ONNX: for onnxruntime, OpenVINO, TensorRT, and programs without Python."""

from __future__ import annotations

import importlib
import os
import re
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from tf_slim.export import calibration, onnx_weights, quietly, unsupported
from tf_slim.export.engines.onnx import METADATA_KEY
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options, register
from tf_slim.export.metadata import Metadata
from tf_slim.export.source import IMAGES, Source

OPSET = 17
"""Of the file: what onnxruntime reads since 1.12, and browsers, and it has all that nets need."""

MODULES = ("tf2onnx", "onnx", "onnxruntime")

# They end a net, and compute what people read: in 8 bits they would know 256 values.
_IN_FULL = ("Softmax", "Sigmoid")
_LACKING = re.compile(r"Tensorflow op \[[^\]]*: *(\w+)\] is not supported")


@register("onnx", ending=".onnx", quantize=("int8",), modules=MODULES, extra="onnx")
def write(source: Source, path: str, options: Options) -> None:
    """Writes an ONNX file, with labels and preprocessing in its metadata.

    Quantized to "int8" it holds weights in 8 bits, with a scale for each channel, and says by
    QuantizeLinear and DequantizeLinear where activations are, by ranges that pictures of the
    training data have. What it takes and gives is float32.

    Args:
      source: the model.
      path: of the file.
      options: what is asked for.

    Raises:
      ExportError: ONNX lacks an operation of the net, or there are no pictures to quantize by.

    Examples: see `slim.export.save`.
    """
    with tempfile.TemporaryDirectory(prefix="tf_slim-") as folder:
        save(converted(source, options, folder), path, options.metadata)


def converted(source: Source, options: Options, folder: str) -> Any:
    """The model as an `onnx.ModelProto`, quantized if that is asked for.

    Args:
      source: the model.
      options: what is asked for.
      folder: for files that are needed on the way.

    Raises:
      ExportError: as `write` does.

    Examples: see `slim.export.save`.
    """
    # Before the conversion, which takes long.
    pictures = None if options.quantize is None else calibration.images(source, options)
    proto = _floats(source)
    return proto if pictures is None else _quantized(proto, pictures, folder)


def save(proto: Any, path: str, metadata: Metadata) -> None:
    """Writes a model, with its metadata.

    Args:
      proto: the model.
      path: of the file.
      metadata: what it has to say of itself.

    Examples: see `slim.export.save`.
    """
    onnx: Any = importlib.import_module("onnx")
    proto.producer_name = metadata.exporter or "TF-Slim"
    said = {METADATA_KEY: metadata.to_json()}
    if metadata.labels is not None:
        said["labels"] = "\n".join(metadata.labels)
    if metadata.preprocessing is not None:
        said["preprocessing"] = metadata.preprocessing
    onnx.helper.set_model_props(proto, said)
    onnx.save(proto, path)


def _floats(source: Source) -> Any:
    """The model, not quantized.

    Raises:
      ExportError: ONNX lacks an operation.
    """
    convert: Any = importlib.import_module("tf2onnx.convert")
    folded = source.folded()
    # It copies what it is given with each of its passes, 50 times in all: weights stay here.
    graph_def, weights = folded.without_weights()
    named = dict(zip(folded.inputs, source.input_names))
    renamed = {**named, **{tensor: name for name, tensor in folded.outputs.items()}}
    with quietly.converting(), quietly.heard("tf2onnx.tfonnx") as said:
        try:
            proto, _ = convert.from_graph_def(
                graph_def,
                input_names=[*folded.inputs, *weights],
                output_names=list(folded.outputs.values()),
                tensors_to_rename=renamed,
                opset=OPSET,
            )
        except Exception as error:  # whatever is in its many files
            raise _explained(error, said, graph_def) from error
    lacking = _lacking(said)
    if lacking:
        raise _lacks(lacking, graph_def)
    onnx_weights.put(proto, weights)
    return proto


def _quantized(proto: Any, pictures: np.ndarray, folder: str) -> Any:
    """The model in 8 bits: QuantizeLinear and DequantizeLinear, weights by channel."""
    onnx: Any = importlib.import_module("onnx")
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    preparing: Any = importlib.import_module("onnxruntime.quantization.shape_inference")
    before, prepared, after = (
        os.path.join(folder, f"{name}.onnx") for name in ("float", "prepared", "integer")
    )
    onnx.save(proto, before)
    with quietly.converting():
        preparing.quant_pre_process(before, prepared, skip_symbolic_shape=True)
        in_full = [node.name for node in onnx.load(prepared).graph.node if node.op_type in _IN_FULL]
        quantization.quantize_static(
            prepared,
            after,
            _reader(quantization.CalibrationDataReader, pictures),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=in_full,
        )
    return onnx.load(after)


def _reader(base: type, pictures: np.ndarray) -> Any:
    batches: Iterator[np.ndarray] = calibration.one_by_one(pictures)

    class Reader(base):
        """Gives onnxruntime the pictures."""

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(batches, None)
            return None if batch is None else {IMAGES: batch}

    return Reader()


def _explained(error: Exception, said: list[str], graph_def: Any) -> ExportError:
    lacking = _lacking([*said, str(error)])
    if lacking:
        return _lacks(lacking, graph_def)
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ExportError(f"tf2onnx gave up: {first[:500]}")


def _lacking(said: list[str]) -> set[str]:
    return {name for text in said for name in _LACKING.findall(text)}


def _lacks(operations: set[str], graph_def: Any) -> ExportError:
    remedy = "Make these layers of other operations, or export to another format."
    return unsupported.error(f"ONNX (operations of version {OPSET})", operations, graph_def, remedy)
