"""The page of what differs from the original, which is a part of the change log."""

from __future__ import annotations

import pathlib
import re

from scripts.docs import public

_CHANGES = pathlib.Path(__file__).parents[2] / "CHANGELOG.md"
_PART = "### For those who come from tf.contrib.slim or tf_slim 1.x"
_GROUP = re.compile(r"^(\w[^\n:]*):\n$", re.MULTILINE)
_NAME = re.compile(r"(?<![`\[])`(slim\.)?(\w+(?:\.\w+)*)`(?![`\]])")


def written() -> str:
    """The text of the page.

    Raises:
      LookupError: the change log has no such part.
    """
    _, found, rest = _CHANGES.read_text(encoding="utf-8").partition(f"{_PART}\n")
    if not found:
        raise LookupError(
            f"{_CHANGES.name}: expected the part {_PART!r}, found none. Put it back, or change its "
            f"name in {pathlib.Path(__file__).name} too."
        )
    text = re.split(r"^#{1,3} ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    return f"# What differs from the original\n\n{_linked(_GROUP.sub(_heading, text))}\n"


def _heading(match: re.Match[str]) -> str:
    return f"## {match[1]}\n"


def _linked(text: str) -> str:
    paths = {name: one.path for one in public.everything() for name in (one.path, *one.also)}

    def link(match: re.Match[str]) -> str:
        path = paths.get(f"tf_slim.{match[2]}")
        return f"[{match[0]}][{path}]" if path else match[0]

    return _NAME.sub(link, text)
