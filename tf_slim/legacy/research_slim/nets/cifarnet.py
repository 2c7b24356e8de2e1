"""`nets.cifarnet` of research/slim."""

from tf_slim.nets.cifarnet import cifarnet, cifarnet_arg_scope, trunc_normal

__all__ = ["cifarnet", "cifarnet_arg_scope", "trunc_normal"]
