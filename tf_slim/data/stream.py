"""The order of the records: a pure function of (seed, epoch), which can start anywhere.

Nothing here depends on `tf.random.set_seed`, on the number of cores, or on what was read before.
So a stream that starts at record n is the full stream from record n on, and a training that
resumes sees exactly the data it would have seen.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import tensorflow as tf

from tf_slim.data.sources.protocol import RecordSource, shard_tensor
from tf_slim.ops.arguments import is_ours
from tf_slim.ops.modes import do_not_convert

_FOREVER = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Shuffle:
    """How a training stream is shuffled.

    Attributes:
        seed: An integer in `[0, 2**31)`.
        buffer: Number of records to draw the next one from. Below 2, only shards are shuffled.
        cycle_length: Number of shards (files) to read side by side.
    """

    seed: int
    buffer: int
    cycle_length: int


def record_stream(
    source: RecordSource,
    *,
    start: int,
    num_samples: int,
    num_epochs: int | None,
    shuffle: Shuffle | None,
    num_parallel_calls: int = tf.data.AUTOTUNE,
) -> tf.data.Dataset:
    """Streams the records of a source, epoch after epoch.

    Args:
        source: Where the records come from.
        start: Number of records of the stream to leave out at its beginning.
        num_samples: Number of records in all, which is checked while reading: TensorFlow
            takes a file that ends within the header of a record for complete.
        num_epochs: Number of passes over the records. None repeats forever.
        shuffle: How to shuffle; None keeps the order of the source.
        num_parallel_calls: Number of shards to open in parallel; it does not change the order.

    Returns:
        A dataset of `(index in the full stream, record)`: an int64 scalar, and a record of the
        source.
    """
    first_epoch, skipped = divmod(start, num_samples)

    def epoch_records(epoch: tf.Tensor) -> tf.data.Dataset:
        if shuffle is None:
            records = source.read_all()
        else:
            records = _shuffled(source, epoch, shuffle, num_parallel_calls)
        return records.apply(tf.data.experimental.assert_cardinality(num_samples))

    if is_ours(type(source)):
        epoch_records = do_not_convert(epoch_records)
    last_epoch = _FOREVER if num_epochs is None else num_epochs
    epochs = tf.data.Dataset.range(min(first_epoch, last_epoch), last_epoch)
    return epochs.flat_map(epoch_records).skip(skipped).enumerate(start)


def _shuffled(
    source: RecordSource, epoch: tf.Tensor, shuffle: Shuffle, num_parallel_calls: int
) -> tf.data.Dataset:
    seeds = tf.random.stateless_uniform(
        [4],
        seed=tf.stack([tf.constant(shuffle.seed, tf.int64), epoch]),
        minval=None,
        maxval=None,
        dtype=tf.int64,
    )
    shards = source.shards()
    if len(shards) == 1:
        records = source.read_all()
    else:
        order = tf.random.experimental.stateless_shuffle(shard_tensor(shards), seed=seeds[:2])
        records = tf.data.Dataset.from_tensor_slices(order).interleave(
            source.read,
            # AUTOTUNE here would make the order depend on the machine.
            cycle_length=min(shuffle.cycle_length, len(shards)),
            num_parallel_calls=num_parallel_calls,
            deterministic=True,
        )
    if shuffle.buffer < 2:
        return records
    specs: list[Any] = tf.nest.flatten(records.element_spec)
    # Dataset.shuffle would mix tf.random.set_seed's seed into this one.
    variant = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(records),
        buffer_size=tf.constant(shuffle.buffer, tf.int64),
        seed=seeds[2],
        seed2=seeds[3],
        reshuffle_each_iteration=False,
        output_types=[spec.dtype for spec in specs],
        output_shapes=[spec.shape for spec in specs],
    )
    return tf.data.experimental.from_variant(variant, records.element_spec)
