"""`nets.mobilenet.mobilenet` of research/slim: its scope is one of training."""

from tf_slim.nets.mobilenet import mobilenet as _mobilenet
from tf_slim.nets.mobilenet.mobilenet import (
    apply_activation,
    depth_multiplier,
    global_pool,
    mobilenet,
    mobilenet_base,
    op,
    safe_arg_scope,
    variant,
)

__all__ = [
    "apply_activation",
    "depth_multiplier",
    "global_pool",
    "mobilenet",
    "mobilenet_base",
    "op",
    "safe_arg_scope",
    "training_scope",
]

training_scope = variant(
    _mobilenet.training_scope,
    "training_scope",
    "The scope that MobileNet V2 and V3 are trained in.",
    is_training=True,
)
