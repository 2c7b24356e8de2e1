"""`nets.nets_factory` of research/slim: nets and their arg_scopes by name."""

from tf_slim.legacy.research_slim.nets import (
    alexnet,
    cifarnet,
    lenet,
    overfeat,
    resnet_v1,
    resnet_v2,
    vgg,
)
from tf_slim.nets._create import bind
from tf_slim.nets._registry import unknown_net

__all__ = ["arg_scopes_map", "get_network_fn", "networks_map"]

networks_map = {
    "alexnet_v2": alexnet.alexnet_v2,
    "cifarnet": cifarnet.cifarnet,
    "overfeat": overfeat.overfeat,
    "vgg_a": vgg.vgg_a,
    "vgg_16": vgg.vgg_16,
    "vgg_19": vgg.vgg_19,
    "lenet": lenet.lenet,
    "resnet_v1_50": resnet_v1.resnet_v1_50,
    "resnet_v1_101": resnet_v1.resnet_v1_101,
    "resnet_v1_152": resnet_v1.resnet_v1_152,
    "resnet_v1_200": resnet_v1.resnet_v1_200,
    "resnet_v2_50": resnet_v2.resnet_v2_50,
    "resnet_v2_101": resnet_v2.resnet_v2_101,
    "resnet_v2_152": resnet_v2.resnet_v2_152,
    "resnet_v2_200": resnet_v2.resnet_v2_200,
}

arg_scopes_map = {
    "alexnet_v2": alexnet.alexnet_v2_arg_scope,
    "cifarnet": cifarnet.cifarnet_arg_scope,
    "overfeat": overfeat.overfeat_arg_scope,
    "vgg_a": vgg.vgg_arg_scope,
    "vgg_16": vgg.vgg_arg_scope,
    "vgg_19": vgg.vgg_arg_scope,
    "lenet": lenet.lenet_arg_scope,
    "resnet_v1_50": resnet_v1.resnet_arg_scope,
    "resnet_v1_101": resnet_v1.resnet_arg_scope,
    "resnet_v1_152": resnet_v1.resnet_arg_scope,
    "resnet_v1_200": resnet_v1.resnet_arg_scope,
    "resnet_v2_50": resnet_v2.resnet_arg_scope,
    "resnet_v2_101": resnet_v2.resnet_arg_scope,
    "resnet_v2_152": resnet_v2.resnet_arg_scope,
    "resnet_v2_200": resnet_v2.resnet_arg_scope,
}


def get_network_fn(name, num_classes, weight_decay=0.0, is_training=False):
    """A net as a function of the images alone.

    Args:
      name: a key of `networks_map`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      weight_decay: the factor of the L2 regularization. Its default, 0, takes the place of the
        default of the net's own arg_scope.
      is_training: whether dropout and batch norm work as in training.

    Returns:
      `network_fn(images, **kwargs) -> (logits, end_points)`. It has the attribute
      `default_image_size` if the function of the net has it.

    Raises:
      ValueError: there is no such net.
    """
    if name not in networks_map:
        raise ValueError(unknown_net(name, networks_map))
    return bind(networks_map[name], arg_scopes_map[name], num_classes, weight_decay, is_training)
