"""`nets.mobilenet.conv_blocks` of research/slim."""

from tf_slim.nets.mobilenet.conv_blocks import (
    expand_input_by_factor,
    expanded_conv,
    split_conv,
    split_separable_conv2d,
    squeeze_excite,
)

__all__ = [
    "expand_input_by_factor",
    "expanded_conv",
    "split_conv",
    "split_separable_conv2d",
    "squeeze_excite",
]
