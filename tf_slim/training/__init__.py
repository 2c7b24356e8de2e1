"""Training in the graphs of TensorFlow 1 by sessions with hooks."""

from tf_slim.training import evaluation, training
from tf_slim.training.training import (
    add_gradients_summaries,
    clip_gradient_norms,
    clip_gradient_norms_fn,
    create_train_op,
    multiply_gradients,
    train,
)

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "evaluation",
    "multiply_gradients",
    "train",
    "training",
]
