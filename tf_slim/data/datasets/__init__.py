"""The data sets that come with TF-Slim: one file each, which registers itself."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
