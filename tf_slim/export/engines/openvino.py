"""OpenVINO's files (`.xml`, with the weights in `.bin` beside), run by openvino."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tf_slim.export import metadata
from tf_slim.export.engines.engine import Engine, EngineError, Input

METADATA_KEY = "tf_slim"
"""Under which the file has its metadata."""

_PRECISIONS = {"mixed_bfloat16": "bf16", "mixed_float16": "f16"}


class OpenVinoEngine(Engine):
    """A file of OpenVINO, on the processor.

    It computes in float32 unless the file's metadata say otherwise: left alone, OpenVINO takes
    bfloat16 where a processor is fast at it, whatever the file was compared by.
    """

    format = "openvino"
    module = "openvino"
    extra = "openvino"
    takes_turns = True

    def _open(self) -> None:
        library: Any = self.require()
        weights = f"{os.path.splitext(self.path)[0]}.bin"
        if not os.path.isfile(weights):
            raise EngineError(f"{self.path}: its weights are missing, {weights}.")
        core = library.Core()
        model = core.read_model(self.path)
        if model.has_rt_info(METADATA_KEY):
            text = model.get_rt_info(METADATA_KEY).astype(str)
            self.metadata = metadata.Metadata.from_json(text)
        precision = None if self.metadata is None else self.metadata.precision
        config: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": _PRECISIONS.get(precision or "", "f32"),
        }
        if self.threads is not None:
            config["INFERENCE_NUM_THREADS"] = self.threads
        self._compiled = core.compile_model(model, "CPU", config)
        self.inputs = tuple(_input(one) for one in model.inputs)
        self.outputs = tuple(one.get_any_name() for one in model.outputs)

    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = self._compiled(feeds)
        # Copies: the next call writes into the same memory.
        return {name: np.array(found[name]) for name in self.outputs}


def _input(one: Any) -> Input:
    shape = tuple(size.get_length() if size.is_static else None for size in one.partial_shape)
    return Input(one.get_any_name(), shape, np.dtype(one.element_type.to_dtype()))
