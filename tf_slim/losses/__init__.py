"""Losses: `loss(predictions, labels, weights)`, each a scalar that joins the total loss.

The argument order is the reverse of that of `tf.compat.v1.losses` and Keras.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
