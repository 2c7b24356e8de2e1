"""Losses over the distances between embeddings. None of them is collected by `add_loss`."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
