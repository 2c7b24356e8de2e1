"""Training: one compiled step, and the loop round it."""

from tf_slim.learning.fit import NonFiniteLossError, Run, fit
from tf_slim.learning.run_folder import read_history
from tf_slim.learning.train_step import TrainStep, make_train_step

__all__ = ["NonFiniteLossError", "Run", "TrainStep", "fit", "make_train_step", "read_history"]
