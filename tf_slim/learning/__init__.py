"""Training: one compiled step and the loop round it, and the loops of TensorFlow 1.

`make_train_step` and `fit` are for eager code and `tf.function`; `create_train_op` and `train` for
the graphs of TensorFlow 1.
"""

from tf_slim.learning import supervisor, tf_saver
from tf_slim.learning.fit import NonFiniteLossError, Run, fit
from tf_slim.learning.run_folder import read_history
from tf_slim.learning.run_lock import RunInUseError, RunLostError
from tf_slim.learning.train_step import TrainStep, make_train_step

# Last, since `train_step`, the function, takes the place of the module of that name.
from tf_slim.learning.v1 import (  # isort: skip
    add_gradients_summaries,
    clip_gradient_norms,
    create_train_op,
    multiply_gradients,
    train,
    train_step,
)

__all__ = [
    "NonFiniteLossError",
    "Run",
    "RunInUseError",
    "RunLostError",
    "TrainStep",
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "fit",
    "make_train_step",
    "multiply_gradients",
    "read_history",
    "supervisor",
    "tf_saver",
    "train",
    "train_step",
]
