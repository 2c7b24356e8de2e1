"""The old path of `auc_using_histogram`."""

from tf_slim.metrics import auc_using_histogram

__all__ = ["auc_using_histogram"]
