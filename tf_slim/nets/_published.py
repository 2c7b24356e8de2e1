"""The published checkpoints: what they are, and where. Each was trained on ImageNet.

The accuracies are those that their authors published: per cent of the 50,000 validation images, one
central crop of the image size given, preprocessed as given. (Those of EdgeTPU are of its 8-bit
version.)
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A published checkpoint of a net.

    Attributes:
      name: its name, that of its archive.
      net: the name of the net whose variables it holds.
      address: where the archive is.
      num_classes: the size of its logits: 1001, where class 0 is "none of them", or 1000.
      image_size: height and width, in pixels, of the images it was evaluated on.
      preprocessing: the name of the preprocessing it was trained with.
      top_1: published accuracy in per cent; None where none was.
      top_5: the same, of the true class among the first five.
      keywords: arguments of the net that it needs.
      sha256: the checksum of the archive, where it is known.

    Examples: see `slim.nets.checkpoint`.
    """

    name: str
    net: str
    address: str
    num_classes: int
    image_size: int
    preprocessing: str
    top_1: float | None
    top_5: float | None
    keywords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sha256: str | None = None

    @property
    def labels_offset(self) -> int:
        """What to add to a label from 0 to 999 to get the class of the net."""
        return self.num_classes - 1000


_STORAGE = "https://storage.googleapis.com"

