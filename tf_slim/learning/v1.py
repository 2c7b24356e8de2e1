"""Training in the graphs of TensorFlow 1: `slim.learning.create_train_op`, `train` and others."""

from tf_slim.legacy.gradients import (
    add_gradients_summaries,
    clip_gradient_norms,
    multiply_gradients,
)
from tf_slim.legacy.train_loop import train, train_step
from tf_slim.legacy.train_op import create_train_op

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "multiply_gradients",
    "train",
    "train_step",
]
