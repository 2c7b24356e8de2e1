"""`nets.nasnet.pnasnet` of research/slim."""

from tf_slim.legacy.research_slim.nets.nasnet._builders import builder
from tf_slim.nets.nasnet import pnasnet as _pnasnet
from tf_slim.nets.nasnet.pnasnet import (
    PNasNetNormalCell,
    large_imagenet_config,
    mobile_imagenet_config,
    pnasnet_large_arg_scope,
    pnasnet_mobile_arg_scope,
)

__all__ = [
    "PNasNetNormalCell",
    "build_pnasnet_large",
    "build_pnasnet_mobile",
    "large_imagenet_config",
    "mobile_imagenet_config",
    "pnasnet_large_arg_scope",
    "pnasnet_mobile_arg_scope",
]

build_pnasnet_large = builder(_pnasnet.pnasnet_large, "current_step")
build_pnasnet_mobile = builder(_pnasnet.pnasnet_mobile, "current_step")
