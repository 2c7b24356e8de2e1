"""`nets.inception_v2` of research/slim: all end points of the head, and another arg_scope."""

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.legacy.research_slim.nets.inception_utils import inception_arg_scope
from tf_slim.nets import inception_v2 as _ours
from tf_slim.nets.inception_v2 import inception_v2_base, trunc_normal

__all__ = ["inception_v2", "inception_v2_arg_scope", "inception_v2_base", "trunc_normal"]

inception_v2 = _conventions.not_as_in_contrib(_ours.inception_v2, default_image_size=224)
inception_v2_arg_scope = inception_arg_scope
