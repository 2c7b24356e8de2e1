"""`datasets.flowers` of research/slim: photographs of five kinds of flowers, of many sizes."""

from __future__ import annotations

from tf_slim.legacy.research_slim.datasets import _records

__all__ = ["SPLITS_TO_SIZES", "get_split"]

SPLITS_TO_SIZES = {"train": 3320, "validation": 350}

get_split = _records.Records(
    name="flowers",
    sizes=SPLITS_TO_SIZES,
    num_classes=5,
    file_pattern="flowers_%s_*.tfrecord",
    items={
        "image": _records.image("The photograph, uint8 [height, width, 3].", default_format="png"),
        "label": _records.label("The kind of flower, from 0 to 4.", default=0),
    },
).get_split
