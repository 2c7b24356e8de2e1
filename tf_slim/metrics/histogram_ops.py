"""The old path of `auc_using_histogram`."""

import tensorflow as tf

from tf_slim.metrics import auc_using_histogram

__all__ = ["auc_using_histogram"]


# Private, but the tests of the last old release call it.
def _strict_1d_cumsum(tensor, len_tensor):
    return tf.cumsum(tensor)[:len_tensor]
