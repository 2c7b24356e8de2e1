"""OpenVINO: the fastest there is on processors of Intel."""

from __future__ import annotations

import importlib
import os
import tempfile
from typing import Any

from tf_slim.export import onnx
from tf_slim.export.engines.openvino import METADATA_KEY
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options, register
from tf_slim.export.source import Source


@register(
    "openvino",
    ending=".xml",
    quantize=("int8",),
    precision=("float32", "mixed_bfloat16"),
    modules=("openvino", *onnx.MODULES),
    extra="openvino",
    beside=(".bin",),
)
def write(source: Source, path: str, options: Options) -> None:
    """Writes a model of OpenVINO: `.xml`, and its weights in `.bin` beside.

    It is the ONNX export, read and written by OpenVINO; quantized to "int8" it holds what the ONNX
    export holds then. Its precision is for whoever runs it to choose: "mixed_bfloat16" is written
    into the metadata, and `slim.export.engines` does as they say; in a program of your own pass
    `{"INFERENCE_PRECISION_HINT": "bf16"}` to `compile_model`, and "f32" for float32.

    Args:
      source: the model.
      path: of the `.xml`.
      options: what is asked for.

    Raises:
      ExportError: ONNX or OpenVINO lacks an operation of the net, or there are no pictures to
        quantize by.

    Examples: see `slim.export.save`.
    """
    openvino: Any = importlib.import_module("openvino")
    with tempfile.TemporaryDirectory(prefix="tf_slim-") as folder:
        between = os.path.join(folder, "model.onnx")
        onnx.save(onnx.converted(source, options, folder), between, options.metadata)
        try:
            model = openvino.Core().read_model(between)
        except RuntimeError as error:
            raise ExportError(
                f"OpenVINO cannot read the ONNX export of {source.model.name}: "
                f"{str(error).strip().splitlines()[-1][:500]}"
            ) from error
        model.set_rt_info(options.metadata.to_json(), METADATA_KEY)
        openvino.save_model(model, path, compress_to_fp16=False)
