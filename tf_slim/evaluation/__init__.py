"""Evaluation: a model over a whole data set, and the evaluation loops of TensorFlow 1.

`evaluate` is for eager code and `tf.function`; `evaluate_once`, `evaluation_loop` and hooks for the
graphs of TensorFlow 1.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
