"""Preprocessing: from a decoded image to what a net is fed. One file each, found by name."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
