"""`nets.inception_resnet_v2` of research/slim."""

from tf_slim.nets.inception_resnet_v2 import (
    block8,
    block17,
    block35,
    inception_resnet_v2,
    inception_resnet_v2_arg_scope,
    inception_resnet_v2_base,
)

__all__ = [
    "block8",
    "block17",
    "block35",
    "inception_resnet_v2",
    "inception_resnet_v2_arg_scope",
    "inception_resnet_v2_base",
]
