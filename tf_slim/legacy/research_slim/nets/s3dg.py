"""`nets.s3dg` of research/slim."""

from tf_slim.nets.s3dg import (
    conv3d_spatiotemporal,
    inception_block_v1_3d,
    s3dg,
    s3dg_arg_scope,
    s3dg_base,
    self_gating,
    trunc_normal,
)

__all__ = [
    "conv3d_spatiotemporal",
    "inception_block_v1_3d",
    "s3dg",
    "s3dg_arg_scope",
    "s3dg_base",
    "self_gating",
    "trunc_normal",
]
