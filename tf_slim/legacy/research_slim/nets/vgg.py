"""`nets.vgg` of research/slim: `reuse` comes before `scope`."""

from tf_slim.legacy.research_slim.nets import _conventions
from tf_slim.nets import vgg as _vgg
from tf_slim.nets.vgg import vgg_arg_scope

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope", "vgg_d", "vgg_e"]

_ORDER = (
    "inputs",
    "num_classes",
    "is_training",
    "dropout_keep_prob",
    "spatial_squeeze",
    "reuse",
    "scope",
    "fc_conv_padding",
    "global_pool",
)

vgg_a = _conventions.with_signature(_vgg.vgg_a, *_ORDER, default_image_size=224)
vgg_16 = _conventions.with_signature(_vgg.vgg_16, *_ORDER, default_image_size=224)
vgg_19 = _conventions.with_signature(_vgg.vgg_19, *_ORDER, default_image_size=224)
vgg_d = vgg_16
vgg_e = vgg_19
