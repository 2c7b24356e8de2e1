"""Data: what a data set is, where its records are, and how they become batches."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
