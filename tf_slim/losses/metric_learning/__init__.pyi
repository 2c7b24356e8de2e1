from .clustering import cluster_loss as cluster_loss
from .contrastive import contrastive_loss as contrastive_loss
from .lifted import lifted_struct_loss as lifted_struct_loss
from .npairs import npairs_loss as npairs_loss
from .npairs import npairs_loss_multilabel as npairs_loss_multilabel
from .triplet import triplet_semihard_loss as triplet_semihard_loss
