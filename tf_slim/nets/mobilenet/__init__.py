"""MobileNet V2, V3 and EdgeTPU, and what they are built of. (V1 is `slim.nets.mobilenet_v1`.)"""

from tf_slim.nets.mobilenet import conv_blocks, mobilenet, mobilenet_v2, mobilenet_v3

__all__ = ["conv_blocks", "mobilenet", "mobilenet_v2", "mobilenet_v3"]
