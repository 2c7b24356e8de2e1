"""Slim's own API in `tf.compat.v1` graphs: loops, training operations, queues.

`slim.learning`, `slim.evaluation` and `slim.data` offer what is here under the names that it always
had. It rests on `ops` alone, so that every other room can do so.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
