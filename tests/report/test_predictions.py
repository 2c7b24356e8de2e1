"""The page of predictions."""

from __future__ import annotations

import html.parser

import numpy as np
import pytest

from tf_slim.evaluation import Prediction
from tf_slim.report.predictions import PredictionsPage

RNG = np.random.RandomState(0)
NASTY = "<script>alert(1)</script>"


def predicted(path="a.jpg", warm=True, **kwargs):
    values = {
        "path": path,
        "names": ("cat", NASTY, "owl"),
        "probabilities": np.array([0.25, 0.7, 0.05], np.float32),
    }
    if warm:
        values["image"] = RNG.rand(300, 200, 3).astype(np.float32)
        values["heat_map"] = RNG.rand(300, 200).astype(np.float32)
    return Prediction(**{**values, **kwargs})


class Elements(html.parser.HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, tag, **wanted):
        return [a for t, a in self.found if t == tag and wanted.items() <= a.items()]


def page(*predictions, **kwargs):
    made = PredictionsPage(**kwargs)
    for one in predictions:
        made.add(one)
    return made.html("What it sees", "2 pictures", "By me.")


def test_each_picture_has_its_bars_best_first_and_a_heat_map_to_switch_off():
    text = page(predicted(), predicted("b.jpg"), top=2)
    elements = Elements(text)
    assert [a["style"] for a in elements.named("i")] == ["width: 70.00%", "width: 25.00%"] * 2
    assert len(elements.named("img", **{"class": "warm"})) == 2
    assert len(elements.named("img")) == 4
    assert elements.named("input", type="checkbox", id="heat")
    assert elements.named("label", **{"for": "heat"})
    assert text.index("70.00 %") < text.index("25.00 %")
    assert "5.00 %" not in text.replace("25.00 %", "")


def test_nothing_is_fetched_and_nothing_runs():
    text = page(predicted(f"{NASTY}.jpg"), predicted(error=NASTY, probabilities=None))
    elements = Elements(text)
    assert not elements.named("script")
    assert all(a["src"].startswith("data:image/png") for a in elements.named("img"))
    (policy,) = elements.named("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'")


def test_without_heat_maps_there_is_no_switch():
    assert not Elements(page(predicted(warm=False))).named("input")


def test_a_picture_that_failed_says_why():
    text = page(Prediction(path="x.jpg", error="x.jpg: it is empty."))
    assert "x.jpg: it is empty." in text
    assert not Elements(text).named("img")


def test_no_more_than_a_browser_shows():
    text = page(*[predicted(warm=False)] * 5, most=3)
    assert len(Elements(text).named("article")) == 3
    assert "The first 3 of 5 pictures are shown." in text


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8, 4), (8, 8, 2), (400, 10, 3)])
def test_pictures_of_any_channels(shape):
    text = page(predicted(image=RNG.rand(*shape), heat_map=RNG.rand(*shape[:2])))
    assert len(Elements(text).named("img")) == 2


def test_it_appears_whole(tmp_path):
    made = PredictionsPage()
    made.add(predicted())
    made.write(tmp_path / "page.html", "What it sees")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == made.html("What it sees")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
