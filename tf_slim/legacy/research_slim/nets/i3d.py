"""`nets.i3d` of research/slim."""

from tf_slim.nets.i3d import conv3d_spatiotemporal, i3d, i3d_arg_scope, i3d_base, trunc_normal

__all__ = ["conv3d_spatiotemporal", "i3d", "i3d_arg_scope", "i3d_base", "trunc_normal"]
