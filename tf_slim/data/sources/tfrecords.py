"""The records of TFRecord files: `tf.train.Example` with an encoded picture and its label."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import tensorflow as tf

from tf_slim.data import examples
from tf_slim.data.sources.protocol import Loaded, Place, RecordSource
from tf_slim.ops import tfrecord
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

_REWRITE = "Leave the record out, or write it again (slim.data.image_example builds one)."


class TFRecords(RecordSource):
    """TFRecord files, each of which is a shard."""

    def __init__(self, files: Sequence[str], *, multi_label: bool = False, weighted: bool = False):
        """Takes note of the files; none is opened.

        Args:
            files: Their paths, in an order that is always the same.
            multi_label: Whether a record has any number of labels.
            weighted: Whether records have a weight; those without one have 1.
        """
        self._files = list(files)
        self._multi_label = multi_label
        self._weighted = weighted

    def count(self) -> int:
        return tfrecord.count_records(self._files)

    @property
    def known_count(self) -> int | None:
        return None

    def shards(self) -> Sequence[str]:
        return self._files

    def read(self, shard: tf.Tensor) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(shard)

    def part(self, shards: Sequence[str]) -> TFRecords:
        return TFRecords(shards, multi_label=self._multi_label, weighted=self._weighted)

    def read_all(self) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(self._files)

    def load(self, records: tf.Tensor) -> Loaded:
        return Loaded(
            *examples.parse(records, multi_label=self._multi_label, weighted=self._weighted)
        )

    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        names: dict[int, str | None] = {}
        wanted = set(positions)
        everything = ((path, *where) for path in self._files for where in tfrecord.offsets(path))
        for position, (path, offset, length) in enumerate(
            itertools.islice(everything, max(wanted, default=-1) + 1)
        ):
            if position in wanted:
                names[position] = examples.filename(tfrecord.read_at(path, offset, length))
        return [names[position] for position in positions]

    def files(self) -> list[str]:
        return list(self._files)

    def described(self) -> str:
        return first_few(self._files, 3)

    def parts(self) -> Sequence[str]:
        return self._files

    def start_part(self, part: str) -> None:
        tfrecord.refuse_endless([part])

    def read_part(self, part: tf.Tensor) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(part)

    def place(self, part: str, record: int) -> Place:
        return Place(part, record, tfrecord.record_offset(part, record))

    def finish_part(self, part: str) -> None:
        # TensorFlow takes a file that ends within the header of a record for complete.
        tfrecord.count_records([part])

    def damage(self, part: str, record: int, error: tf.errors.OpError) -> Exception | None:
        if isinstance(error, tf.errors.DataLossError):
            return tfrecord.broken(part, record, tfrecord.record_offset(part, record))
        if isinstance(error, tf.errors.InvalidArgumentError):
            return None
        return DataError(
            f"the file cannot be read: {error.message}",
            path=part,
            remedy="Check that it is still there and may be read.",
        )

    def explain(self, part: str, record: int) -> tuple[str, str] | bytes:
        content = tfrecord.read_record(part, record)
        try:
            features = tf.train.Example.FromString(content).features.feature
        except Exception:  # protobuf's DecodeError, whose home differs between its versions
            return f"its {len(content)} bytes are not a tf.train.Example.", _REWRITE
        labels = None if self._multi_label else 1
        kinds = [(examples.IMAGE, "bytes_list", 1), (examples.LABEL, "int64_list", labels)]
        if self._weighted and examples.WEIGHT in features:
            kinds.append((examples.WEIGHT, "float_list", 1))
        for key, kind, expected in kinds:
            if key not in features:
                if expected is None:
                    continue
                present = ", ".join(sorted(features)) or "none"
                return f"the key {key!r} is missing. Its keys are: {present}.", _REWRITE
            received = features[key].WhichOneof("kind")
            if received != kind:
                return f"{key!r} must be one value of {kind}, received {received}.", _REWRITE
            count = len(getattr(features[key], kind).value)
            if expected is not None and count != expected:
                return f"{key!r} must be one value, received {count}.", _REWRITE
        return features[examples.IMAGE].bytes_list.value[0]
