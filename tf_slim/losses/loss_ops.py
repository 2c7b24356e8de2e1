"""The old path of the losses: `tf_slim.losses.loss_ops.mean_squared_error` and others."""

from tf_slim.losses.classification import (
    hinge_loss,
    log_loss,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    sparse_softmax_cross_entropy,
)
from tf_slim.losses.collection import (
    add_loss,
    get_losses,
    get_regularization_losses,
    get_total_loss,
)
from tf_slim.losses.engine import compute_weighted_loss
from tf_slim.losses.regression import (
    absolute_difference,
    cosine_distance,
    mean_pairwise_squared_error,
    mean_squared_error,
)

__all__ = [
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]
