"""Reading every record of a data set, to find the one that is at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from tf_slim.data.examples import IMAGE, LABEL, decode, parse
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import tfrecord
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

_REWRITE = "Leave the record out, or write it again (slim.data.image_example builds one)."
_RESIZE = "Give the Pipeline an image_size, or a preprocess that takes and makes these sizes."

# TensorFlow puts the iterator's name before its reason, and the failing node on the next line.
_BEFORE_THE_REASON = "MapV2: "
_DECODING = re.compile(r"node [^}]*DecodeImage}")


def check(spec: DatasetSpec) -> dict[int, int]:
    """Reads all of a data set: checksums, keys, labels, images and the number of records.

    Args:
        spec: The data set.

    Returns:
        The number of records of each class, for all classes in `[0, num_classes)`.

    Raises:
        DataError: At the first record that is at fault, or if the number of records is not
            `spec.num_samples`, or there are none.
    """
    files = spec.files()
    counts = dict.fromkeys(range(spec.num_classes), 0)

    for label in _labels(files, spec):
        counts[label] += 1
    check_count(spec, files, sum(counts.values()))
    return counts


def find_fault(
    spec: DatasetSpec, files: Sequence[str], prepare: Callable[[tf.Tensor], tf.Tensor]
) -> DataError | None:
    """Looks for the first fault of a data set.

    Args:
        spec: The data set.
        files: Its files.
        prepare: Turns an encoded image into the tensor that goes into a batch.

    Returns:
        The fault, or None if there is none.
    """
    try:
        check_count(spec, files, sum(1 for _ in _labels(files, spec, prepare)))
    except DataError as error:
        return error
    return None


def check_count(spec: DatasetSpec, files: Sequence[str], count: int) -> None:
    """Compares a number of records with what the spec says.

    Raises:
        DataError: If there are no records, or not `spec.num_samples`.
    """
    which = f"data set {spec.name!r}, split {spec.split!r}"
    shown = first_few(files, 3)
    if not count:
        raise DataError(
            f"{which} has no records: {shown}.",
            remedy="Write the data again: an interrupted conversion leaves empty files.",
        )
    if spec.num_samples is not None and count != spec.num_samples:
        raise DataError(
            f"{which} should have {spec.num_samples} records, but its {len(files)} files hold "
            f"{count}: {shown}.",
            remedy="Check that no file is missing or cut off, or correct num_samples of the spec.",
        )


def _labels(
    files: Sequence[str],
    spec: DatasetSpec,
    prepare: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> Iterator[int]:
    """Yields the label of each record, once the record has passed every check."""

    def read(record: tf.Tensor) -> tuple[tf.Tensor, ...]:
        encoded, label = parse(record)
        image = decode(encoded, spec.image_channels) if prepare is None else prepare(encoded)
        # The sum is there to be computed: TensorFlow leaves out what only a shape depends on.
        return label, tf.shape(image), tf.reduce_sum(tf.cast(image, tf.float32))

    first_shape = None
    for path in files:
        for index, (label, shape, _) in enumerate(_scan(path, read)):
            shape = shape.tolist()
            first_shape = first_shape or shape
            if not 0 <= label < spec.num_classes:
                problem = f"{LABEL} is {label}, but labels must be in [0, {spec.num_classes})."
                remedy = "Correct num_classes of the spec, or the label."
            elif prepare is not None and shape != first_shape:
                problem = (
                    f"after preprocessing the image is {shape}, but that of the first record is "
                    f"{first_shape}: they do not fit into one batch."
                )
                remedy = _RESIZE
            else:
                yield int(label)
                continue
            offset = tfrecord.record_offset(path, index)
            raise DataError(problem, path=path, record=index, offset=offset, remedy=remedy)


def _scan(path: str, read: Callable[[tf.Tensor], tuple[tf.Tensor, ...]]) -> Iterator:
    """Yields `read(record)` for each record of a file. A graph of its own works in every mode."""
    tfrecord.refuse_endless([path])
    # The caller must not find this graph its default one between two records.
    with tf.Graph().as_default() as graph:
        dataset = tf.data.TFRecordDataset(path)
        dataset = dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        following = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    session = tf.compat.v1.Session(graph=graph, config=config)
    record = 0
    try:
        following = session.make_callable(following)
        while True:
            yield following()
            record += 1
    except tf.errors.OutOfRangeError:
        # TensorFlow takes a file that ends within the header of a record for complete.
        tfrecord.count_records([path])
    except tf.errors.DataLossError as error:
        offset = tfrecord.record_offset(path, record)
        raise tfrecord.broken(path, record, offset) from error
    except tf.errors.InvalidArgumentError as error:
        problem, remedy = _explain(tfrecord.read_record(path, record), error)
        offset = tfrecord.record_offset(path, record)
        raise DataError(problem, path=path, record=record, offset=offset, remedy=remedy) from error
    except tf.errors.OpError as error:
        raise DataError(
            f"the file cannot be read: {error.message}",
            path=path,
            remedy="Check that it is still there and may be read.",
        ) from error
    finally:
        session.close()


def _explain(record: bytes, error: tf.errors.OpError) -> tuple[str, str]:
    """Says why a record could not be parsed, decoded or preprocessed, and what to do about it."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except Exception:  # protobuf's DecodeError, whose home differs between its versions
        return f"its {len(record)} bytes are not a tf.train.Example.", _REWRITE
    for key, kind in ((IMAGE, "bytes_list"), (LABEL, "int64_list")):
        if key not in features:
            present = ", ".join(sorted(features)) or "none"
            return f"the key {key!r} is missing. Its keys are: {present}.", _REWRITE
        received = features[key].WhichOneof("kind")
        if received != kind:
            return f"{key!r} must be one value of {kind}, received {received}.", _REWRITE
        count = len(getattr(features[key], kind).value)
        if count != 1:
            return f"{key!r} must be one value, received {count}.", _REWRITE
    encoded = features[IMAGE].bytes_list.value[0]
    image = f"the image of {len(encoded)} bytes, starting with {encoded[:8]!r},"
    reason = error.message.partition("\n")[0].rpartition(_BEFORE_THE_REASON)[2].rstrip(".")
    if _DECODING.search(error.message):
        return f"{image} does not decode as PNG, JPEG, GIF or BMP: {reason}.", _REWRITE
    return f"{image} decodes, but preprocessing it fails: {reason}.", _RESIZE
