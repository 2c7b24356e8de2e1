"""Image files in TensorFlow operations: what their headers say, and their pixels, upright."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
