"""What the pages have in common: the frame, and cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tf_slim.report.markup import Markup, tag
from tf_slim.report.style import CSS

# Nothing is fetched and nothing runs, whatever a name of a class or of a file may hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(
    title: str,
    *body: Markup | None,
    style: str = "",
    policy: str = _POLICY,
    head: Sequence[Markup] = (),
) -> str:
    """The text of an HTML file.

    Args:
      title: what it is about, as a browser shows it.
      *body: what is in it.
      style: rules of its own, in CSS.
      policy: what it may fetch and run; by default nothing.
      head: more elements for its head.
    """
    top = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(CSS + style)),
        *head,
    )
    return f"<!DOCTYPE html>\n{tag('html', top, tag('body', *body), lang='en')}\n"


def cards(rows: Mapping[str, tuple[object, str | None]]) -> Markup:
    """Numbers that are to be seen first.

    Args:
      rows: a number, and a note to it, by name.
    """
    return tag(
        "div",
        *(
            tag(
                "div", tag("span", name), tag("b", value), note and tag("span", note), class_="card"
            )
            for name, (value, note) in rows.items()
        ),
        class_="cards",
    )
