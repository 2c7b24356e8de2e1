"""`datasets.imagenet` of research/slim: the 1000 classes of ILSVRC 2012, and class 0 for others.

O. Russakovsky et al. ImageNet Large Scale Visual Recognition Challenge. IJCV, 2015.
https://arxiv.org/abs/1409.0575
"""

from __future__ import annotations

import os
import tempfile

import tensorflow as tf

from tf_slim.data.decoding import tfexample_decoder
from tf_slim.legacy.research_slim.datasets import _records, dataset_utils

__all__ = ["SPLITS_TO_SIZES", "create_readable_names_for_imagenet_labels", "get_split"]

SPLITS_TO_SIZES = {"train": 1281167, "validation": 50000}

_TEXT = "image/class/text"
# Readers look for the first name, research/slim's own converter writes the second.
_BOX_LABELS = ("image/object/class/label", "image/object/bbox/label")
_LISTS = "https://raw.githubusercontent.com/tensorflow/models/master/research/slim/datasets"

get_split = _records.Records(
    name="imagenet",
    sizes=SPLITS_TO_SIZES,
    num_classes=1001,
    file_pattern="%s-*",
    items={
        "image": _records.image("The photograph, uint8 [height, width, 3].", default_format="jpeg"),
        "label": _records.label(
            "What it shows, from 1 to 1000; -1 if the record does not tell.", default=-1
        ),
        "label_text": _records.Item(
            description="The name of what it shows.",
            features={_TEXT: tf.io.FixedLenFeature([], tf.string, "")},
            handler=tfexample_decoder.Tensor(_TEXT),
        ),
        "object/bbox": _records.boxes("Where it is shown: float32 [boxes, 4]."),
        "object/label": _records.Item(
            description="What is in each box, int64 [boxes].",
            features={key: tf.io.VarLenFeature(tf.int64) for key in _BOX_LABELS},
            handler=tfexample_decoder.BackupHandler(
                *(tfexample_decoder.Tensor(key) for key in _BOX_LABELS)
            ),
        ),
    },
).get_split


def create_readable_names_for_imagenet_labels():
    """Fetches the names of the classes from research/slim's own lists. This needs the network.

        names = imagenet.create_readable_names_for_imagenet_labels()
        dataset_utils.write_label_file(names, dataset_dir)

    Returns:
      The name of each class by its number, 0 being "background".

    Raises:
      OSError: a list cannot be fetched.
    """
    with tempfile.TemporaryDirectory() as folder:
        synsets = _lines(f"{_LISTS}/imagenet_lsvrc_2015_synsets.txt", folder)
        metadata = _lines(f"{_LISTS}/imagenet_metadata.txt", folder)
    readable = dict(line.split("\t", 1) for line in metadata)
    return {0: "background", **{i: readable[s] for i, s in enumerate(synsets, start=1)}}


def _lines(url: str, folder: str) -> list[str]:
    with open(dataset_utils.download_url(url, os.fspath(folder)), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]
