"""`nets.i3d_utils` of research/slim."""

from tf_slim.nets.i3d_utils import (
    center_initializer,
    conv3d_spatiotemporal,
    inception_block_v1_3d,
    reduced_kernel_size_3d,
)

__all__ = [
    "center_initializer",
    "conv3d_spatiotemporal",
    "inception_block_v1_3d",
    "reduced_kernel_size_3d",
]
