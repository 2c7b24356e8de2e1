"""Export: a trained model as files that other programs run, each of them run and compared.

`save` writes them; a format is a file here with a function under `register`.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
