"""Training in the graphs of TensorFlow 1 by sessions with hooks."""

from tf_slim.legacy.gradients import (
    add_gradients_summaries,
    clip_gradient_norms,
    clip_gradient_norms_fn,
    multiply_gradients,
)
from tf_slim.legacy.monitored_training import train
from tf_slim.legacy.train_op import create_transformed_train_op as create_train_op

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "multiply_gradients",
    "train",
]
