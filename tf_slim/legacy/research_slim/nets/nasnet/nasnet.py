"""`nets.nasnet.nasnet` of research/slim."""

from tf_slim.legacy.research_slim.nets.nasnet._builders import builder
from tf_slim.nets.nasnet import nasnet as _nasnet
from tf_slim.nets.nasnet.nasnet import (
    cifar_config,
    large_imagenet_config,
    mobile_imagenet_config,
    nasnet_cifar_arg_scope,
    nasnet_large_arg_scope,
    nasnet_mobile_arg_scope,
)

__all__ = [
    "build_nasnet_cifar",
    "build_nasnet_large",
    "build_nasnet_mobile",
    "cifar_config",
    "large_imagenet_config",
    "mobile_imagenet_config",
    "nasnet_cifar_arg_scope",
    "nasnet_large_arg_scope",
    "nasnet_mobile_arg_scope",
]

build_nasnet_cifar = builder(_nasnet.nasnet_cifar)
build_nasnet_mobile = builder(_nasnet.nasnet_mobile)
build_nasnet_large = builder(_nasnet.nasnet_large)
