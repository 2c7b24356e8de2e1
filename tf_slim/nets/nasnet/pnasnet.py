"""PNASNet-5: one kind of cell, found by progressive search.

C. Liu et al., "Progressive neural architecture search", arXiv:1712.00559, 2017.
"""

from __future__ import annotations

from tf_slim.nets import register
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

_PAPER = "Liu et al., Progressive neural architecture search, 2017"


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


def pnasnet_large_arg_scope(weight_decay=4e-5, batch_norm_decay=0.9997, batch_norm_epsilon=0.001):
    """The scope that the large net is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to the variance.

    Returns:
      An arg_scope.
    """
    return stack.arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon)


def pnasnet_mobile_arg_scope(weight_decay=4e-5, batch_norm_decay=0.9997, batch_norm_epsilon=0.001):
    """The scope that the mobile net is trained in; see `pnasnet_large_arg_scope`."""
    return stack.arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon)


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


@register(
    arg_scope=pnasnet_large_arg_scope,
    image_size=331,
    preprocessing="inception",
    logits_scopes=["final_layer/FC"],
    auxiliary_scopes=["aux_7"],
    paper=_PAPER,
)
def pnasnet_large(
    images,
    num_classes=1001,
    is_training=True,
    final_endpoint=None,
    config=None,
    current_step=None,
    scope=None,
    reuse=None,
):
    """PNASNet-5 for ImageNet.

    For the arguments, the result and the errors see `slim.nets.nasnet.nasnet.nasnet_large`. There
    are no reduction cells: some of the cells have stride 2.
    """
    return stack.build(
        images,
        num_classes,
        is_training,
        config or large_imagenet_config(),
        PNasNetNormalCell,
        final_endpoint=final_endpoint,
        current_step=current_step,
        scope=scope,
        reuse=reuse,
    )


@register(
    arg_scope=pnasnet_mobile_arg_scope,
    image_size=224,
    preprocessing="inception",
    logits_scopes=["final_layer/FC"],
    auxiliary_scopes=["aux_5"],
    paper=_PAPER,
)
def pnasnet_mobile(
    images,
    num_classes=1001,
    is_training=True,
    final_endpoint=None,
    config=None,
    current_step=None,
    scope=None,
    reuse=None,
):
    """PNASNet-5 for ImageNet on small devices. For the arguments see `pnasnet_large`."""
    return stack.build(
        images,
        num_classes,
        is_training,
        config or mobile_imagenet_config(),
        PNasNetNormalCell,
        final_endpoint=final_endpoint,
        current_step=current_step,
        scope=scope,
        reuse=reuse,
    )


pnasnet_large.default_image_size = 331  # pyright: ignore[reportFunctionMemberAccess]
pnasnet_mobile.default_image_size = 224  # pyright: ignore[reportFunctionMemberAccess]
