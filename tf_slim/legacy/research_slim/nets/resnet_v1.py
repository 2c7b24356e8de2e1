"""`nets.resnet_v1` of research/slim: logits without height and width."""

import contextlib

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.legacy.research_slim.nets import resnet_utils as resnet_utils
from tf_slim.nets import resnet_v1 as _ours
from tf_slim.nets.resnet_v1 import bottleneck, resnet_arg_scope, resnet_v1_block

__all__ = [
    "NoOpScope",
    "bottleneck",
    "resnet_arg_scope",
    "resnet_v1",
    "resnet_v1_50",
    "resnet_v1_101",
    "resnet_v1_152",
    "resnet_v1_200",
    "resnet_v1_block",
]

NoOpScope = contextlib.nullcontext

resnet_v1 = _conventions.not_as_in_contrib(_ours.resnet_v1, default_image_size=224)
resnet_v1_50 = _conventions.not_as_in_contrib(_ours.resnet_v1_50, default_image_size=224)
resnet_v1_101 = _conventions.not_as_in_contrib(_ours.resnet_v1_101, default_image_size=224)
resnet_v1_152 = _conventions.not_as_in_contrib(_ours.resnet_v1_152, default_image_size=224)
resnet_v1_200 = _conventions.not_as_in_contrib(_ours.resnet_v1_200, default_image_size=224)
