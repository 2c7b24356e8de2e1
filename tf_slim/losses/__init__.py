"""Losses: `loss(predictions, labels, weights)`, each a scalar that joins the total loss.

The argument order is the reverse of that of `tf.compat.v1.losses` and Keras.
"""

from tf_slim.losses import metric_learning
from tf_slim.losses.classification import (
    hinge_loss,
    log_loss,
    sigmoid_cross_entropy,
    smoothed_sparse_softmax_cross_entropy,
    softmax_cross_entropy,
    sparse_softmax_cross_entropy,
)
from tf_slim.losses.collection import (
    add_loss,
    get_losses,
    get_regularization_losses,
    get_total_loss,
)
from tf_slim.losses.dice import dice_loss
from tf_slim.losses.engine import compute_weighted_loss
from tf_slim.losses.focal import focal_loss
from tf_slim.losses.metric_learning import (
    cluster_loss,
    contrastive_loss,
    lifted_struct_loss,
    npairs_loss,
    npairs_loss_multilabel,
    triplet_semihard_loss,
)
from tf_slim.losses.regression import (
    absolute_difference,
    cosine_distance,
    mean_pairwise_squared_error,
    mean_squared_error,
)

__all__ = [
    "absolute_difference",
    "add_loss",
    "cluster_loss",
    "compute_weighted_loss",
    "contrastive_loss",
    "cosine_distance",
    "dice_loss",
    "focal_loss",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "lifted_struct_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "metric_learning",
    "npairs_loss",
    "npairs_loss_multilabel",
    "sigmoid_cross_entropy",
    "smoothed_sparse_softmax_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
    "triplet_semihard_loss",
]
