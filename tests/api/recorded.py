"""What was recorded of the original's names: parameters, defaults, and the modules they lived in.

`api.json.gz` among the goldens is contrib.slim of TensorFlow 1.15.5; `data/tf_slim_1_1_0.json.gz`
has what tf_slim 1.1.0 had besides, and the modules of all its names.
"""

from __future__ import annotations

import gzip
import json
import pathlib
from typing import Any

from tests.goldens import loader

_MORE = pathlib.Path(__file__).parent / "data" / "tf_slim_1_1_0.json.gz"


def _read(path: pathlib.Path) -> dict[str, Any]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return json.load(stream)


NAMES: dict[str, dict] = {
    name: row
    for source in (loader.DATA / "api.json.gz", _MORE)
    for name, row in _read(source)["names"].items()
    if name.startswith("slim.")
}
"""Full name -> {"kind", "args" or "init": [[name] or [name, default], ...], "arg_scope"?}."""

MODULES: dict[str, list[str]] = _read(_MORE)["modules"]
"""Module path -> the names that programs import from it."""


def parameters(name: str) -> list[list]:
    """The recorded parameters: [name] or [name, default], with the stars of `*args`."""
    return NAMES[name].get("args") or NAMES[name].get("init") or []


def is_net(name: str) -> bool:
    """Whether it belongs to a net; `tests/goldens` says which of those there are."""
    return name.startswith(("slim.nets", "tf_slim.nets"))
