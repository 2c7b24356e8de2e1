"""`nets.inception_v4` of research/slim."""

from tf_slim.nets.inception_v4 import (
    block_inception_a,
    block_inception_b,
    block_inception_c,
    block_reduction_a,
    block_reduction_b,
    inception_v4,
    inception_v4_arg_scope,
    inception_v4_base,
)

__all__ = [
    "block_inception_a",
    "block_inception_b",
    "block_inception_c",
    "block_reduction_a",
    "block_reduction_b",
    "inception_v4",
    "inception_v4_arg_scope",
    "inception_v4_base",
]
