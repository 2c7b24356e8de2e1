from ..gradients import add_gradients_summaries as add_gradients_summaries
from ..gradients import clip_gradient_norms as clip_gradient_norms
from ..gradients import clip_gradient_norms_fn as clip_gradient_norms_fn
from ..gradients import multiply_gradients as multiply_gradients
from . import evaluation as evaluation
from . import training as training
from .training import create_train_op as create_train_op
from .training import train as train
