"""The page of predictions: each picture with its labels and where the net looked."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tf_slim.evaluation.prediction import Prediction, Scored
from tf_slim.ops import files
from tf_slim.report import document, images
from tf_slim.report.markup import Markup, tag
from tf_slim.report.tables import percent

_SIDE = 224

_CSS = """
.toggle { cursor: pointer; }
.pictures { display: grid; gap: 1rem; margin-top: 1.25rem;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.picture { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem; min-width: 0; }
.picture .path { overflow-wrap: anywhere; font-size: .85rem; color: var(--soft); margin: 0; }
.stack { display: grid; justify-items: center; margin-bottom: .5rem; }
.stack img { grid-area: 1 / 1; width: 100%; height: 14rem; object-fit: contain;
  image-rendering: pixelated; }
#heat:not(:checked) ~ .pictures .warm, .stack:hover .warm { opacity: 0; }
.label { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; margin-top: .4rem;
  font-size: .9rem; font-variant-numeric: tabular-nums; }
.label span { overflow-wrap: anywhere; }
.path + .label { font-weight: 600; }
.bar { grid-column: 1 / -1; height: .35rem; border-radius: .2rem; background: var(--line); }
.bar i { display: block; height: 100%; border-radius: .2rem; background: var(--main); }
.failed { color: var(--first); overflow-wrap: anywhere; margin: .4rem 0 0; }
"""


class PredictionsPage:
    """A page of predictions, made of one after the other.

    Args:
      top: how many labels to show of each picture.
      most: how many pictures to show: a browser shows no page of any size.
    """

    def __init__(self, top: int = 5, most: int = 500):
        self._top = top
        self._most = most
        self._cards: list[Markup] = []
        self._count = 0
        self._is_warm = False

    def add(self, prediction: Prediction) -> None:
        """Adds a picture, as long as there is room."""
        self._count += 1
        if len(self._cards) < self._most:
            self._is_warm |= prediction.heat_map is not None
            self._cards.append(_card(prediction, self._top))

    def html(self, title: str, subtitle: str = "", footer: str = "") -> str:
        """The text of the page: one HTML file that needs no network and runs no script.

        Args:
          title: what made the predictions.
          subtitle: more about it.
          footer: how it came about.
        """
        return document.page(
            title,
            tag("h1", title),
            tag("p", subtitle, class_="soft"),
            *self._explained(),
            tag("div", *self._cards, class_="pictures"),
            tag("footer", footer),
            style=_CSS,
        )

    def write(self, path: str | os.PathLike, title: str, subtitle: str = "", footer: str = ""):
        """Writes the page; see `html`.

        Raises:
          OSError: the file cannot be written.
        """
        files.replace_text(path, self.html(title, subtitle, footer))

    def _explained(self) -> Iterable[Markup]:
        shown = len(self._cards)
        if self._count > shown:
            yield tag("p", f"The first {shown} of {self._count} pictures are shown.")
        if self._is_warm:
            yield tag("input", type="checkbox", id="heat", checked="checked")
            yield tag("label", " heat maps", for_="heat", class_="toggle")
            yield tag(
                "p",
                "Pictures are shown as the net was given them. Their heat maps tell where it sees "
                "what speaks for the first label: the warmer, the more it counts (Grad-CAM). Point "
                "at a picture to see it without.",
                class_="soft",
            )


def _card(prediction: Prediction, top: int) -> Markup:
    name = prediction.path or ""
    path = tag("p", name, class_="path", title=name)
    if prediction.error is not None:
        return tag("article", path, tag("p", prediction.error, class_="failed"), class_="picture")
    return tag(
        "article",
        _stack(prediction, name),
        path,
        *(_label(one) for one in prediction.top(top)),
        class_="picture",
    )


def _stack(prediction: Prediction, name: str) -> Markup | None:
    if prediction.image is None:
        return None
    plain = images.data_uri(prediction.image, side=_SIDE)
    warm = None
    if prediction.heat_map is not None:
        warm = images.data_uri(prediction.image, prediction.heat_map, _SIDE)
    about = f"Where the net saw {prediction.label}"
    return tag(
        "div",
        plain and tag("img", src=plain, alt=name),
        warm and tag("img", src=warm, alt=about, class_="warm"),
        class_="stack",
    )


def _label(scored: Scored) -> Markup:
    width = f"width: {100 * scored.probability:.2f}%"
    return tag(
        "div",
        tag("span", scored.label),
        tag("span", percent(scored.probability)),
        tag("div", tag("i", style=width), class_="bar"),
        class_="label",
    )
