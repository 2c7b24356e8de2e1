"""`nets.lenet` of research/slim."""

from tf_slim.nets.lenet import lenet, lenet_arg_scope

__all__ = ["lenet", "lenet_arg_scope"]
