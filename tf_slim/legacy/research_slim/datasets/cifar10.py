"""`datasets.cifar10` of research/slim: CIFAR-10, small pictures of ten kinds of things.

A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. 2009.
"""

from __future__ import annotations

from tf_slim.legacy.research_slim.datasets import _records

__all__ = ["SPLITS_TO_SIZES", "get_split"]

SPLITS_TO_SIZES = {"train": 50000, "test": 10000}

get_split = _records.Records(
    name="cifar10",
    sizes=SPLITS_TO_SIZES,
    num_classes=10,
    file_pattern="cifar10_%s.tfrecord",
    items={
        "image": _records.image(
            "The picture, uint8 [32, 32, 3].", default_format="png", shape=[32, 32, 3]
        ),
        "label": _records.label("What it shows, from 0 to 9.", default=0),
    },
).get_split
