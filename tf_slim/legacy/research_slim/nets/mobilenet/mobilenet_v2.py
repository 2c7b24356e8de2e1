"""`nets.mobilenet.mobilenet_v2` of research/slim."""

from tf_slim.legacy.research_slim.nets.mobilenet.mobilenet import training_scope
from tf_slim.legacy.research_slim.nets.mobilenet_v1 import wrapped_partial
from tf_slim.nets.mobilenet.mobilenet_v2 import (
    V2_DEF,
    V2_DEF_GROUP_NORM,
    expand_input,
    mobilenet,
    mobilenet_base,
    mobilenet_base_group_norm,
    mobilenet_v2,
    mobilenet_v2_035,
    mobilenet_v2_050,
    mobilenet_v2_140,
    op,
)

__all__ = [
    "V2_DEF",
    "V2_DEF_GROUP_NORM",
    "expand_input",
    "mobilenet",
    "mobilenet_base",
    "mobilenet_base_group_norm",
    "mobilenet_v2",
    "mobilenet_v2_035",
    "mobilenet_v2_050",
    "mobilenet_v2_140",
    "op",
    "training_scope",
    "wrapped_partial",
]
