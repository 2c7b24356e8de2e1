"""MobileNet V2, V3 and EdgeTPU, and what they are built of. (V1 is `slim.nets.mobilenet_v1`.)"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
