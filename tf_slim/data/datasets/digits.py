"""`digits`: 1,797 real images of handwritten digits, 8x8 grey pixels, inside the package."""

from __future__ import annotations

import os

from tf_slim.data.labels import FILE_NAME, read_labels
from tf_slim.data.registry import register
from tf_slim.data.spec import DatasetSpec

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "digits")
_NUM_SAMPLES = {"train": 1442, "test": 355}


@register("digits", splits=("train", "test"))
def digits(split: str) -> DatasetSpec:
    """Describes a split of the handwritten digits of the UCI Machine Learning Repository.

    Every fifth image of each class is in `test`. Both splits hold images of the same writers, so
    the accuracy on `test` is not that for a new writer.

    Args:
        split: `train` (1,442 images) or `test` (355).

    Returns:
        The spec.

    Examples:
        >>> spec = slim.data.datasets.digits.digits("test")
        >>> spec.num_samples, spec.num_classes
        (355, 10)
    """
    return DatasetSpec(
        name="digits",
        split=split,
        data_sources=(os.path.join(_FOLDER, f"digits_{split}.tfrecord"),),
        num_classes=10,
        num_samples=_NUM_SAMPLES[split],
        labels_to_names=read_labels(os.path.join(_FOLDER, FILE_NAME)),
        image_channels=1,
        image_size=(8, 8),
        preprocessing="digits",
        citation=(
            "E. Alpaydin and C. Kaynak. Optical Recognition of Handwritten Digits. UCI Machine "
            "Learning Repository, 1998. https://doi.org/10.24432/C50P49"
        ),
        license="CC BY 4.0",
    )
