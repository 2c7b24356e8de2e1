"""The old path of `prefetch_queue`."""

from tf_slim.legacy.prefetch_queue import prefetch_queue

__all__ = ["prefetch_queue"]
