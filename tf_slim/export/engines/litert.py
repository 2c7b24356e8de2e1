"""LiteRT files (`.tflite`), run by ai-edge-litert."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from tf_slim.export import metadata
from tf_slim.export.engines.engine import Engine, Input


class LiteRTEngine(Engine):
    """A LiteRT file, by its first signature, or by its tensors where it has none.

    What it takes or gives in 8 bits is float32 here: a scale and a zero point in the file say how.
    """

    format = "litert"
    module = "ai_edge_litert.interpreter"
    extra = "litert"
    takes_turns = True

    def _open(self) -> None:
        library: Any = self.require()
        interpreter = library.Interpreter(model_path=self.path, num_threads=self.threads)
        signatures = interpreter.get_signature_list()
        takes = {_bare(one["name"]): one for one in interpreter.get_input_details()}
        gives = {_bare(one["name"]): one for one in interpreter.get_output_details()}
        if signatures:
            # Their names are those that were given, and a tensor's may be any.
            runner = interpreter.get_signature_runner(next(iter(signatures)))
            takes, gives = runner.get_input_details(), runner.get_output_details()
        self._interpreter, self._takes, self._gives = interpreter, takes, gives
        self.inputs = tuple(_input(name, one) for name, one in takes.items())
        self.outputs = tuple(gives)
        self.metadata = read_metadata(self.path)
        self._shapes: dict[str, tuple[int, ...]] = {}

    def _run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        shapes = {name: value.shape for name, value in feeds.items()}
        if shapes != self._shapes:
            self._shapes = {}
            for name, shape in shapes.items():
                self._interpreter.resize_tensor_input(self._takes[name]["index"], shape)
            self._interpreter.allocate_tensors()
            self._shapes = shapes
        for name, value in feeds.items():
            detail = self._takes[name]
            self._interpreter.set_tensor(detail["index"], _quantized(value, detail))
        self._interpreter.invoke()
        return {
            name: _real(self._interpreter.get_tensor(detail["index"]), detail)
            for name, detail in self._gives.items()
        }


def read_metadata(path: str) -> metadata.Metadata | None:
    """What a LiteRT file says of itself; None if nothing.

    Raises:
      slim.export.metadata.MetadataError: it cannot be read.
    """
    # The files that belong to a model stand in an archive at the end of it.
    with open(path, "rb") as file:
        content = file.read()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if metadata.FILE_NAME not in archive.namelist():
                return None
            return metadata.Metadata.from_json(archive.read(metadata.FILE_NAME))
    except zipfile.BadZipFile:
        return None


def _bare(name: str) -> str:
    """A tensor's name as people gave it: `serving_default_images:0` is `images`."""
    return name.removeprefix("serving_default_").partition(":")[0]


def _input(name: str, detail: dict[str, Any]) -> Input:
    signature = detail.get("shape_signature")
    shape = detail["shape"] if signature is None or not len(signature) else signature
    dtype = np.dtype(detail["dtype"])
    is_quantized = dtype.kind in "iu" and _scale(detail)
    return Input(
        name,
        tuple(None if size < 0 else int(size) for size in shape),
        np.dtype(np.float32) if is_quantized else dtype,
    )


def _scale(detail: dict[str, Any]) -> float:
    return float(detail["quantization"][0])


def _quantized(value: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(detail["dtype"])
    if value.dtype == dtype:
        return value
    scale, zero = detail["quantization"]
    bounds = np.iinfo(dtype)
    return np.clip(np.round(value / scale) + zero, bounds.min, bounds.max).astype(dtype)


def _real(value: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    if value.dtype.kind not in "iu" or not _scale(detail):
        return value
    scale, zero = detail["quantization"]
    return ((value.astype(np.float32) - zero) * scale).astype(np.float32)
