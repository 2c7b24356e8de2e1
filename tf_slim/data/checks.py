"""Reading every record of a data set, to find the one that is at fault."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data import images
from tf_slim.data.examples import LABEL, decode
from tf_slim.data.sources.protocol import RecordSource
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.data_errors import DataError

_REWRITE = "Leave the record out, or write it again (slim.data.image_example builds one)."
_REPLACE = "Leave the picture out, or put a good one in its place."
_RESIZE = "Give the Pipeline an image_size, or a preprocess that takes and makes these sizes."

# TensorFlow puts the iterator's name before its reason.
_BEFORE_THE_REASON = "MapV2: "


def check(spec: DatasetSpec) -> dict[int, int]:
    """Reads all of a data set: checksums, keys, labels, images and the number of records.

    Args:
        spec: The data set.

    Returns:
        The number of records of each class, for all classes in `[0, num_classes)`.

    Raises:
        DataError: At the first record that is at fault, or if the number of records is not
            `spec.num_samples`, or there are none.

    Examples:
        >>> slim.data.check(slim.data.from_folder("pets", "all"))
        {0: 24, 1: 24, 2: 24}
    """
    source = spec.records()
    counts = dict.fromkeys(range(spec.num_classes), 0)

    records = 0
    for labels in _labels(source, spec):
        records += 1
        for label in labels:
            counts[label] += 1
    check_count(spec, source, records)
    return counts


def find_fault(
    spec: DatasetSpec, source: RecordSource, prepare: Callable[[Any], tf.Tensor]
) -> DataError | None:
    """Looks for the first fault of a data set.

    Args:
        spec: The data set.
        source: Its records.
        prepare: Turns a picture of the source into the tensor that goes into a batch.

    Returns:
        The fault, or None if there is none.
    """
    try:
        check_count(spec, source, sum(1 for _ in _labels(source, spec, prepare)))
    except DataError as error:
        return error
    return None


def check_count(spec: DatasetSpec, source: RecordSource, count: int) -> None:
    """Compares a number of records with what the spec says.

    Raises:
        DataError: If there are no records, or not `spec.num_samples`.
    """
    which = f"data set {spec.name!r}, split {spec.split!r}"
    files = f" its {len(source.parts())} files" if spec.source is None else " the data"
    hold = "hold" if spec.source is None else "have"
    if not count:
        raise DataError(
            f"{which} has no records: {source.described()}.",
            remedy="Write the data again: an interrupted conversion leaves empty files.",
        )
    if spec.num_samples is not None and count != spec.num_samples:
        raise DataError(
            f"{which} should have {spec.num_samples} records, but{files} {hold} "
            f"{count}: {source.described()}.",
            remedy="Check that no file is missing or cut off, or correct num_samples of the spec.",
        )


def _labels(
    source: RecordSource,
    spec: DatasetSpec,
    prepare: Callable[[Any], tf.Tensor] | None = None,
) -> Iterator[list[int]]:
    """Yields the labels of each record, once the record has passed every check."""

    def read(*record: Any) -> tuple[tf.Tensor, ...]:
        picture, labels, _ = source.load_one(*record)
        if prepare is not None:
            image = prepare(picture)
        else:
            image = source.fetch(picture)
            image = decode(image, spec.image_channels) if source.encoded else image
        # The sum is there to be computed: TensorFlow leaves out what only a shape depends on.
        return labels, tf.shape(image), tf.reduce_sum(tf.cast(image, tf.float32))

    first_shape = None
    with _scanner(source, read) as scan:
        for part in source.parts():
            for index, (labels, shape, _) in enumerate(scan(part)):
                shape = shape.tolist()
                first_shape = first_shape or shape
                bad = [label for label in labels if not 0 <= label < spec.num_classes]
                if bad:
                    problem = f"{LABEL} is {bad[0]}, but labels must be in [0, {spec.num_classes})."
                    remedy = "Correct num_classes of the spec, or the label."
                elif prepare is not None and shape != first_shape:
                    problem = (
                        f"after preprocessing the image is {shape}, but that of the first record "
                        f"is {first_shape}: they do not fit into one batch."
                    )
                    remedy = _RESIZE
                else:
                    yield np.asarray(labels).tolist()
                    continue
                raise DataError(problem, remedy=remedy, **source.place(part, index)._asdict())


@contextlib.contextmanager
def _scanner(
    source: RecordSource, read: Callable[..., tuple[tf.Tensor, ...]]
) -> Iterator[Callable[[Any], Iterator]]:
    """What yields `read(record)` for each record of a part.

    A graph of its own works in every mode. It is one for all parts: it takes longer to prepare than
    a small file to read.
    """
    named = all(isinstance(part, str) for part in source.parts())
    # The caller must not find this graph its default one between two records.
    with tf.Graph().as_default() as graph:
        name = tf.compat.v1.placeholder(tf.string, []) if named else None
        dataset = source.read_part(name)
        dataset = dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    # It would take longer than most files.
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    session = tf.compat.v1.Session(graph=graph, config=config)
    following = session.make_callable(following)

    def scan(part: Any) -> Iterator:
        source.start_part(part)
        record = 0
        try:
            session.run(iterator.initializer, {name: part} if named else None)
            while True:
                yield following()
                record += 1
        except tf.errors.OutOfRangeError:
            source.finish_part(part)
        except tf.errors.OpError as error:
            damage = source.damage(part, record, error)
            if damage is not None:
                raise damage from error
            problem, remedy = _explain(source, part, record, error)
            where = source.place(part, record)._asdict()
            raise DataError(problem, remedy=remedy, **where) from error

    try:
        yield scan
    finally:
        session.close()


def _explain(
    source: RecordSource, part: Any, record: int, error: tf.errors.OpError
) -> tuple[str, str]:
    """Says why a record could not be parsed, decoded or preprocessed, and what to do about it."""
    found = source.explain(part, record)
    if isinstance(found, tuple):
        return found
    reason = error.message.partition("\n")[0].rpartition(_BEFORE_THE_REASON)[2].rstrip(".")
    if found is None:
        return f"preprocessing the picture fails: {reason}.", _RESIZE
    remedy = _REWRITE if source.listing is None else _REPLACE
    image = f"the image of {len(found)} bytes, starting with {found[:8]!r},"
    damage = images.fault(found)
    if damage is not None:
        return f"{image} does not decode: it {damage}.", remedy
    return f"{image} decodes, but preprocessing it fails: {reason}.", _RESIZE
