"""What a LiteRT file says of itself: metadata as LiteRT's own tools read them, and files inside.

The model is a FlatBuffer, with the metadata (another one, `M001`) in one of its buffers; files that
belong to it, `labels.txt` and `tf_slim.json`, stand in a ZIP archive behind it.
"""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export.metadata import FILE_NAME, Metadata
from tf_slim.export.source import IMAGES, LOGITS, PROBABILITIES, Source

LABELS = "labels.txt"

_KEY = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
_VERSION = "1.0.0"
# Numbers of the format.
_AXIS_LABELS = 2
_IMAGE = 2
_RGB, _GRAY = 1, 2
_NORMALIZATION = 1


def added(content: bytes, metadata: Metadata, source: Source) -> bytes:
    """A LiteRT file with its metadata.

    Args:
      content: of a file without.
      metadata: what it has to say of itself.
      source: what it was made from.
    """
    schema = importlib.import_module("ai_edge_litert.schema_py_generated")
    flatbuffers = importlib.import_module("flatbuffers")
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    inputs, outputs = _names(model, graph)
    table = _written(flatbuffers, metadata, inputs, outputs, normalization(source))
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(table, np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = _KEY, len(model.buffers) - 1
    model.metadata = [*(model.metadata or ()), entry]
    builder = flatbuffers.Builder(len(content) + len(table) + 1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return _with_files(bytes(builder.Output()), metadata)


def _with_files(content: bytes, metadata: Metadata) -> bytes:
    """The model, and behind it an archive of the files that belong to it."""
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as files:
        # Without the time of day: the same export is the same file.
        if metadata.labels is not None:
            files.writestr(zipfile.ZipInfo(LABELS), "".join(f"{one}\n" for one in metadata.labels))
        files.writestr(zipfile.ZipInfo(FILE_NAME), metadata.to_json())
    return whole.getvalue()


def _names(model: Any, graph: Any) -> tuple[list[str], list[str]]:
    """The names of inputs and outputs in the order of the graph."""
    by_tensor = {}
    for signature in model.signatureDefs or ():
        for one in [*signature.inputs, *signature.outputs]:
            by_tensor[one.tensorIndex] = one.name
    names = []
    for indices in (graph.inputs, graph.outputs):
        given = [by_tensor.get(index, graph.tensors[index].name) for index in indices]
        names.append([one.decode() if isinstance(one, bytes) else one for one in given])
    return names[0], names[1]


def normalization(source: Source) -> tuple[list[float], list[float]] | None:
    """Mean and deviation by which the preprocessing turns pixels into what the net is given.

    They are found by what it makes of plain pictures, black, grey and white.

    Args:
      source: the model.

    Returns:
      Of each channel, in units of pixels from 0 to 255; None where nobody knows the preprocessing,
      or it does more than that to the values.
    """
    if source.preprocess is None or not source.takes_images:
        return None
    side = source.image_size or (32, 32)
    found = []
    for value in (0, 128, 255):
        picture = tf.fill([*side, source.channels], tf.constant(value, tf.uint8))
        image = source.preprocess(picture, is_training=False, seed=tf.constant([0, 0])).numpy()
        flat = image.reshape(-1, image.shape[-1])
        if np.ptp(flat, axis=0).max() > 1e-3 * max(1.0, float(np.abs(flat).max())):
            return None
        found.append(flat.mean(axis=0))
    black, grey, white = found
    scale = (white - black) / 255
    if not (scale > 0).all() or not np.allclose(black + 128 * scale, grey, rtol=1e-3, atol=1e-3):
        return None
    return (-black / scale).tolist(), (1 / scale).tolist()


def _written(
    flatbuffers: Any,
    metadata: Metadata,
    inputs: Sequence[str],
    outputs: Sequence[str],
    normal: tuple[list[float], list[float]] | None,
) -> bytes:
    """The metadata as a FlatBuffer."""
    builder = flatbuffers.Builder(1024)

    def table(size: int, values: Mapping[int, tuple[str, Any]]) -> int:
        builder.StartObject(size)
        for slot, (kind, value) in values.items():
            if kind == "offset":
                builder.PrependUOffsetTRelativeSlot(slot, value, 0)
            elif kind == "byte":
                builder.PrependUint8Slot(slot, value, 0)
            else:
                builder.PrependUint32Slot(slot, value, 0)
        return builder.EndObject()

    def text(value: str) -> tuple[str, int]:
        return "offset", builder.CreateString(value)

    def vector(offsets: Sequence[int]) -> tuple[str, int]:
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return "offset", builder.EndVector()

    def floats(values: Sequence[float]) -> tuple[str, int]:
        return "offset", builder.CreateNumpyVector(np.asarray(values, np.float32))

    def given(name: str) -> int:
        if name != IMAGES:
            return table(7, {0: text(name)})
        color = _GRAY if metadata.channels == 1 else _RGB
        properties = {0: ("byte", color)}
        if metadata.image_size is not None:
            height, width = metadata.image_size
            properties[1] = ("offset", table(2, {0: ("uint", width), 1: ("uint", height)}))
        kind = table(2, properties)
        values = {0: text(name), 1: text("Images as their preprocessing gives them.")}
        values[3] = ("offset", table(3, {0: ("byte", _IMAGE), 1: ("offset", kind)}))
        if normal is not None:
            options = table(2, {0: floats(normal[0]), 1: floats(normal[1])})
            unit = table(2, {0: ("byte", _NORMALIZATION), 1: ("offset", options)})
            values[4] = vector([unit])
        return table(7, values)

    def output(name: str) -> int:
        values = {0: text(name)}
        if name in (PROBABILITIES, LOGITS) and metadata.labels is not None:
            said = {0: text(LABELS), 1: text("The name of each class."), 2: ("byte", _AXIS_LABELS)}
            values[6] = vector([table(5, said)])
        return table(7, values)

    graph = {
        2: vector([given(name) for name in inputs]),
        3: vector([output(name) for name in outputs]),
    }
    described = f"Exported by {metadata.exporter or 'TF-Slim'}."
    root = {
        0: text(metadata.net or "model"),
        1: text(described),
        3: vector([table(7, graph)]),
        7: text(_VERSION),
    }
    builder.Finish(table(8, root), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())
