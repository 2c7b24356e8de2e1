"""NASNet-A: normal and reduction cells, found by search on CIFAR-10 and stacked.

B. Zoph et al., "Learning transferable architectures for scalable image recognition",
arXiv:1707.07012, 2017.
"""

from __future__ import annotations

from tf_slim.nets import register
from tf_slim.nets.dialects import Call, adapted
from tf_slim.nets.nasnet import nasnet_utils, stack
from tf_slim.nets.nasnet.config import NasNetConfig

__all__ = [
    "cifar_config",
    "large_imagenet_config",
    "mobile_imagenet_config",
    "nasnet_cifar",
    "nasnet_cifar_arg_scope",
    "nasnet_large",
    "nasnet_large_arg_scope",
    "nasnet_mobile",
    "nasnet_mobile_arg_scope",
]


_PAPER = "Zoph et al., Learning transferable architectures for scalable image recognition, 2017"


# ---------------------------------------------------------------------------- hyperparameters


def cifar_config() -> NasNetConfig:
    """The hyperparameters for CIFAR-10: NASNet-A (6 @ 768), 600 epochs of batches of 32."""
    return NasNetConfig(
        num_conv_filters=32,
        num_cells=18,
        stem_multiplier=3.0,
        drop_path_keep_prob=0.6,
        dense_dropout_keep_prob=1.0,
        total_training_steps=937500,
    )


def large_imagenet_config() -> NasNetConfig:
    """The hyperparameters for ImageNet: NASNet-A (6 @ 4032)."""
    return NasNetConfig(
        num_conv_filters=168,
        num_cells=18,
        stem_multiplier=3.0,
        skip_reduction_layer_input=1,
        drop_path_keep_prob=0.7,
    )


def mobile_imagenet_config() -> NasNetConfig:
    """The hyperparameters for ImageNet on small devices: NASNet-A (4 @ 1056)."""
    return NasNetConfig(num_conv_filters=44, num_cells=12)


# ---------------------------------------------------------------------------- scopes


nasnet_cifar_arg_scope = stack.scope_of(__name__, "nasnet_cifar", 5e-4, 0.9, 1e-5)
nasnet_mobile_arg_scope = stack.scope_of(__name__, "nasnet_mobile", 4e-5)
nasnet_large_arg_scope = stack.scope_of(__name__, "nasnet_large", 5e-5)


# ---------------------------------------------------------------------------- nets


def _named(
    name,
    summary,
    config,
    *,
    arg_scope,
    image_size,
    auxiliary,
    preprocessing="inception",
    num_classes=1001,
    **fixed,
):
    call = Call(
        defaults={"num_classes": num_classes},
        fixed={
            "default_config": config,
            "normal_cell": nasnet_utils.NasNetANormalCell,
            "reduction_cell": nasnet_utils.NasNetAReductionCell,
            "imagenet": True,
            **fixed,
        },
    )
    net = adapted(stack.build, call, name=name, summary=summary, module=__name__)
    return register(
        arg_scope=arg_scope,
        image_size=image_size,
        preprocessing=preprocessing,
        logits_scopes=["final_layer/FC"],
        auxiliary_scopes=[auxiliary],
        paper=_PAPER,
    )(net)


nasnet_cifar = _named(
    "nasnet_cifar",
    "NASNet-A for CIFAR-10.",
    cifar_config,
    arg_scope=nasnet_cifar_arg_scope,
    image_size=32,
    auxiliary="aux_11",
    preprocessing="cifarnet",
    num_classes=10,
    final_endpoint=None,
    imagenet=False,
)
nasnet_mobile = _named(
    "nasnet_mobile",
    "NASNet-A for ImageNet on small devices.",
    mobile_imagenet_config,
    arg_scope=nasnet_mobile_arg_scope,
    image_size=224,
    auxiliary="aux_7",
)
nasnet_large = _named(
    "nasnet_large",
    "NASNet-A for ImageNet.",
    large_imagenet_config,
    arg_scope=nasnet_large_arg_scope,
    image_size=331,
    auxiliary="aux_11",
)
