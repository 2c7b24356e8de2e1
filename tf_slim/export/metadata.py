"""What every exported file says of itself: one JSON object, the same in all formats."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any

FILE_NAME = "tf_slim.json"
"""Where it stands in an export that is a folder; `beside` says where of one that is a file."""

_VERSION = 1


class MetadataError(ValueError):
    """What a file says of itself cannot be read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """What there is to know of an exported model; None is unknown.

    Attributes:
      net: the name of the net.
      labels: the name of each class.
      preprocessing: the name of the preprocessing of its pictures.
      image_size: `(height, width)` of its images, in pixels; None for any.
      channels: of its images.
      multi_label: whether a picture may be of several classes: probabilities are then sigmoids of
        the logits, otherwise their softmax.
      step: of training, of the checkpoint that it was exported from.
      format: the name of the format.
      quantize: how its weights are quantized.
      precision: what it computes in.
      verified: whether the file has been run and compared with what it was made from; or a text
        that says why not.
      exporter: the release that wrote it.

    Examples:
      >>> metadata = slim.export.Metadata(net="lenet", labels=("zero", "one"))
      >>> slim.export.Metadata.from_json(metadata.to_json()).labels
      ('zero', 'one')
    """

    net: str | None = None
    labels: tuple[str, ...] | None = None
    preprocessing: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int = 3
    multi_label: bool = False
    step: int | None = None
    format: str | None = None
    quantize: str | None = None
    precision: str | None = None
    verified: bool | str = False
    exporter: str | None = None

    def to_json(self) -> str:
        """It as the text of a JSON object."""
        table = {"version": _VERSION, **dataclasses.asdict(self)}
        return json.dumps(table, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Metadata:
        """Reads what `to_json` has written; what a later release has added is left out.

        Args:
          text: the JSON.

        Raises:
          MetadataError: it is something else.
        """
        try:
            table = json.loads(text)
        except ValueError as error:
            raise MetadataError(f"expected the JSON of an exported model: {error}.") from error
        if not isinstance(table, dict) or type(table.get("version")) is not int:
            raise MetadataError("expected the JSON of an exported model, an object with a version.")
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            value = table.get(field.name)
            if value is None:
                continue
            if not _KINDS.get(field.name, _is_text)(value):
                raise MetadataError(f"{field.name} of an exported model cannot be {value!r}.")
            values[field.name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(type(one) is kind for one in value)


# What a field may be, besides null and text.
_KINDS: dict[str, Callable[[Any], bool]] = {
    "labels": lambda value: _are(value, str),
    "image_size": lambda value: _are(value, int) and len(value) == 2 and min(value) > 0,
    "channels": lambda value: type(value) is int and value > 0,
    "multi_label": lambda value: isinstance(value, bool),
    "step": lambda value: type(value) is int,
    "verified": lambda value: isinstance(value, (bool, str)),
}


def beside(path: str | os.PathLike) -> str:
    """Where the metadata of an export stand whose format has no room for them.

    Args:
      path: of the export. In a folder they are `tf_slim.json`; beside `model.pb`,
        `model.tf_slim.json`.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        return os.path.join(path, FILE_NAME)
    return f"{os.path.splitext(path)[0]}.{FILE_NAME}"


def write_beside(path: str | os.PathLike, metadata: Metadata) -> None:
    """Writes the metadata of an export where `beside` says.

    Raises:
      OSError: they cannot be written.
    """
    with open(beside(path), "w", encoding="utf-8") as file:
        file.write(metadata.to_json() + "\n")


def read_beside(path: str | os.PathLike) -> Metadata | None:
    """Reads the metadata of an export from where `beside` says; None if there are none.

    Raises:
      MetadataError: they cannot be read.
    """
    where = beside(path)
    if not os.path.isfile(where):
        return None
    with open(where, "rb") as file:
        text = file.read()
    try:
        return Metadata.from_json(text)
    except MetadataError as error:
        raise MetadataError(f"{where}: {error}") from error