# Those of VGG and ResNet v1 were converted from Caffe, hence their 1000 classes and the images of
# VGG. ResNet v2 was trained with the images of Inception. The columns: checkpoint, net, classes,
# image size, preprocessing, top-1, top-5, and the depth_multiplier where it is not the net's own.
_TABLES = {
    f"{_STORAGE}/download.tensorflow.org/models/*.tar.gz": """
inception_v1_2016_08_28        inception_v1        1001 224 inception 69.8 89.6
inception_v2_2016_08_28        inception_v2        1001 224 inception 73.9 91.8
inception_v3_2016_08_28        inception_v3        1001 299 inception 78.0 93.9
inception_v4_2016_09_09        inception_v4        1001 299 inception 80.2 95.2
inception_resnet_v2_2016_08_30 inception_resnet_v2 1001 299 inception 80.4 95.3
resnet_v1_50_2016_08_28        resnet_v1_50        1000 224 vgg       75.2 92.2
resnet_v1_101_2016_08_28       resnet_v1_101       1000 224 vgg       76.4 92.9
resnet_v1_152_2016_08_28       resnet_v1_152       1000 224 vgg       76.8 93.2
resnet_v2_50_2017_04_14        resnet_v2_50        1001 299 inception 75.6 92.8
resnet_v2_101_2017_04_14       resnet_v2_101       1001 299 inception 77.0 93.7
resnet_v2_152_2017_04_14       resnet_v2_152       1001 299 inception 77.8 94.1
vgg_16_2016_08_28              vgg_16              1000 224 vgg       71.5 89.8
vgg_19_2016_08_28              vgg_19              1000 224 vgg       71.1 89.8
nasnet-a_mobile_04_10_2017     nasnet_mobile       1001 224 inception 74.0 91.6
nasnet-a_large_04_10_2017      nasnet_large        1001 331 inception 82.7 96.2
pnasnet-5_mobile_2017_12_13    pnasnet_mobile      1001 224 inception 74.2 91.9
pnasnet-5_large_2017_12_13     pnasnet_large       1001 331 inception 82.9 96.2
""",
    f"{_STORAGE}/download.tensorflow.org/models/mobilenet_v1_2018_08_02/*.tgz": """
mobilenet_v1_1.0_224  mobilenet_v1     1001 224 inception 70.9 89.9
mobilenet_v1_1.0_192  mobilenet_v1     1001 192 inception 70.0 89.2
mobilenet_v1_1.0_160  mobilenet_v1     1001 160 inception 68.0 87.7
mobilenet_v1_1.0_128  mobilenet_v1     1001 128 inception 65.2 85.8
mobilenet_v1_0.75_224 mobilenet_v1_075 1001 224 inception 68.4 88.2
mobilenet_v1_0.75_192 mobilenet_v1_075 1001 192 inception 67.2 87.3
mobilenet_v1_0.75_160 mobilenet_v1_075 1001 160 inception 65.3 86.0
mobilenet_v1_0.75_128 mobilenet_v1_075 1001 128 inception 62.1 83.9
mobilenet_v1_0.5_224  mobilenet_v1_050 1001 224 inception 63.3 84.9
mobilenet_v1_0.5_192  mobilenet_v1_050 1001 192 inception 61.7 83.6
mobilenet_v1_0.5_160  mobilenet_v1_050 1001 160 inception 59.1 81.9
mobilenet_v1_0.5_128  mobilenet_v1_050 1001 128 inception 56.3 79.4
mobilenet_v1_0.25_224 mobilenet_v1_025 1001 224 inception 49.8 74.2
mobilenet_v1_0.25_192 mobilenet_v1_025 1001 192 inception 47.7 72.3
mobilenet_v1_0.25_160 mobilenet_v1_025 1001 160 inception 45.5 70.3
mobilenet_v1_0.25_128 mobilenet_v1_025 1001 128 inception 41.5 66.3
""",
    f"{_STORAGE}/mobilenet_v2/checkpoints/*.tgz": """
mobilenet_v2_1.4_224  mobilenet_v2_140 1001 224 inception 75.0 92.5
mobilenet_v2_1.3_224  mobilenet_v2     1001 224 inception 74.4 92.1 1.3
mobilenet_v2_1.0_224  mobilenet_v2     1001 224 inception 71.8 91.0
mobilenet_v2_1.0_192  mobilenet_v2     1001 192 inception 70.7 90.1
mobilenet_v2_1.0_160  mobilenet_v2     1001 160 inception 68.8 89.0
mobilenet_v2_1.0_128  mobilenet_v2     1001 128 inception 65.3 86.9
mobilenet_v2_1.0_96   mobilenet_v2     1001 96  inception 60.3 83.2
mobilenet_v2_0.75_224 mobilenet_v2     1001 224 inception 69.8 89.6 0.75
mobilenet_v2_0.75_192 mobilenet_v2     1001 192 inception 68.7 88.9 0.75
mobilenet_v2_0.75_160 mobilenet_v2     1001 160 inception 66.4 87.3 0.75
mobilenet_v2_0.75_128 mobilenet_v2     1001 128 inception 63.2 85.3 0.75
mobilenet_v2_0.75_96  mobilenet_v2     1001 96  inception 58.8 81.6 0.75
mobilenet_v2_0.5_224  mobilenet_v2_050 1001 224 inception 65.4 86.4
mobilenet_v2_0.5_192  mobilenet_v2_050 1001 192 inception 63.9 85.4
mobilenet_v2_0.5_160  mobilenet_v2_050 1001 160 inception 61.0 83.2
mobilenet_v2_0.5_128  mobilenet_v2_050 1001 128 inception 57.7 80.8
mobilenet_v2_0.5_96   mobilenet_v2_050 1001 96  inception 51.2 75.8
mobilenet_v2_0.35_224 mobilenet_v2_035 1001 224 inception 60.3 82.9
mobilenet_v2_0.35_192 mobilenet_v2_035 1001 192 inception 58.2 81.2
mobilenet_v2_0.35_160 mobilenet_v2_035 1001 160 inception 55.7 79.1
mobilenet_v2_0.35_128 mobilenet_v2_035 1001 128 inception 50.8 75.0
mobilenet_v2_0.35_96  mobilenet_v2_035 1001 96  inception 45.5 70.4
""",
    f"{_STORAGE}/mobilenet_v3/checkpoints/*.tgz": """
v3-large_224_1.0_float              mobilenet_v3_large              1001 224 inception 75.2 -
v3-large_224_0.75_float             mobilenet_v3_large              1001 224 inception 73.3 - 0.75
v3-small_224_1.0_float              mobilenet_v3_small              1001 224 inception 67.5 -
v3-small_224_0.75_float             mobilenet_v3_small              1001 224 inception 65.4 - 0.75
v3-large-minimalistic_224_1.0_float mobilenet_v3_large_minimalistic 1001 224 inception 72.3 -
v3-small-minimalistic_224_1.0_float mobilenet_v3_small_minimalistic 1001 224 inception 61.9 -
""",
    f"{_STORAGE}/mobilenet_edgetpu/checkpoints/*.tgz": """
mobilenet_edgetpu_224_1.0  mobilenet_edgetpu     1001 224 inception 75.6 -
mobilenet_edgetpu_224_0.75 mobilenet_edgetpu_075 1001 224 inception 73.5 -
""",
}


def _read(address: str, row: str) -> Checkpoint:
    name, net, classes, size, preprocessing, top_1, top_5, *depth = row.split()
    keywords: dict[str, Any] = {"depth_multiplier": float(depth[0])} if depth else {}
    if keywords.get("depth_multiplier", 1) < 1:
        # The features before the logits are as many as in the full net, in all of them.
        keywords["finegrain_classification_mode"] = True
    return Checkpoint(
        name=name,
        net=net,
        address=address.replace("*", name),
        num_classes=int(classes),
        image_size=int(size),
        preprocessing=preprocessing,
        top_1=float(top_1),
        top_5=None if top_5 == "-" else float(top_5),
        keywords=types.MappingProxyType(keywords),
    )


def _rows() -> Iterator[Checkpoint]:
    for address, table in _TABLES.items():
        for row in table.strip().splitlines():
            yield _read(address, row)


PUBLISHED: Mapping[str, Checkpoint] = types.MappingProxyType({one.name: one for one in _rows()})
