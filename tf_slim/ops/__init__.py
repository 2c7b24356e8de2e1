"""Floor 0: scopes, variables, models. Imports nothing of the floors above."""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
