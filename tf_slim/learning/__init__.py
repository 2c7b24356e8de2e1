"""Training: one compiled step and the loop round it, and the loops of TensorFlow 1.

`make_train_step` and `fit` are for eager code and `tf.function`; `create_train_op` and `train` for
the graphs of TensorFlow 1.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
