"""Preprocessings that a page knows: what its script `preparing.js` is told to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tf_slim.data.preprocessing.cifarnet import SIZE as CIFARNET_SIZE
from tf_slim.data.preprocessing.inception import CENTRAL_FRACTION
from tf_slim.data.preprocessing.inception import SIZE as INCEPTION_SIZE
from tf_slim.data.preprocessing.vgg import SIZE as VGG_SIZE
from tf_slim.data.preprocessing.vgg import means, smallest_side
from tf_slim.export.errors import ExportError

Size = tuple[int, int] | None


def recipe(name: str | None, size: Size, channels: int) -> dict[str, Any]:
    """What the script does with a picture in place of a preprocessing, in evaluation.

    Args:
      name: of the preprocessing; None if it has none.
      size: `(height, width)` of the images; None as the preprocessing has it.
      channels: of the images.

    Raises:
      ExportError: the page does not know it.
    """
    if name is None or name not in _RECIPES:
        what = "by a function" if name is None else f"by {name!r}"
        raise ExportError(
            f"The pictures of this model are prepared {what}, which a page cannot do. Pages know "
            f"{', '.join(_RECIPES)}. Export to onnx, and prepare pictures in a page of your own."
        )
    made = _RECIPES[name](size, channels)
    return {"size": None if size is None else list(size), "channels": channels} | made


def _fitted(size: Size, channels: int) -> dict[str, Any]:
    del channels
    return {"steps": [*([] if size is None else ["fit"]), "scale"], "mean": 128.0, "by": 1 / 128.0}


def _none(size: Size, channels: int) -> dict[str, Any]:
    del channels
    return {"steps": [] if size is None else ["check"]}


def _standardized(size: Size, channels: int) -> dict[str, Any]:
    del channels
    return {"steps": ["cropOrPad", "standardize"], "size": list(size or CIFARNET_SIZE)}


def _middle(size: Size, channels: int) -> dict[str, Any]:
    del channels
    return {
        "steps": ["middle", "resize", "scale"],
        "size": list(size or INCEPTION_SIZE),
        "fraction": CENTRAL_FRACTION,
        "mean": 127.5,
        "by": 1 / 127.5,
    }


def _short_side(size: Size, channels: int) -> dict[str, Any]:
    size = size or VGG_SIZE
    return {
        "steps": ["shortSide", "crop", "lessMeans"],
        "size": list(size),
        "side": smallest_side(size),
        "means": list(means(channels)),
    }


_RECIPES: dict[str, Callable[[Size, int], dict[str, Any]]] = {
    "none": _none,
    "lenet": _fitted,
    "digits": _fitted,
    "cifarnet": _standardized,
    "inception": _middle,
    "vgg": _short_side,
}
