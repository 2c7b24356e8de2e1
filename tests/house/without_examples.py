"""Public functions and classes without an example, each with the reason."""

from __future__ import annotations

_PART = "a part of nets, for who writes or changes one: the file of the net shows it in use"
_STEP = "a step of a preprocessing, whose own example shows what it gives"

# By patterns over their names. Whatever stands here for nothing is an error.
REASONS = {
    "slim.data.preprocessing.cifarnet.*": _STEP,
    "slim.data.preprocessing.inception.*": _STEP,
    "slim.data.preprocessing.vgg.*": _STEP,
    "slim.nets.*_arg_scope": "defaults of the layers of a net: see `slim.nets.lenet.lenet`",
    "slim.nets.*_base": "the net without its head: see `slim.nets.create`, with features",
    "slim.nets.*_config": "the hyperparameters of a net: see `slim.nets.nasnet.NasNetConfig`",
    "slim.nets.fetch": "it needs the network",
    "slim.nets.alexnet.trunc_normal": _PART,
    "slim.nets.blocks.*": _PART,
    "slim.nets.cyclegan.cyclegan_upsample": _PART,
    "slim.nets.dialects.*": _PART,
    "slim.nets.i3d.conv3d_spatiotemporal": _PART,
    "slim.nets.i3d_utils.*": _PART,
    "slim.nets.inception_resnet_v2.block*": _PART,
    "slim.nets.inception_utils.*": _PART,
    "slim.nets.inception_v4.block_*": _PART,
    "slim.nets.mobilenet.conv_blocks.*": _PART,
    "slim.nets.mobilenet.mobilenet.*": _PART,
    "slim.nets.mobilenet.mobilenet_v2.mobilenet_base_group_norm": _PART,
    "slim.nets.mobilenet.mobilenet_v3.*": _PART,
    "slim.nets.nasnet.nasnet_utils.*": _PART,
    "slim.nets.pix2pix.upsample": _PART,
    "slim.nets.resnet_utils.*": _PART,
    "slim.nets.resnet_v[12].*bottleneck": _PART,
    "slim.nets.resnet_v1.resnet_v1_lite_block": _PART,
    "slim.nets.s3dg.self_gating": _PART,
}
