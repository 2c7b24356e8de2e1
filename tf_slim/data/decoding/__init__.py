"""Decoders of records: what an example in a file has, and the items made of it."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
