"""NASNet-A: normal and reduction cells, found by search on CIFAR-10 and stacked.

B. Zoph et al., "Learning transferable architectures for scalable image recognition",
arXiv:1707.07012, 2017.
"""

from __future__ import annotations

from tf_slim.nets import register
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


def nasnet_cifar_arg_scope(weight_decay=5e-4, batch_norm_decay=0.9, batch_norm_epsilon=1e-5):
    """The scope that the net for CIFAR-10 is trained in.

    Args:
      weight_decay: the factor of the L2 regularization.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: added to the variance.

    Returns:
      An arg_scope.
    """
    return stack.arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon)


def nasnet_mobile_arg_scope(weight_decay=4e-5, batch_norm_decay=0.9997, batch_norm_epsilon=1e-3):
    """The scope that the mobile net is trained in; see `nasnet_cifar_arg_scope`."""
    return stack.arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon)


def nasnet_large_arg_scope(weight_decay=5e-5, batch_norm_decay=0.9997, batch_norm_epsilon=1e-3):
    """The scope that the large net is trained in; see `nasnet_cifar_arg_scope`."""
    return stack.arg_scope(weight_decay, batch_norm_decay, batch_norm_epsilon)


# ---------------------------------------------------------------------------- nets


@register(
    arg_scope=nasnet_cifar_arg_scope,
    image_size=32,
    preprocessing="cifarnet",
    logits_scopes=["final_layer/FC"],
    auxiliary_scopes=["aux_11"],
    paper=_PAPER,
)
def nasnet_cifar(
    images,
    num_classes=10,
    is_training=True,
    config=None,
    current_step=None,
    scope=None,
    reuse=None,
):
    """NASNet-A for CIFAR-10.

    Args:
      images: `[batch, height, width, channels]`: see `nasnet_large`, with at least 3x3 pixels, and
        9x9 in training with the auxiliary head.

    For the other arguments, the result and the errors see `nasnet_large`.
    """
    config = config or cifar_config()
    return _nasnet(
        images, num_classes, is_training, config, None, current_step, scope, reuse, imagenet=False
    )


@register(
    arg_scope=nasnet_mobile_arg_scope,
    image_size=224,
    preprocessing="inception",
    logits_scopes=["final_layer/FC"],
    auxiliary_scopes=["aux_7"],
    paper=_PAPER,
)
def nasnet_mobile(
    images,
    num_classes=1001,
    is_training=True,
    final_endpoint=None,
    config=None,
    current_step=None,
    scope=None,
    reuse=None,
):
    """NASNet-A for ImageNet on small devices. For the arguments see `nasnet_large`."""
    config = config or mobile_imagenet_config()
    return _nasnet(
        images, num_classes, is_training, config, final_endpoint, current_step, scope, reuse
    )


@register(
    arg_scope=nasnet_large_arg_scope,
    image_size=331,
    preprocessing="inception",
    logits_scopes=["final_layer/FC"],
    auxiliary_scopes=["aux_11"],
    paper=_PAPER,
)
def nasnet_large(
    images,
    num_classes=1001,
    is_training=True,
    final_endpoint=None,
    config=None,
    current_step=None,
    scope=None,
    reuse=None,
):
    """NASNet-A for ImageNet.

    The variables have no scope of their own unless one is given: two of these nets in one graph or
    model need `scope`.

    Args:
      images: `[batch, height, width, channels]`, whatever the data format of the net. Height and
        width must be known: at least 19, and 67 in training with the auxiliary head.
      num_classes: the number of classes; 0 or None for features instead of logits.
      is_training: whether dropout, drop path and batch norm work as in training, and whether the
        auxiliary head is built.
      final_endpoint: the last part to make: `Stem`, `Cell_0`, ..., `Reduction_Cell_0`, ...,
        `global_pool`, `Logits` or `Predictions`.
      config: a `NasNetConfig`, or what has its attributes; it is not changed.
      current_step: the number of the training step, for drop path: a scalar, or a function that
        returns one. By default it is the global step of a v1 graph or the number of the step that
        `slim.learning.make_train_step` takes; where there is neither, paths are dropped as at the
        end of training.
      scope: the name of a variable scope.
      reuse: whether the variables exist already; needs `scope`.

    Returns:
      (logits, end_points): `[batch, num_classes]`, and all intermediate outputs by name, in order.
      Without classes, the features `[batch, depth]` take the place of the logits. The end point
      `AuxLogits` is there in training only.

    Raises:
      ValueError: the images are of another rank or size, or there is no such end point.
      TypeError: they are not of floating point.
    """
    config = config or large_imagenet_config()
    return _nasnet(
        images, num_classes, is_training, config, final_endpoint, current_step, scope, reuse
    )


for _net, _size in ((nasnet_cifar, 32), (nasnet_mobile, 224), (nasnet_large, 331)):
    _net.default_image_size = _size  # pyright: ignore[reportFunctionMemberAccess]


def _nasnet(
    images,
    num_classes,
    is_training,
    config,
    final_endpoint,
    current_step,
    scope,
    reuse,
    imagenet=True,
):
    return stack.build(
        images,
        num_classes,
        is_training,
        config,
        nasnet_utils.NasNetANormalCell,
        nasnet_utils.NasNetAReductionCell,
        final_endpoint=final_endpoint,
        current_step=current_step,
        scope=scope,
        reuse=reuse,
        imagenet=imagenet,
    )
