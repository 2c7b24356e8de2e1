"""Losses over the distances between embeddings. None of them is collected by `add_loss`."""

from tf_slim.losses.metric_learning.clustering import cluster_loss
from tf_slim.losses.metric_learning.contrastive import contrastive_loss
from tf_slim.losses.metric_learning.lifted import lifted_struct_loss
from tf_slim.losses.metric_learning.npairs import npairs_loss, npairs_loss_multilabel
from tf_slim.losses.metric_learning.triplet import triplet_semihard_loss

__all__ = [
    "cluster_loss",
    "contrastive_loss",
    "lifted_struct_loss",
    "npairs_loss",
    "npairs_loss_multilabel",
    "triplet_semihard_loss",
]
