"""`datasets.mnist` of research/slim: MNIST, handwritten digits.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. Gradient-Based Learning Applied to Document
Recognition. Proceedings of the IEEE, 1998.
"""

from __future__ import annotations

from tf_slim.legacy.research_slim.datasets import _records

__all__ = ["SPLITS_TO_SIZES", "get_split"]

SPLITS_TO_SIZES = {"train": 60000, "test": 10000}

get_split = _records.Records(
    name="mnist",
    sizes=SPLITS_TO_SIZES,
    num_classes=10,
    file_pattern="mnist_%s.tfrecord",
    items={
        "image": _records.image(
            "The digit, uint8 [28, 28, 1].", default_format="raw", shape=[28, 28, 1], channels=1
        ),
        "label": _records.label("Which digit it is.", default=0),
    },
).get_split
