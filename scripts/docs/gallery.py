"""The page of the nets, from the registry and from what was counted of each."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import tf_slim as slim
from scripts.docs import public
from scripts.docs.plot import Point, scatter
from tf_slim.cli import net_statistics

# How families are called: the longest of these that a name begins with. Others go by their names.
_FAMILIES = {
    "alexnet": "AlexNet",
    "cifarnet": "CifarNet",
    "i3d": "I3D",
    "inception": "Inception",
    "lenet": "LeNet",
    "mobilenet_edgetpu": "MobileNet EdgeTPU",
    "mobilenet_v1": "MobileNet v1",
    "mobilenet_v2": "MobileNet v2",
    "mobilenet_v3": "MobileNet v3",
    "nasnet": "NASNet",
    "overfeat": "OverFeat",
    "pnasnet": "PNASNet",
    "resnet_v1": "ResNet v1",
    "resnet_v2": "ResNet v2",
    "s3dg": "S3D-G",
    "vgg": "VGG",
}

_TEXT = """\
# Nets

<style>td code {{ white-space: nowrap; }}</style>

{count} nets can be made by name, with the variables and end points of the published ones.
`tf-slim nets` prints this table, `tf-slim inspect NAME` the layers of a net.

```python
import tf_slim as slim

model = slim.nets.create("mobilenet_v2_035", num_classes=5)
```

Parameters are those of the whole net with its own number of classes; multiply-adds are those of
one image of the size given (of one clip, for nets of videos). Accuracies are those that the authors
of a checkpoint published: per cent of the 50,000 validation images of ImageNet, one central crop of
the size given. A blank says that there is no published checkpoint. Checkpoints are fetched by
[`slim.nets.fetch`][tf_slim.nets.fetch], or by `checkpoint=True` in
[`slim.nets.create`][tf_slim.nets.create]; those with 1001 classes have class 0 for "none of them".

## Accuracy against cost

Each net with a checkpoint for the image size that its multiply-adds are of. (The checkpoints of
ResNet v2 are for 299x299, and so are not in it. The accuracies of EdgeTPU are those of its 8-bit
version.)
"""


@dataclasses.dataclass(frozen=True)
class Net:
    """A net of the registry and its costs."""

    spec: Any
    parameters: int
    multiply_adds: int

    @property
    def family(self) -> str:
        name = self.spec.name
        begins = [prefix for prefix in _FAMILIES if name.startswith(prefix)]
        return _FAMILIES[max(begins, key=len)] if begins else name

    @property
    def images(self) -> str:
        side = f"{self.spec.image_size}x{self.spec.image_size}x{self.spec.channels}"
        return f"{self.spec.frames}x{side}" if self.spec.frames else side

    @property
    def own_checkpoint(self) -> Any:
        """The one for the image size that the net is designed for; None if there is none."""
        fitting = (
            one
            for one in self.spec.checkpoints
            if one.image_size == self.spec.image_size and not one.keywords
        )
        return next(fitting, None)


def nets() -> list[Net]:
    """All of them, by family and cost."""
    known = net_statistics.known()
    found = [Net(slim.nets.spec(name), **known[name]) for name in slim.nets.names()]
    return sorted(found, key=lambda net: (net.family.lower(), net.multiply_adds))


def points() -> list[Point]:
    """What stands in the plot."""
    return [
        Point(net.spec.name, net.family, net.multiply_adds / 1e6, net.own_checkpoint.top_1)
        for net in nets()
        if net.own_checkpoint is not None and net.own_checkpoint.top_1 is not None
    ]


def written() -> str:
    """The text of the page."""
    found = nets()
    parts = [
        _TEXT.format(count=len(found)),
        scatter(
            points(),
            title="Top-1 accuracy on ImageNet against multiply-adds",
            x="millions of multiply-adds, one image",
            y="top-1 accuracy, %",
        ),
    ]
    for family in dict.fromkeys(net.family for net in found):
        parts.append(_family(family, [net for net in found if net.family == family]))
    return "\n\n".join(parts) + "\n"


def _family(title: str, members: list[Net]) -> str:
    papers = dict.fromkeys(net.spec.paper for net in members if net.spec.paper)
    prepared = dict.fromkeys(f"`{net.spec.preprocessing}`" for net in members)
    parts = [
        f"## {title}",
        "\n".join(f"- {paper}." for paper in papers),
        f"Preprocessing: {', '.join(prepared)}.",
        _table(
            ("net", "images", "parameters", "multiply-adds", "top-1"),
            (
                (
                    _linked(net.spec.name),
                    net.images,
                    _millions(net.parameters),
                    _millions(net.multiply_adds),
                    _accuracy(net),
                )
                for net in members
            ),
        ),
    ]
    checkpoints = [one for net in members for one in net.spec.checkpoints]
    if checkpoints:
        table = _table(
            ("checkpoint", "images", "classes", "top-1", "top-5"),
            (
                (
                    f"`{one.name}`",
                    f"{one.image_size}x{one.image_size}",
                    str(one.num_classes),
                    _per_cent(one.top_1),
                    _per_cent(one.top_5),
                )
                for one in checkpoints
            ),
        )
        inside = "\n".join(f"    {line}" for line in table.splitlines())
        parts.append(f'??? note "Published checkpoints of {title}"\n\n{inside}')
    return "\n\n".join(filter(None, parts))


def _accuracy(net: Net) -> str:
    if not net.spec.checkpoints:
        return ""
    one = net.own_checkpoint or net.spec.checkpoints[0]
    own = one.image_size == net.spec.image_size
    return _per_cent(one.top_1) + ("" if own else f" at {one.image_size}x{one.image_size}")


def _per_cent(value: float | None) -> str:
    return "" if value is None else f"{value} %"


def _millions(count: int) -> str:
    return f"{count / 1e6:,.2f} M" if count < 10e6 else f"{count / 1e6:,.1f} M"


def _linked(name: str) -> str:
    path = _functions().get(name)
    return f"[`{name}`][{path}]" if path else f"`{name}`"


@functools.cache
def _functions() -> dict[str, str]:
    """Where the reference has the function of a net."""
    return {
        name: one.path
        for one in public.everything()
        if one.path.startswith("tf_slim.nets.") and one.function is not None
        for name in (one.function.__name__, one.path.rpartition(".")[2])
    }


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(columns)
    # Numbers to the right: all but the names.
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
