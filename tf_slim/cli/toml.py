"""TOML: files read and written, and single values as they are typed in a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tf_slim.cli.options import ConfigError
from tf_slim.ops import files

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read(path: str) -> dict[str, Any]:
    """Reads a file.

    Raises:
      ConfigError: it is not there, cannot be read, or is not TOML.
    """
    try:
        with files.opened(path) as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a TOML file: {error}.") from error
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error


def value_of(text: str) -> Any:
    """A value typed in a terminal: as TOML where it is TOML, else the text itself."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if list(table) == ["value"] else text


def written(value: Any) -> str:
    """A value as TOML. Texts are basic strings: those of JSON, whose escapes TOML shares."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key(name)} = {written(item)}" for name, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def key(name: str) -> str:
    """A key as TOML: in quotes where it must be."""
    return name if _BARE_KEY.fullmatch(name) else written(name)
