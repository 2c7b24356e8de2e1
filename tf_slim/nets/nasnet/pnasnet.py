"""PNASNet-5: one kind of cell, found by progressive search.

C. Liu et al., "Progressive neural architecture search", arXiv:1712.00559, 2017.
"""

from __future__ import annotations

from tf_slim.nets import register
from tf_slim.nets.dialects import Call, adapted
from tf_slim.nets.nasnet import stack
from tf_slim.nets.nasnet.config import NasNetConfig
from tf_slim.nets.nasnet.nasnet_utils import SearchedCell

__all__ = [
    "PNasNetNormalCell",
    "large_imagenet_config",
    "mobile_imagenet_config",
    "pnasnet_large",
    "pnasnet_large_arg_scope",
    "pnasnet_mobile",
    "pnasnet_mobile_arg_scope",
]


def large_imagenet_config() -> NasNetConfig:
    """The hyperparameters for ImageNet: PNASNet-5 (N = 4, F = 216)."""
    return NasNetConfig(
        num_conv_filters=216,
        num_cells=12,
        stem_multiplier=3.0,
        skip_reduction_layer_input=1,
        drop_path_keep_prob=0.6,
    )


def mobile_imagenet_config() -> NasNetConfig:
    """The hyperparameters for ImageNet on small devices: PNASNet-5 (N = 3, F = 54)."""
    return NasNetConfig(num_conv_filters=54, num_cells=9, skip_reduction_layer_input=1)


pnasnet_large_arg_scope = stack.scope_of(__name__, "pnasnet_large", 4e-5)
pnasnet_mobile_arg_scope = stack.scope_of(__name__, "pnasnet_mobile", 4e-5)


class PNasNetNormalCell(SearchedCell):
    """The cell of PNASNet-5, with stride 1 or 2."""

    operations = [
        *("separable_5x5_2", "max_pool_3x3"),
        *("separable_7x7_2", "max_pool_3x3"),
        *("separable_5x5_2", "separable_3x3_2"),
        *("separable_3x3_2", "max_pool_3x3"),
        *("separable_3x3_2", "none"),
    ]
    used_hiddenstates = [1, 1, 0, 0, 0, 0, 0]
    hiddenstate_indices = [1, 1, 0, 0, 0, 0, 4, 0, 1, 0]


def _named(name, summary, config, *, arg_scope, image_size, auxiliary):
    call = Call(
        fixed={
            "default_config": config,
            "normal_cell": PNasNetNormalCell,
            "reduction_cell": None,
            "imagenet": True,
        }
    )
    net = adapted(stack.build, call, name=name, summary=summary, module=__name__)
    return register(
        arg_scope=arg_scope,
        image_size=image_size,
        preprocessing="inception",
        logits_scopes=["final_layer/FC"],
        auxiliary_scopes=[auxiliary],
        paper="Liu et al., Progressive neural architecture search, 2017",
    )(net)


# There are no reduction cells: some of the cells have stride 2.
pnasnet_large = _named(
    "pnasnet_large",
    "PNASNet-5 for ImageNet.",
    large_imagenet_config,
    arg_scope=pnasnet_large_arg_scope,
    image_size=331,
    auxiliary="aux_7",
)
pnasnet_mobile = _named(
    "pnasnet_mobile",
    "PNASNet-5 for ImageNet on small devices.",
    mobile_imagenet_config,
    arg_scope=pnasnet_mobile_arg_scope,
    image_size=224,
    auxiliary="aux_5",
)
