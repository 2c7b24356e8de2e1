"""A page on which a person drops or photographs pictures and sees what a model says of them.

What it is asked by is a script behind `asking.js`: a server answers, or a model in the page itself.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Sequence

from tf_slim.report import document
from tf_slim.report.markup import Markup, tag

# What every browser sends as it is. Telephones turn their own formats into the first of these.
_ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/bmp"

_CSS = """
.ask { border: 2px dashed var(--line); border-radius: .8rem; padding: 1.5rem 1rem;
  margin: 1.25rem 0; display: flex; flex-wrap: wrap; gap: .75rem; align-items: center;
  justify-content: center; }
.over .ask { border-color: var(--main); background: var(--card); }
.ask p { margin: 0; flex-basis: 100%; max-width: none; text-align: center; }
.ask input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.button { display: inline-block; padding: .7rem 1.2rem; border-radius: .6rem; cursor: pointer;
  background: var(--main); color: var(--paper); font-weight: 600; min-height: 44px; }
input:focus-visible + .button { outline: 3px solid var(--first); outline-offset: 2px; }
@media (hover: hover) and (pointer: fine) { .camera, .camera + .button { display: none; } }
@media (hover: none) { .ask p { display: none; } }
.toggle { cursor: pointer; display: inline-flex; gap: .5rem; align-items: center;
  min-height: 44px; }
#results { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
.picture { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem; min-width: 0; }
.picture .name { overflow-wrap: anywhere; font-size: .85rem; color: var(--soft); margin: 0; }
.stack { display: grid; justify-items: center; margin-bottom: .5rem; }
.stack img { grid-area: 1 / 1; width: 100%; height: 16rem; object-fit: contain; }
.stack img.seen { image-rendering: pixelated; }
body:has(#heat:not(:checked)) .warm, .stack:hover .warm { opacity: 0; }
.label { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; margin-top: .4rem;
  font-size: .95rem; font-variant-numeric: tabular-nums; }
.label span { overflow-wrap: anywhere; }
.label:first-of-type { font-weight: 600; }
.bar { grid-column: 1 / -1; height: .4rem; border-radius: .2rem; background: var(--line); }
.bar i { display: block; height: 100%; border-radius: .2rem; background: var(--main); }
.failed { color: var(--first); overflow-wrap: anywhere; margin: .4rem 0 0; }
"""


def html(
    title: str,
    about: str,
    *,
    policy: str,
    scripts: Sequence[str],
    heat_maps: bool = False,
    footer: str = "",
    head: Sequence[Markup] = (),
) -> str:
    """The text of the page.

    Args:
      title: of it.
      about: a line about the model.
      policy: what the page may fetch and run.
      scripts: where its scripts are.
      heat_maps: whether there are some to be switched off.
      footer: how it comes about.
      head: more elements for its head.
    """
    heat = None
    if heat_maps:
        heat = tag(
            "label",
            tag("input", type="checkbox", id="heat", checked="checked"),
            "where it looks",
            class_="toggle",
        )
    return document.page(
        title,
        tag("h1", title),
        tag("p", about, class_="soft"),
        tag(
            "div",
            tag(
                "input",
                type="file",
                id="camera",
                class_="camera",
                accept=_ACCEPT,
                capture="environment",
            ),
            tag("label", "Take a photograph", for_="camera", class_="button"),
            tag("input", type="file", id="files", accept=_ACCEPT, multiple="multiple"),
            tag("label", "Choose pictures", for_="files", class_="button"),
            tag("p", "or drop them here, or paste one.", class_="soft"),
            class_="ask",
        ),
        heat,
        tag("div", id="results", aria_live="polite"),
        tag("noscript", tag("p", "This page works by a script, which is switched off.")),
        tag("footer", footer),
        style=_CSS,
        policy=policy,
        head=[*head, *(tag("script", src=one, defer="defer") for one in scripts)],
    )


@functools.cache
def script() -> str:
    """The script that takes pictures and shows answers; another one behind it gives these."""
    return importlib.resources.files("tf_slim.report").joinpath("asking.js").read_text("utf-8")
