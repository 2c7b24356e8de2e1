from . import metric_learning as metric_learning
from .classification import hinge_loss as hinge_loss
from .classification import log_loss as log_loss
from .classification import sigmoid_cross_entropy as sigmoid_cross_entropy
from .classification import (
    smoothed_sparse_softmax_cross_entropy as smoothed_sparse_softmax_cross_entropy,
)
from .classification import softmax_cross_entropy as softmax_cross_entropy
from .classification import sparse_softmax_cross_entropy as sparse_softmax_cross_entropy
from .collection import add_loss as add_loss
from .collection import get_losses as get_losses
from .collection import get_regularization_losses as get_regularization_losses
from .collection import get_total_loss as get_total_loss
from .dice import dice_loss as dice_loss
from .engine import compute_weighted_loss as compute_weighted_loss
from .focal import focal_loss as focal_loss
from .metric_learning import cluster_loss as cluster_loss
from .metric_learning import contrastive_loss as contrastive_loss
from .metric_learning import lifted_struct_loss as lifted_struct_loss
from .metric_learning import npairs_loss as npairs_loss
from .metric_learning import npairs_loss_multilabel as npairs_loss_multilabel
from .metric_learning import triplet_semihard_loss as triplet_semihard_loss
from .of_labels import label_cross_entropy as label_cross_entropy
from .regression import absolute_difference as absolute_difference
from .regression import cosine_distance as cosine_distance
from .regression import mean_pairwise_squared_error as mean_pairwise_squared_error
from .regression import mean_squared_error as mean_squared_error
