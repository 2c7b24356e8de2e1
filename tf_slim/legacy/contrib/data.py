"""What `tf.contrib.data` had and `tf.data.experimental` lacks."""

from __future__ import annotations

__all__ = ["batch_and_drop_remainder", "padded_batch_and_drop_remainder"]


def batch_and_drop_remainder(batch_size):
    """For `dataset.apply(...)`: batches of `batch_size`, without the last one if it is smaller."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(batch_size, padded_shapes, padding_values=None):
    """For `dataset.apply(...)`: the same for elements of several sizes, padded to one."""
    return lambda dataset: dataset.padded_batch(
        batch_size, padded_shapes, padding_values, drop_remainder=True
    )
