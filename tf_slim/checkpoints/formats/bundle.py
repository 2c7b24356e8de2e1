"""TensorFlow's own: V2 (an index and data files), V1 (a single file), SavedModel variables.

Both carry a CRC-32C for every byte that is read, the index included, and TensorFlow checks it.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import re
from collections.abc import Mapping
from typing import Any

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats import object_graph
from tf_slim.checkpoints.formats.format import PLAIN_DTYPES, Content, Format
from tf_slim.checkpoints.formats.late import np, tf
from tf_slim.checkpoints.formats.plain_path import PlainPath
from tf_slim.checkpoints.formats.source import (
    Entry,
    Source,
    array_of,
)
from tf_slim.ops import files, paths

_THREADS = 4
_THREAD_BYTES = 1 << 22

_DATA = re.compile(r"\.data-(\d+)-of-(\d+)$")

# The last bytes of the tables that V1 checkpoints are.
_TABLE = 0xDB4775248B80FB57.to_bytes(8, "little")
# A file of a larger one is written without a word, and ends the process of whoever reads it.
_V1_RANK = 8


def _flaw(name: str) -> str | None:
    return "TensorFlow keeps it for a graph of objects" if name == object_graph.KEY else None


class Bundle(Source):
    """Checkpoints that TensorFlow itself reads."""

    checked = True

    def __init__(self, prefix: str):
        self._path = PlainPath(prefix)
        # Not tf.train.load_checkpoint, which prefers a folder of the same name.
        self._reader = tf.compat.v1.train.NewCheckpointReader(self.prefix)
        shapes = self._reader.get_variable_to_shape_map()
        dtypes = self._reader.get_variable_to_dtype_map()
        self.format = "V2" if paths.is_file(prefix + ".index") else "V1"
        self._keys = {name: name for name in sorted(shapes)}
        if object_graph.KEY in shapes:
            self.format = "object-based"
            graph = self._reader.get_tensor(object_graph.KEY)
            self._keys = object_graph.names(graph, self._keys)
        self.entries = {
            name: Entry(tuple(shapes[key]), dtypes[key]) for name, key in self._keys.items()
        }
        if self.format == "V1":
            _refuse_ranks(prefix, self.entries)

    @property
    def prefix(self) -> str:
        """What TensorFlow reads it by, as long as this object lives."""
        return self._path.prefix

    def read(self, name: str) -> np.ndarray:
        if self.format == "V1":
            return self._read_v1(name)
        return array_of(self._reader.get_tensor(self._keys[name]))

    def _read_v1(self, name: str) -> np.ndarray:
        """Reads by the operation: the reader knows but half of the dtypes of this format."""
        if _in_v1_graph():
            with tf.Graph().as_default(), tf.compat.v1.Session() as session:
                return array_of(session.run(self._restored([name])[0]))
        return array_of(self._restore([name])[0].numpy())

    def read_all(self, names: list[str]) -> list:
        if _in_v1_graph() or not names:
            return super().read_all(names)
        groups = self._shared_out(names)
        with concurrent.futures.ThreadPoolExecutor(len(groups)) as threads:
            values = {
                name: value
                for group, tensors in zip(groups, threads.map(self._restore, groups), strict=True)
                for name, value in zip(group, tensors, strict=True)
            }
        return [values[name] for name in names]

    def _restore(self, names: list[str]) -> list[tf.Tensor]:
        """Reads straight into tensors, where the reader would make an array of a tensor."""
        with tf.init_scope():
            return self._restored(names)

    def _restored(self, names: list[str]) -> list[tf.Tensor]:
        with tf.device("CPU:0"):
            return tf.raw_ops.RestoreV2(
                prefix=self.prefix,
                tensor_names=[self._keys[name] for name in names],
                shape_and_slices=[""] * len(names),
                dtypes=[self.entries[name].dtype for name in names],
            )

    def _shared_out(self, names: list[str]) -> list[list[str]]:
        """Groups of as many bytes each as can be, one for each thread that pays."""
        sizes = {name: self.entries[name].bytes for name in names}
        count = min(_THREADS, os.cpu_count() or 1, 1 + sum(sizes.values()) // _THREAD_BYTES)
        groups: list[list[str]] = [[] for _ in range(count)]
        filled = [0] * count
        for name in sorted(names, key=lambda name: -sizes[name]):
            least = filled.index(min(filled))
            groups[least].append(name)
            filled[least] += sizes[name]
        return [group for group in groups if group]


def _refuse_ranks(path: str, entries: Mapping[str, Entry]) -> None:
    for name, entry in entries.items():
        if len(entry.shape) > _V1_RANK:
            raise CheckpointError(
                f"{path}: {name!r} has rank {len(entry.shape)}, and TensorFlow cannot read a V1 "
                f"checkpoint with more than {_V1_RANK} dimensions. Save it anew as V2."
            )


class SavedModel(Bundle):
    """The variables of a SavedModel."""

    def __init__(self, folder: str):
        prefix = os.path.join(folder, "variables", "variables")
        if not paths.is_file(prefix + ".index"):
            raise CheckpointError(
                f"The SavedModel {folder} has no variables: its weights may be constants of the "
                "graph. tf-slim reads these from a frozen GraphDef."
            )
        super().__init__(prefix)
        self.format = "SavedModel"


def _write(prefix: str, values: Mapping[str, Any]) -> None:
    """Writes a V2 checkpoint.

    Args:
      prefix: of its files, in a folder that exists.
      values: tensors, arrays or eager variables by name.
    """
    with _aside():
        _run(
            tf.raw_ops.SaveV2(
                prefix=prefix,
                tensor_names=list(values),
                shape_and_slices=[""] * len(values),
                tensors=[tf.convert_to_tensor(value) for value in values.values()],
            )
        )


def _merge(prefixes: list[str], target: str) -> None:
    with _aside():
        _run(
            tf.raw_ops.MergeV2Checkpoints(
                checkpoint_prefixes=prefixes, destination_prefix=target, delete_old_dirs=False
            )
        )


def _write_v1(path: str, content: Content) -> None:
    """Writes a V1 checkpoint: the single file of TensorFlow before 1.0."""
    names = list(content.entries)
    with _aside():
        tensors = [tf.convert_to_tensor(content.read(name)) for name in names]
        _run(tf.raw_ops.Save(filename=path, tensor_names=names, data=tensors))


def _in_v1_graph() -> bool:
    from tf_slim.ops import modes  # which loads TensorFlow

    return modes.in_v1_graph()


def _aside() -> contextlib.AbstractContextManager:
    """For operations that are no part of what the caller builds."""
    return tf.Graph().as_default() if _in_v1_graph() else tf.init_scope()


def _run(op: Any) -> None:
    if op is not None:
        with tf.compat.v1.Session() as session:
            session.run(op)


def publish(staging: str, target: str, values: Mapping[str, Any]) -> None:
    """Writes a V2 checkpoint so that at every moment there is the old one or the new one.

    Moving the index into place makes the new one appear. A checkpoint of the same prefix has its
    data in files that must stay until then, so the new ones need other names, and their names
    hold nothing free but the number of files: that is how many are written.

    Args:
      staging: a folder to write in, as `files.staging` gives it.
      target: the prefix.
      values: tensors, arrays or eager variables by name.
    """
    base = os.path.basename(target)
    old = data_files(target)
    taken = {int(match.group(2)) for path in old if (match := _DATA.search(path))}
    count = min(set(range(1, len(taken) + 2)) - taken)
    # A lone variable cannot be divided, and takes the place of its former self in two moves.
    count = min(count, len(values))
    prefix = os.path.join(staging, base)
    if count == 1:
        _write(prefix, values)
    else:
        names = list(values)
        parts = [os.path.join(staging, f"part{index}") for index in range(count)]
        for index, part in enumerate(parts):
            _write(part, {name: values[name] for name in names[index::count]})
        _merge(parts, prefix)
    moves = [*data_files(prefix), prefix + ".index"]
    for path in moves:
        files.flush(path)
    for path in moves:
        files.publish(path, target + path.removeprefix(prefix))
    files.flush(os.path.dirname(target))
    new = {target + path.removeprefix(prefix) for path in moves}
    for path in old:
        if path not in new:
            paths.remove(path)


def data_files(prefix: str) -> list[str]:
    """The data files of a V2 checkpoint."""
    return paths.starting(prefix, ".data-*-of-*")


def _is_table(path: str, begin: bytes) -> bool:
    del begin
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - len(_TABLE)))
        return file.read() == _TABLE


V2 = Format("TensorFlow's format V2", Bundle, flaw=_flaw)
"""Several files by one prefix; `saving.save` writes them, by `publish`."""

V1 = Format(
    "TensorFlow's format V1",
    Bundle,
    recognizes=_is_table,
    write=_write_v1,
    dtypes=PLAIN_DTYPES - {"uint32", "uint64"} | {"complex64", "complex128", "string"},
    flaw=_flaw,
    rank=_V1_RANK,
)

SAVED_MODEL = Format("SavedModel", SavedModel)
