"""NASNet and PNASNet: nets of cells that were found by search."""

from tf_slim.nets.nasnet import nasnet, nasnet_utils, pnasnet
from tf_slim.nets.nasnet.config import NasNetConfig

__all__ = ["NasNetConfig", "nasnet", "nasnet_utils", "pnasnet"]
