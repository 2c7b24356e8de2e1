"""`nets.cyclegan` of research/slim."""

from tf_slim.nets.cyclegan import (
    cyclegan_arg_scope,
    cyclegan_generator_resnet,
    cyclegan_upsample,
)

__all__ = ["cyclegan_arg_scope", "cyclegan_generator_resnet", "cyclegan_upsample"]
