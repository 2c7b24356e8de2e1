"""The old path of `bucketize`."""

from tf_slim.layers.sparse import bucketize

__all__ = ["bucketize"]
