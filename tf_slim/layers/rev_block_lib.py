"""The old path of reversible blocks: `tf_slim.layers.rev_block_lib.rev_block` and others."""

from tf_slim.layers.recompute import recompute_grad
from tf_slim.layers.reversible import RevBlock, rev_block

__all__ = ["RevBlock", "recompute_grad", "rev_block"]
