"""The description of a run: what its model is made of, and what that was trained on.

It stands in `run.json` in the run folder. `slim.load` makes the model of it.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.data import Pipeline
from tf_slim.ops import files, paths, shapes
from tf_slim.ops.model import Model
from tf_slim.ops.net_signature import name_of

FILE_NAME = "run.json"
_VERSION = 1


class DescriptionError(ValueError):
    """The description of a run is missing or damaged."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """What there is to know of a run; None is unknown.

    Attributes:
      net: the name of the net; None for one of the user's own.
      function: the module and the name of its function, `nets:tiny`.
      num_classes: how many classes it has.
      kwargs: the other arguments of `slim.nets.create`.
      unwritten: the names of those arguments that no file can hold, such as functions.
      precision: what its layers compute in.
      quantize: the options of its quantization, {} for those by default.
      data: the name of the data.
      labels: the name of each class.
      preprocessing: the name of the preprocessing.
      preprocess: the module and the name of the function that is it, where it has no name.
      image_size: `(height, width)`, in pixels, of what the net is given.
      channels: of the images.
      multi_label: whether an image may be of several classes.
    """

    net: str | None = None
    function: str | None = None
    num_classes: int | None = None
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    unwritten: tuple[str, ...] = ()
    precision: str | None = None
    quantize: Mapping[str, Any] | None = None
    data: str | None = None
    labels: tuple[str, ...] | None = None
    preprocessing: str | None = None
    preprocess: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    multi_label: bool = False


def describe(model: Model, dataset: Any) -> Description:
    """What can be known of a training.

    Args:
      model: what is trained.
      dataset: what it is trained on: of a `slim.data.Pipeline` all is known, of a
        `tf.data.Dataset` the size of the images.
    """
    known: dict[str, Any] = {}
    origin = model.origin
    spec = dataset.spec if isinstance(dataset, Pipeline) else None
    classes = None if spec is None else spec.num_classes
    if origin is not None:
        kept = {key: value for key, value in origin.kwargs.items() if _is_json(value)}
        known = {"net": origin.name, "kwargs": kept}
        known["unwritten"] = tuple(sorted(set(origin.kwargs) - set(kept)))
        classes = origin.num_classes
    if isinstance(dataset, Pipeline) and spec is not None:
        known["data"] = spec.name
        known["multi_label"] = bool(getattr(spec, "multi_label", False))
        known["labels"] = complete(spec.labels_to_names, classes)
        way = dataset.preprocessing
        known["preprocessing"] = way if isinstance(way, str) else None
        known["preprocess"] = None if isinstance(way, str) else _where(way)
    size, channels = _of_images(getattr(dataset, "element_spec", None))
    return Description(
        function=_where(model.fn),
        num_classes=classes or None,
        precision=model.precision,
        quantize=model.quantization,
        image_size=size,
        channels=channels,
        **known,
    )


def complete(names: Mapping[int, str] | None, classes: int | None) -> tuple[str, ...] | None:
    """The name of each class, which is its number where it has none; None if none has."""
    if not names or not classes:
        return None
    return tuple(names.get(number) or str(number) for number in range(classes))


def write(folder: str, description: Description) -> None:
    """Writes the description into a run folder, unless the same stands there.

    What is unknown now, and was known of the same net before, is kept.

    Raises:
      OSError: the file cannot be written.
    """
    path, before = os.path.join(folder, FILE_NAME), None
    try:
        before = read(folder)
    except (DescriptionError, OSError) as error:
        files.set_aside(path, f"it cannot be read ({error})")
    if before is not None and before.net == description.net:
        kept = {
            field.name: getattr(before, field.name)
            for field in dataclasses.fields(Description)
            if getattr(description, field.name) is None
        }
        if description.data is None:  # no pipeline: nothing was asked of it
            kept["multi_label"] = before.multi_label
        if description.preprocessing or description.preprocess:  # one or the other
            kept = {key: value for key, value in kept.items() if not key.startswith("preprocess")}
        description = dataclasses.replace(description, **kept)
    if description != before:
        table = {"version": _VERSION, **dataclasses.asdict(description)}
        text = json.dumps(table, indent=2, ensure_ascii=False)
        files.replace_text(path, text + "\n")


def read(folder: str) -> Description | None:
    """The description that stands in a run folder; None if there is none.

    Raises:
      DescriptionError: it is damaged, or of a later release.
      OSError: it cannot be read.
    """
    path = os.path.join(folder, FILE_NAME)
    if not paths.exists(path):
        return None
    try:
        table = json.loads(files.read_text(path))
    except ValueError as error:
        raise DescriptionError(f"{path} is no description of a run: {error}.") from error
    if not isinstance(table, dict) or type(table.get("version")) is not int:
        raise DescriptionError(
            f"{path} is no description of a run: expected a JSON object with its version."
        )
    if table.pop("version") > _VERSION:
        raise DescriptionError(
            f"{path} was written by a later release of TF-Slim: update this one."
        )
    return _checked(table, path)


# What a field may be, besides null.
_KINDS: dict[str, Callable[[Any], bool]] = {
    "kwargs": lambda value: isinstance(value, dict),
    "quantize": lambda value: isinstance(value, dict),
    "unwritten": lambda value: _are(value, str),
    "labels": lambda value: _are(value, str),
    "num_classes": lambda value: type(value) is int and value > 0,
    "channels": lambda value: type(value) is int and value > 0,
    "image_size": lambda value: _are(value, int) and len(value) == 2 and min(value) > 0,
    "multi_label": lambda value: isinstance(value, bool),
}


def _checked(table: dict[str, Any], path: str) -> Description:
    values = {}
    for field in dataclasses.fields(Description):
        value = table.get(field.name)
        if value is None:
            continue
        if not _KINDS.get(field.name, lambda text: isinstance(text, str))(value):
            raise DescriptionError(f"{path}: {field.name} cannot be {value!r}.")
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return Description(**values)


def _are(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(type(one) is kind for one in value)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _where(function: Callable) -> str:
    """The module and the name of a function, `nets:tiny`."""
    function = inspect.unwrap(function)
    while hasattr(function, "func"):
        function = function.func  # pyright: ignore[reportFunctionMemberAccess]
    module = getattr(function, "__module__", None) or type(function).__module__
    return f"{module}:{getattr(function, '__qualname__', None) or name_of(function)}"


def _of_images(spec: Any) -> tuple[tuple[int, int] | None, int | None]:
    """The size and the channels of images, from the specs of (images, labels)."""
    first = spec[0] if isinstance(spec, tuple) and spec else None
    if first is None or not isinstance(first, tf.TensorSpec) or first.shape.rank != 4:
        return None, None
    height, width, channels = shapes.of(first)[1:]
    return None if height is None or width is None else (height, width), channels
