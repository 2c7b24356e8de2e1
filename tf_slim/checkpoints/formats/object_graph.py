"""The names in object-based checkpoints, those of `tf.train.Checkpoint` and of SavedModels.

Such a checkpoint holds its tensors under the paths of the attributes that lead to them, and a
graph of the objects that also says what each variable is called.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator

KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"

# Fields of TrackableObjectGraph, of its TrackableObjects, and of their SerializedTensors.
_NODES, _ATTRIBUTES, _FULL_NAME, _CHECKPOINT_KEY = 1, 2, 2, 3


def names(graph: bytes, keys) -> dict[str, str]:
    """Names for the keys of a checkpoint.

    Args:
      graph: the serialized object graph.
      keys: all keys of the checkpoint.

    Returns:
      The keys by the name of the variable; where several variables have one name (as Keras's
      have), by the path of attributes.
    """
    full_names = {}
    for node in _messages(graph, _NODES):
        for attribute in _messages(node, _ATTRIBUTES):
            fields = dict(_fields(attribute))
            key = fields.get(_CHECKPOINT_KEY, b"").decode()
            full_names[key] = fields.get(_FULL_NAME, b"").decode()
    keys = [key for key in keys if key != KEY]
    paths = {key: key.removesuffix(_VALUE) for key in keys}
    wanted = {key: full_names.get(key) or paths[key] for key in keys}
    counts = collections.Counter(wanted.values())
    # A name that is also the path of another one would hide it.
    taken = collections.Counter(paths.values())
    result = {}
    for key in keys:
        name, path = wanted[key], paths[key]
        alone = counts[name] == 1 and (name == path or not taken[name])
        result[name if alone else path] = key
    return result


def _messages(data: bytes, number: int) -> Iterator[bytes]:
    return (value for field, value in _fields(data) if field == number)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer that have a length; TensorFlow keeps this one private."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("the object graph ends too early")
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"the object graph has a field of unknown kind {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
