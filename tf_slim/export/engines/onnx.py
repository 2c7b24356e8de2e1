"""ONNX files, run by onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np

from tf_slim.export import metadata
from tf_slim.export.engines.engine import Engine, EngineError, Input

METADATA_KEY = "tf_slim"
"""Under which the file has its metadata; the others are for people and other programs."""

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


class OnnxEngine(Engine):
    """An ONNX file, on the processor."""

    format = "onnx"
    module = "onnxruntime"
    extra = "onnx"

    def _open(self) -> None:
        library: Any = self.require()
        options = library.SessionOptions()
        options.log_severity_level = 3  # what is wrong is raised; what it thinks of a file is not
        if self.threads is not None:
            options.intra_op_num_threads = self.threads
            options.inter_op_num_threads = 1
        self._session = library.InferenceSession(
            self.path, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = tuple(_input(one, self.path) for one in self._session.get_inputs())
        self.outputs = tuple(one.name for one in self._session.get_outputs())
        text = self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        self.metadata = None if text is None else metadata.Metadata.from_json(text)

    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(self.outputs, self._session.run(self.outputs, feeds)))


def _input(one: Any, path: str) -> Input:
    if one.type not in _TYPES:
        raise EngineError(f"{path}: the input {one.name!r} is a {one.type}, and no array.")
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in one.shape)
    return Input(one.name, shape, np.dtype(_TYPES[one.type]))
