"""`preprocessing.preprocessing_factory` of research/slim: preprocessing by the name of a net."""

from __future__ import annotations

from tf_slim.legacy.research_slim.preprocessing import (
    cifarnet_preprocessing,
    inception_preprocessing,
    lenet_preprocessing,
    vgg_preprocessing,
)
from tf_slim.ops.wording import near_names

__all__ = ["get_preprocessing"]

# As there, the names of ResNet v2 stand for the images of VGG, which is what people trained on with
# these names. The published checkpoints of ResNet v2 need "inception".
_MODULES = {
    cifarnet_preprocessing: ["cifarnet", "nasnet_cifar"],
    inception_preprocessing: [
        "i3d",
        "inception",
        "inception_v1",
        "inception_v2",
        "inception_v3",
        "inception_v4",
        "inception_resnet_v2",
        "mobilenet_v1",
        "mobilenet_v1_025",
        "mobilenet_v1_050",
        "mobilenet_v1_075",
        "mobilenet_v2",
        "mobilenet_v2_035",
        "mobilenet_v2_050",
        "mobilenet_v2_140",
        "mobilenet_v3_small",
        "mobilenet_v3_large",
        "mobilenet_v3_small_minimalistic",
        "mobilenet_v3_large_minimalistic",
        "mobilenet_edgetpu",
        "mobilenet_edgetpu_075",
        "nasnet_mobile",
        "nasnet_large",
        "pnasnet_mobile",
        "pnasnet_large",
        "s3dg",
    ],
    lenet_preprocessing: ["lenet"],
    vgg_preprocessing: [
        "alexnet_v2",
        "overfeat",
        "resnet_v1_18",
        "resnet_v1_34",
        "resnet_v1_50",
        "resnet_v1_101",
        "resnet_v1_152",
        "resnet_v1_200",
        "resnet_v2_50",
        "resnet_v2_101",
        "resnet_v2_152",
        "resnet_v2_200",
        "vgg",
        "vgg_a",
        "vgg_16",
        "vgg_19",
    ],
}
_PREPROCESSING = {name: module for module, names in _MODULES.items() for name in names}


def get_preprocessing(name, is_training=False, use_grayscale=False):
    """The preprocessing that goes with a net.

    Args:
      name: the name of a net.
      is_training: whether to change the images at random.
      use_grayscale: whether to turn three colours into one.

    Returns:
      `preprocessing_fn(image, output_height, output_width, **kwargs)`, where `kwargs` are those of
      `preprocess_image` in the module that the name stands for.

    Raises:
      ValueError: the name is unknown.
    """
    if name not in _PREPROCESSING:
        near = near_names(name, _PREPROCESSING, most=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"Preprocessing name [{name}] was not recognized{hint}")

    def preprocessing_fn(image, output_height, output_width, **kwargs):
        return _PREPROCESSING[name].preprocess_image(
            image,
            output_height,
            output_width,
            is_training=is_training,
            use_grayscale=use_grayscale,
            **kwargs,
        )

    return preprocessing_fn
