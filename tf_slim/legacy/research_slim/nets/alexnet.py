"""`nets.alexnet` of research/slim."""

from tf_slim.nets.alexnet import alexnet_v2, alexnet_v2_arg_scope, trunc_normal

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope", "trunc_normal"]
