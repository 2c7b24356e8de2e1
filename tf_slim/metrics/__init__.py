"""Metrics: `streaming_*(predictions, labels, weights)`, accumulated over batches.

The argument order is the reverse of that of `tf.compat.v1.metrics` and Keras. In a v1 graph a
metric is a pair `(value, update_op)`; in all other code `stateful` makes an object of it.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
