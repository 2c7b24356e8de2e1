"""`nets.nets_factory` of research/slim: nets and their arg_scopes by name."""

from tf_slim.legacy.research_slim.nets import (
    alexnet,
    cifarnet,
    i3d,
    inception,
    lenet,
    mobilenet_v1,
    overfeat,
    resnet_v1,
    resnet_v2,
    s3dg,
    vgg,
)
from tf_slim.legacy.research_slim.nets.mobilenet import mobilenet_v2, mobilenet_v3
from tf_slim.legacy.research_slim.nets.nasnet import nasnet, pnasnet
from tf_slim.nets._create import bind
from tf_slim.ops.wording import unknown_name

__all__ = ["arg_scopes_map", "get_network_fn", "networks_map"]

networks_map = {
    "alexnet_v2": alexnet.alexnet_v2,
    "cifarnet": cifarnet.cifarnet,
    "overfeat": overfeat.overfeat,
    "vgg_a": vgg.vgg_a,
    "vgg_16": vgg.vgg_16,
    "vgg_19": vgg.vgg_19,
    "inception_v1": inception.inception_v1,
    "inception_v2": inception.inception_v2,
    "inception_v3": inception.inception_v3,
    "inception_v4": inception.inception_v4,
    "inception_resnet_v2": inception.inception_resnet_v2,
    "i3d": i3d.i3d,
    "s3dg": s3dg.s3dg,
    "lenet": lenet.lenet,
    "resnet_v1_50": resnet_v1.resnet_v1_50,
    "resnet_v1_101": resnet_v1.resnet_v1_101,
    "resnet_v1_152": resnet_v1.resnet_v1_152,
    "resnet_v1_200": resnet_v1.resnet_v1_200,
    "resnet_v2_50": resnet_v2.resnet_v2_50,
    "resnet_v2_101": resnet_v2.resnet_v2_101,
    "resnet_v2_152": resnet_v2.resnet_v2_152,
    "resnet_v2_200": resnet_v2.resnet_v2_200,
    "mobilenet_v1": mobilenet_v1.mobilenet_v1,
    "mobilenet_v1_075": mobilenet_v1.mobilenet_v1_075,
    "mobilenet_v1_050": mobilenet_v1.mobilenet_v1_050,
    "mobilenet_v1_025": mobilenet_v1.mobilenet_v1_025,
    "mobilenet_v2": mobilenet_v2.mobilenet_v2,
    "mobilenet_v2_140": mobilenet_v2.mobilenet_v2_140,
    "mobilenet_v2_035": mobilenet_v2.mobilenet_v2_035,
    "mobilenet_v3_small": mobilenet_v3.small,
    "mobilenet_v3_large": mobilenet_v3.large,
    "mobilenet_v3_small_minimalistic": mobilenet_v3.small_minimalistic,
    "mobilenet_v3_large_minimalistic": mobilenet_v3.large_minimalistic,
    "mobilenet_edgetpu": mobilenet_v3.edge_tpu,
    "mobilenet_edgetpu_075": mobilenet_v3.edge_tpu_075,
    "nasnet_cifar": nasnet.build_nasnet_cifar,
    "nasnet_mobile": nasnet.build_nasnet_mobile,
    "nasnet_large": nasnet.build_nasnet_large,
    "pnasnet_large": pnasnet.build_pnasnet_large,
    "pnasnet_mobile": pnasnet.build_pnasnet_mobile,
}

arg_scopes_map = {
    "alexnet_v2": alexnet.alexnet_v2_arg_scope,
    "cifarnet": cifarnet.cifarnet_arg_scope,
    "overfeat": overfeat.overfeat_arg_scope,
    "vgg_a": vgg.vgg_arg_scope,
    "vgg_16": vgg.vgg_arg_scope,
    "vgg_19": vgg.vgg_arg_scope,
    "inception_v1": inception.inception_v1_arg_scope,
    "inception_v2": inception.inception_v2_arg_scope,
    "inception_v3": inception.inception_v3_arg_scope,
    "inception_v4": inception.inception_v4_arg_scope,
    "inception_resnet_v2": inception.inception_resnet_v2_arg_scope,
    "i3d": i3d.i3d_arg_scope,
    "s3dg": s3dg.s3dg_arg_scope,
    "lenet": lenet.lenet_arg_scope,
    "resnet_v1_50": resnet_v1.resnet_arg_scope,
    "resnet_v1_101": resnet_v1.resnet_arg_scope,
    "resnet_v1_152": resnet_v1.resnet_arg_scope,
    "resnet_v1_200": resnet_v1.resnet_arg_scope,
    "resnet_v2_50": resnet_v2.resnet_arg_scope,
    "resnet_v2_101": resnet_v2.resnet_arg_scope,
    "resnet_v2_152": resnet_v2.resnet_arg_scope,
    "resnet_v2_200": resnet_v2.resnet_arg_scope,
    "mobilenet_v1": mobilenet_v1.mobilenet_v1_arg_scope,
    "mobilenet_v1_075": mobilenet_v1.mobilenet_v1_arg_scope,
    "mobilenet_v1_050": mobilenet_v1.mobilenet_v1_arg_scope,
    "mobilenet_v1_025": mobilenet_v1.mobilenet_v1_arg_scope,
    "mobilenet_v2": mobilenet_v2.training_scope,
    "mobilenet_v2_140": mobilenet_v2.training_scope,
    "mobilenet_v2_035": mobilenet_v2.training_scope,
    "mobilenet_v3_small": mobilenet_v3.training_scope,
    "mobilenet_v3_large": mobilenet_v3.training_scope,
    "mobilenet_v3_small_minimalistic": mobilenet_v3.training_scope,
    "mobilenet_v3_large_minimalistic": mobilenet_v3.training_scope,
    "mobilenet_edgetpu": mobilenet_v3.training_scope,
    "mobilenet_edgetpu_075": mobilenet_v3.training_scope,
    "nasnet_cifar": nasnet.nasnet_cifar_arg_scope,
    "nasnet_mobile": nasnet.nasnet_mobile_arg_scope,
    "nasnet_large": nasnet.nasnet_large_arg_scope,
    "pnasnet_large": pnasnet.pnasnet_large_arg_scope,
    "pnasnet_mobile": pnasnet.pnasnet_mobile_arg_scope,
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
        raise ValueError(unknown_name("net", name, networks_map))
    return bind(networks_map[name], arg_scopes_map[name], num_classes, weight_decay, is_training)
