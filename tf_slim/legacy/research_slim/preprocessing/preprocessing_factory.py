"""`preprocessing.preprocessing_factory` of research/slim: preprocessing by the name of a net."""

from __future__ import annotations

import tensorflow as tf

from tf_slim import nets
from tf_slim.data import preprocessing
from tf_slim.legacy.research_slim.preprocessing import (
    _common,
    cifarnet_preprocessing,
    inception_preprocessing,
    lenet_preprocessing,
    vgg_preprocessing,
)
from tf_slim.ops.wording import near_names

__all__ = ["get_preprocessing"]

# All others that are registered are called in the way of research/slim by `_registered`.
_OWN = {
    "cifarnet": cifarnet_preprocessing.preprocess_image,
    "inception": inception_preprocessing.preprocess_image,
    "lenet": lenet_preprocessing.preprocess_image,
    "vgg": vgg_preprocessing.preprocess_image,
}


def _preprocessing_of(name: str) -> str | None:
    """The name of the preprocessing that a name stands for: that of a net, or its own.

    As in research/slim, the names of ResNet v2 stand for the images of VGG, which is what people
    trained on with these names. The published checkpoints of ResNet v2 need "inception".
    """
    if name not in nets.names():
        return name
    return "vgg" if name.startswith("resnet_v2_") else nets.spec(name).preprocessing


def _registered(name):
    def preprocess_image(
        image, output_height, output_width, is_training=False, use_grayscale=False
    ):
        preprocess = preprocessing.get_preprocessing(name, (output_height, output_width))
        image = _common.grey_if(use_grayscale, tf.convert_to_tensor(image))
        return preprocess(image, is_training=is_training, seed=_common.new_seed())

    return preprocess_image


def get_preprocessing(name, is_training=False, use_grayscale=False):
    """The preprocessing that goes with a net.

    Args:
      name: the name of a net, or of a preprocessing.
      is_training: whether to change the images at random.
      use_grayscale: whether to turn three colours into one.

    Returns:
      `preprocessing_fn(image, output_height, output_width, **kwargs)`, where `kwargs` are those of
      `preprocess_image` in the module that the name stands for.

    Raises:
      ValueError: the name is unknown.
    """
    found = _preprocessing_of(name)
    if found not in preprocessing.names():
        near = near_names(name, [*nets.names(), *preprocessing.names()], most=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"Preprocessing name [{name}] was not recognized{hint}")
    preprocess_image = _OWN.get(found) or _registered(found)

    def preprocessing_fn(image, output_height, output_width, **kwargs):
        return preprocess_image(
            image,
            output_height,
            output_width,
            is_training=is_training,
            use_grayscale=use_grayscale,
            **kwargs,
        )

    return preprocessing_fn
