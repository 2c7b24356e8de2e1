"""`nets.inception_utils` of research/slim."""

from tf_slim.nets.inception_utils import inception_arg_scope

__all__ = ["inception_arg_scope"]
