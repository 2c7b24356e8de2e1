"""Writing one shard of a conversion: whole or not at all, with its counts and its checksum."""

from __future__ import annotations

import collections
import dataclasses
import errno
import hashlib
import os
from collections.abc import Callable, Mapping

import tensorflow as tf

from tf_slim.data.conversion.probing import Probe, Unreadable, probe
from tf_slim.data.conversion.reading import Shard, Stored
from tf_slim.data.conversion.workplace import Done
from tf_slim.data.manifest import ManifestFile
from tf_slim.data.writer import record_of
from tf_slim.ops import files
from tf_slim.ops.data_errors import DataError

_BLOCK = 1 << 20
_REMEDY = "Replace or remove it, or leave such pictures out (on_error='skip', --on-error skip)."


@dataclasses.dataclass(frozen=True)
class ShardWriter:
    """Writes shards.

    Attributes:
        folder: Where to write them.
        labels: Name of each class.
        decode: Whether pictures have to be decoded, since nobody has done that yet.
        skip: Whether to leave out pictures that cannot be used; else they are an error.
        check: Called before each record; raises an error when everything is to end.
        wrote: Called with a number of records, now and then.
    """

    folder: str
    labels: Mapping[int, str]
    decode: bool
    skip: bool
    check: Callable[[], None]
    wrote: Callable[[int], None]

    def write(self, shard: Shard, name: str) -> Done:
        """Writes a shard.

        Args:
            shard: Its pictures.
            name: Name of the file.

        Returns:
            What was written.

        Raises:
            DataError: If a picture cannot be used.
            OSError: If the file cannot be written; of a full disk its `errno` is ENOSPC.
            Stopped: If everything is to end.
        """
        path = os.path.join(self.folder, name)
        classes: collections.Counter[int] = collections.Counter()
        skipped: list[tuple[str, str]] = []
        records = 0
        with files.replacing(path) as part:
            try:
                with tf.io.TFRecordWriter(part) as writer:
                    for stored in shard.read():
                        self.check()
                        try:
                            record = self._record(stored)
                        except Unreadable as error:
                            skipped.append((stored.called, str(error)))
                            self.wrote(1)
                            continue
                        writer.write(record)
                        classes.update(stored.labels)
                        records += 1
                        self.wrote(1)
            except tf.errors.OpError as error:
                raise _explained(error, part) from error
            size, digest = os.path.getsize(part), sha256_of(part)
        return Done(ManifestFile(name, records, size, digest), dict(classes), tuple(skipped))

    def _record(self, stored: Stored) -> bytes:
        try:
            found = usable(stored, self.labels, decode=self.decode)
        except Unreadable as error:
            if self.skip:
                raise
            raise DataError(f"this {error}.", path=stored.where, remedy=_REMEDY) from error
        if stored.record is not None:
            return stored.record
        example = record_of(
            found.encoded,
            found.format,
            found.height,
            found.width,
            stored.labels,
            texts=[self.labels[label] for label in stored.labels],
            filename=stored.path,
            weight=stored.weight,
        )
        return example.SerializeToString(deterministic=True)


def usable(stored: Stored, labels: Mapping[int, str], *, decode: bool) -> Probe:
    """Sees whether a picture can be used.

    Args:
        stored: The picture.
        labels: Name of each class that there is.
        decode: Whether to decode it, or to believe its header.

    Returns:
        What it is.

    Raises:
        Unreadable: If it cannot.
    """
    if stored.content is None:
        raise Unreadable(stored.problem or "cannot be read")
    for label in stored.labels:
        if label not in labels:
            raise Unreadable(f"has the label {label}, and there is no such class")
    return probe(stored.content, decode=decode)


def sha256_of(path: str) -> str:
    """The checksum of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with files.opened(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _explained(error: tf.errors.OpError, path: str) -> Exception:
    """TensorFlow's error for a file that cannot be written, as the system's own."""
    full = isinstance(error, tf.errors.ResourceExhaustedError) or "No space left" in error.message
    if full:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    if "File too large" in error.message:
        return OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    if isinstance(error, tf.errors.DataLossError):
        return DataError(f"a file of the source is damaged: {error.message}")
    return OSError(errno.EIO, error.message, path)
