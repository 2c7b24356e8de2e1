"""A model behind HTTP: a page for people, TensorFlow Serving's REST forms for programs.

`tf-slim serve` is the command; `application` gives what it runs to programs with a server of their
own. It needs the extra `[serve]`.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
