"""`Augment`: what a `Pipeline` adds to the augmentation of its preprocessing, and where.

RandAugment and random erasing act on each image after its preprocessing: then it is small, of one
size, and cropped as it will be seen, so that a shift by half the width is one, and no full-size
photograph is turned. Where the preprocessing ends in other values than 0 to 255 these are mapped
there and back (`pixel_values`): a preprocessing says what black and white become where it is
registered, one of a user by an attribute, `preprocess.pixel_range = (-1.0, 1.0)`. RandAugment comes
first, since noise is not to be equalized or turned.

mixup and CutMix act on whole batches, last, with the labels. They would blur each other, and so
each batch takes one of the two.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from tf_slim.data.augment.cutmix import cutmix
from tf_slim.data.augment.mixing import check_alpha
from tf_slim.data.augment.mixup import mixup
from tf_slim.data.augment.pixel_values import PixelRange
from tf_slim.data.augment.rand_augment import STRONGEST, rand_augment
from tf_slim.data.augment.random_erasing import random_erasing
from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.types import Tensor

# Any number: what is drawn here must not be what the preprocessing draws from the same seed.
_OF_IMAGES = 0x51F1


@dataclasses.dataclass(frozen=True)
class Augment:
    """What a training stream adds to the augmentation of its preprocessing. All is off by default.

    Attributes:
        rand_augment_ops: How many operations of RandAugment change an image (2 is usual), or 0.
        rand_augment_magnitude: How strong they are, from 0 to 10.
        random_erasing: Share of the images that lose a rectangle (0.25 is usual), or 0.
        mixup: The alpha of mixup (0.2 is usual), or 0. Labels become float32 `[batch, classes]`.
        cutmix: The alpha of CutMix (1 is usual), or 0. Labels likewise. With mixup, each batch
            takes one of the two, as often one as the other.

    Raises:
        ValueError: If one of them is out of its range.

    Examples:
        >>> spec = slim.data.from_folder("pets", image_size=32, preprocessing="inception")
        >>> augment = slim.data.Augment(rand_augment_ops=2, mixup=0.2)
        >>> train = slim.data.Pipeline(spec, 8, is_training=True, augment=augment)
        >>> images, labels = next(iter(train.dataset()))
        >>> images.shape, labels.shape
        (TensorShape([8, 32, 32, 3]), TensorShape([8, 3]))
    """

    rand_augment_ops: int = 0
    rand_augment_magnitude: float = 9.0
    random_erasing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self):
        if (integer(self.rand_augment_ops) is None) or not 0 <= self.rand_augment_ops <= 14:
            raise ValueError(
                "Augment: rand_augment_ops must be an integer from 0 to 14, received "
                f"{describe(self.rand_augment_ops)}."
            )
        for name, most in (("rand_augment_magnitude", STRONGEST), ("random_erasing", 1.0)):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= most:
                raise ValueError(
                    f"Augment: {name} must be a number from 0 to {most:g}, received "
                    f"{describe(value)}."
                )
        for name in ("mixup", "cutmix"):
            value = getattr(self, name)
            if not _is_number(value):
                raise ValueError(
                    f"Augment: {name} must be a number, its alpha, received {describe(value)}."
                )
            if value != 0:
                check_alpha(name, value)

    @property
    def changes_images(self) -> bool:
        """Whether it does something to single images."""
        return bool(self.rand_augment_ops or self.random_erasing)

    @property
    def mixes(self) -> bool:
        """Whether it mixes examples, so that labels are float32 `[batch, classes]`."""
        return bool(self.mixup or self.cutmix)

    def image(self, image: Tensor, seed: Tensor, pixel_range: PixelRange) -> Tensor:
        """Changes one image.

        Args:
            image: What the preprocessing returned, float32 `[height, width, channels]`.
            seed: int32 `[2]`, the seed that the preprocessing had.
            pixel_range: What black and white are in the image; None where that is not fixed.

        Returns:
            The image, of the same shape.
        """
        if not self.changes_images:
            return image
        seeds = tf.unstack(tf.random.split(tf.random.fold_in(seed, _OF_IMAGES), 2))
        if self.rand_augment_ops:
            image = rand_augment(
                image,
                seeds[0],
                num_ops=self.rand_augment_ops,
                magnitude=self.rand_augment_magnitude,
                pixel_range=pixel_range,
            )
        if self.random_erasing:
            image = random_erasing(
                image, seeds[1], probability=self.random_erasing, pixel_range=pixel_range
            )
        return image

    def batch(
        self,
        images: Tensor,
        labels: Tensor,
        weights: Tensor | None,
        seed: Tensor,
        num_classes: int,
    ) -> tuple[Tensor, ...]:
        """Mixes the examples of a batch.

        Args:
            images: float32 `[batch, height, width, channels]`.
            labels: Class indices `[batch]`, or float32 `[batch, num_classes]`.
            weights: float32 `[batch]`, or None.
            seed: int32 `[2]`, of this batch.
            num_classes: Number of classes.

        Returns:
            `(images, labels)`, with weights `(images, labels, weights)`, as they were where nothing
            is mixed, else with labels float32 `[batch, num_classes]`.
        """
        if not self.mixes:
            return (images, labels) if weights is None else (images, labels, weights)
        if labels.dtype.is_integer:
            labels = tf.one_hot(labels, num_classes)
        which, drawing = tf.unstack(tf.random.split(seed, 2))

        def by_mixup():
            return mixup(images, labels, drawing, alpha=self.mixup, weights=weights)

        def by_cutmix():
            return cutmix(images, labels, drawing, alpha=self.cutmix, weights=weights)

        if not self.cutmix:
            return by_mixup()
        if not self.mixup:
            return by_cutmix()
        return tf.cond(tf.random.stateless_uniform([], which) < 0.5, by_mixup, by_cutmix)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
