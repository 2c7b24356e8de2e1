"""`nets.overfeat` of research/slim."""

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.nets import overfeat as _overfeat
from tf_slim.nets.overfeat import overfeat_arg_scope, trunc_normal

__all__ = ["overfeat", "overfeat_arg_scope", "trunc_normal"]

overfeat = _conventions.with_signature(_overfeat.overfeat, default_image_size=231)
