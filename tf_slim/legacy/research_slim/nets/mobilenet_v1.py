"""`nets.mobilenet_v1` of research/slim: its scope is one of training unless told otherwise."""

import functools

from tf_slim.nets import mobilenet_v1 as _mobilenet_v1
from tf_slim.nets.mobilenet_v1 import (
    MOBILENETV1_CONV_DEFS,
    Conv,
    DepthSepConv,
    mobilenet_v1,
    mobilenet_v1_025,
    mobilenet_v1_050,
    mobilenet_v1_075,
    mobilenet_v1_base,
    variant,
)

__all__ = [
    "MOBILENETV1_CONV_DEFS",
    "Conv",
    "DepthSepConv",
    "mobilenet_v1",
    "mobilenet_v1_025",
    "mobilenet_v1_050",
    "mobilenet_v1_075",
    "mobilenet_v1_arg_scope",
    "mobilenet_v1_base",
    "wrapped_partial",
]

mobilenet_v1_arg_scope = variant(
    _mobilenet_v1.mobilenet_v1_arg_scope,
    "mobilenet_v1_arg_scope",
    "The scope that MobileNet V1 is trained in.",
    is_training=True,
)


def wrapped_partial(func, *args, **kwargs):
    """`functools.partial` with the name and documentation of the function."""
    return functools.update_wrapper(functools.partial(func, *args, **kwargs), func)
