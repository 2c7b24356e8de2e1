"""`nets.resnet_v2` of research/slim: logits without height and width."""

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.legacy.research_slim.nets import resnet_utils as resnet_utils
from tf_slim.nets import resnet_v2 as _ours
from tf_slim.nets.resnet_v2 import bottleneck, resnet_arg_scope, resnet_v2_block

__all__ = [
    "bottleneck",
    "resnet_arg_scope",
    "resnet_v2",
    "resnet_v2_50",
    "resnet_v2_101",
    "resnet_v2_152",
    "resnet_v2_200",
    "resnet_v2_block",
]

resnet_v2 = _conventions.not_as_in_contrib(_ours.resnet_v2, default_image_size=224)
resnet_v2_50 = _conventions.not_as_in_contrib(_ours.resnet_v2_50, default_image_size=224)
resnet_v2_101 = _conventions.not_as_in_contrib(_ours.resnet_v2_101, default_image_size=224)
resnet_v2_152 = _conventions.not_as_in_contrib(_ours.resnet_v2_152, default_image_size=224)
resnet_v2_200 = _conventions.not_as_in_contrib(_ours.resnet_v2_200, default_image_size=224)
