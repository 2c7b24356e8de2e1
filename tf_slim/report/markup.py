"""HTML and SVG as nested calls, in which all text is escaped."""

from __future__ import annotations

import html
import re

_VOID = {"img", "input", "meta"}
_NAME = re.compile(r"[A-Za-z][\w-]*")


class Markup(str):
    """Text that is markup already; every other string is escaped where it is put into a tag."""


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """`<name attributes>children</name>`.

    Args:
      name: of the element.
      *children: what stands inside; None is left out, and what is no `Markup` is text.
      **attributes: by name, with `_` for `-`; a last `_` is dropped, as in `class_`. None is left
        out.
    """
    written = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if not _NAME.fullmatch(key):
            raise ValueError(f"tag {name!r}: {key!r} is no name of an attribute.")
        if value is not None:
            written.append(f'{key}="{html.escape(_text(value))}"')
    opening = f"<{' '.join(written)}>"
    return Markup(opening if name in _VOID else f"{opening}{joined(*children)}</{name}>")


def svg(title: str, width: float, height: float, *children: object) -> Markup:
    """A picture, told by its title to who cannot see it.

    Args:
      title: what it shows.
      width: in pixels.
      height: in pixels.
      *children: what is drawn.
    """
    return tag(
        "svg",
        *children,
        width=round(width),
        height=round(height),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label=title,
    )


def joined(*children: object) -> Markup:
    """Several elements and texts behind each other."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else html.escape(_text(child))
            for child in children
            if child is not None
        )
    )


def _text(value: object) -> str:
    # Coordinates: more digits than a screen shows would double the size of a page.
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
