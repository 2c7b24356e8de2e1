"""`datasets.visualwakewords` of research/slim: is there a person in the photograph?

A. Chowdhery, P. Warden, J. Shlens, A. Howard and R. Rhodes. Visual Wake Words Dataset. 2019.
https://arxiv.org/abs/1906.05721
"""

from __future__ import annotations

from tf_slim.legacy.research_slim.datasets import _records

__all__ = ["SPLITS_TO_SIZES", "get_split"]

SPLITS_TO_SIZES = {"train": 82783, "val": 40504}

get_split = _records.Records(
    name="visualwakewords",
    sizes=SPLITS_TO_SIZES,
    num_classes=2,
    file_pattern="%s.record-*",
    items={
        "image": _records.image("The photograph, uint8 [height, width, 3].", default_format="jpeg"),
        "label": _records.label(
            "1 if what is looked for is there, 0 if not, -1 if the record does not tell.",
            default=-1,
        ),
        "object/bbox": _records.boxes("Where it is: float32 [boxes, 4]."),
    },
).get_split
