"""Where the records of a split come from: one protocol, and one file for each kind."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
