"""`nets.resnet_utils` of research/slim."""

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.nets import resnet_utils as _resnet_utils
from tf_slim.nets.resnet_utils import Block, conv2d_same, resnet_arg_scope, subsample

__all__ = ["Block", "conv2d_same", "resnet_arg_scope", "stack_blocks_dense", "subsample"]

stack_blocks_dense = _conventions.with_signature(
    _resnet_utils.stack_blocks_dense,
    "net",
    "blocks",
    "output_stride",
    "store_non_strided_activations",
)
