"""The page: what it says, what it needs, and that text stays text."""

from __future__ import annotations

import base64
import html.parser
import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.report import evaluations
from tf_slim.report import images, statistics
from tf_slim.report.markup import Markup, tag


class Page(html.parser.HTMLParser):
    """The tags, attributes and text of a page; closing tags must fit."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(self.text)


def page_of(findings, **options) -> Page:
    return Page(slim.report.html(findings, title="net on data", **options))


@pytest.fixture(scope="module")
def hostile() -> Page:
    return page_of(
        evaluations.findings(),
        class_names=evaluations.HOSTILE,
        subtitle="<i>subtitle</i>",
        figures={"<loss>": "<0.5>"},
        footer="<footer & more>",
        warnings=["<a & b>.png is in both splits"],
    )


def test_text_stays_text(hostile):
    for text in [
        *evaluations.HOSTILE.values(),
        "<i>subtitle</i>",
        "<loss>",
        "<0.5>",
        "<a & b>.png is in both splits",
    ]:
        assert text in hostile.words
    assert set(hostile.tags) == {
        *("html", "head", "meta", "title", "style", "body", "footer", "div", "span", "p"),
        *("h1", "h2", "h3", "b", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"),
        *("figure", "figcaption", "img", "svg", "rect", "line", "polyline", "text", "small"),
    }


def test_nothing_is_fetched_and_nothing_runs(hostile):
    for name, attribute, value in hostile.attributes:
        assert not attribute.startswith("on"), (name, attribute)
        if attribute in ("src", "href", "action", "data", "srcset", "poster", "background"):
            assert value.startswith("data:image/png;base64,")
    text = slim.report.html(evaluations.findings(), title="t")
    assert not re.search(r"https?:|url\(|@import", text)
    policies = [v for _, name, v in hostile.attributes if name == "content"]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policies


def test_numbers(hostile):
    found = evaluations.findings()
    low, high = statistics.wilson_interval(found.right, found.examples)
    for share in (found.right / 300, low, high):
        assert f"{100 * share:.2f} %" in hostile.words
    assert found.confusion is not None
    for number in found.confusion[found.confusion > 0]:
        assert str(number) in hostile.text
    assert hostile.tags.count("img") == 24
    assert hostile.tags.count("polyline") == 2 * 6 + 2  # six classes and all together, twice


HISTORY = [
    *({"step": step, "loss": 30.0 / step} for step in range(10, 510, 10)),
    {"step": 250, "validation": {"accuracy": 0.5, "loss": 1.25, "confusion": [[1]]}},
    {"step": 500, "validation": {"accuracy": 0.75, "loss": 1.5, "f1": float("nan")}},
]


def test_learning_curves():
    page = page_of(evaluations.findings(2), history=HISTORY)
    assert page.tags.count("polyline") == 2 + 3
    for text in (
        "Learning curves",
        "training loss: 0.06 at step 500",
        "validation loss: 1.5 at step 500",
        "validation accuracy: 0.75 at step 500",
    ):
        assert text in page.words
    points = [v for t, n, v in page.attributes if (t, n) == ("polyline", "points")][1]
    first, last = points.split()[0], points.split()[-1]
    assert (first, last) == ("64.0,10.0", "364.0,310.0")  # the highest loss, and the lowest


@pytest.mark.parametrize(
    "history",
    [[], [{"step": 10, "loss": 1.0}], [{"step": 10, "loss": float("nan")}, {"step": 20}]],
    ids=["none", "one point", "no numbers"],
)
def test_without_two_points_there_is_no_learning_curve(history):
    assert "Learning curves" not in page_of(evaluations.findings(2), history=history).words


def test_a_row_that_was_noted_twice_counts_as_it_was_noted_last():
    history = [{"step": s, "loss": loss} for s, loss in ((1, 2.0), (2, 9.0), (2, 1.0))]
    page = page_of(evaluations.findings(2), history=history)
    assert "training loss: 1 at step 2" in page.words


def test_mistakes_with_heat_maps_and_files():
    found = evaluations.findings(mistakes=4)
    found.illustrate(
        lambda images, predicted: np.ones(images.shape[:3]),
        lambda places: [f"<{place}>.png" for place in places],
    )
    page = page_of(found)
    assert page.tags.count("img") == 8
    assert f"(<{found.mistakes[0].index}>.png)" in page.words
    assert "Grad-CAM" in page.words
    suspects = sum(map(found.is_suspect, found.mistakes))
    assert page.text.count("label?") == suspects > 0


def test_a_heat_map_is_warm_where_it_is_high():
    image = np.full([20, 10, 3], 100, np.uint8)
    heat = np.zeros([4, 2])
    heat[0] = 1.0
    warmed = decoded(images.data_uri(image, heat)).astype(int)
    assert warmed.shape == (20, 10, 3)
    top, bottom = warmed[0, 0], warmed[-1, 0]
    assert top[0] > top[2] and bottom[2] > bottom[0]  # yellow; blue
    assert top.sum() > bottom.sum()


def test_several_labels():
    found = evaluations.findings(multi_label=True)
    missed = [m.predicted is None for m in found.mistakes]
    found.illustrate(lambda images, _: images.mean(-1), lambda places: [f"{n}.png" for n in places])
    page = page_of(found, class_names={number: f"<{number}>" for number in range(6)})
    assert page.text.count("missed: ") == sum(missed) > 0
    assert page.text.count("wrong: ") == 24 - sum(missed) > 0
    assert f"Of {found.wrong} wrong answers, those that gave" in page.words
    assert page.tags.count("img") == 48
    for mistake in found.mistakes:
        assert f"({mistake.index}.png)" in page.text and f"<{mistake.shown_class}>" in page.text
    assert page.text.count("label?") == sum(map(found.is_suspect, found.mistakes)) > 0
    assert "confusion" not in page.words.lower()
    low, high = statistics.wilson_interval(found.right, 300)
    right = 1800 - found.wrong
    for text in (
        f"{100 * low:.2f} % to {100 * high:.2f} % with 95 % confidence; {found.right} of 300",
        f"{100 * right / 1800:.2f} %",
        f"{right} of 1800 answers",
        "before the sigmoid",
        "predicted where its probability is above 0.5",
    ):
        assert text in page.words


def test_a_single_label_that_an_image_may_have_or_not():
    page = page_of(evaluations.findings(1, multi_label=True))
    assert page.tags.count("polyline") == 2
    assert "nan" not in page.words.lower()


def test_no_image_has_a_label():
    found = slim.report.Findings(2, multi_label=True)
    found.add(np.zeros([2, 4]), [[-1.0, -2.0], [-1.0, 1.0]], np.zeros([2, 2], int))
    page = page_of(found)
    assert "the labels of all images are alike" in page.words
    assert "nan" not in page.words.lower()


def test_of_many_classes_the_worst_are_shown():
    page = page_of(evaluations.findings(60, 400))
    assert "Of 60 classes, the 30 with the most mistakes are shown" in page.words
    assert "The worst classes come first" in page.words
    assert page.tags.count("polyline") == 2 * 4
    assert page.tags.count("tr") == 1 + 60 + 1 + 8


def test_two_classes_have_one_curve():
    assert page_of(evaluations.findings(2)).tags.count("polyline") == 2


def test_a_perfect_net_makes_no_mistakes():
    found = slim.report.Findings(3)
    found.add(np.zeros([3, 2, 2, 1]), 100 * np.eye(3), np.arange(3))
    page = page_of(found)
    assert "There is none." in page.words
    assert "img" not in page.tags
    assert "nan" not in page.words.lower()


def test_data_of_one_class():
    found = slim.report.Findings(2)
    found.add(np.zeros([2, 4]), [[1.0, 0.0], [0.0, 1.0]], [0, 0])
    page = page_of(found)
    assert "all images are of one class" in page.words
    assert "nan" not in page.words.lower()
    assert "img" not in page.tags  # [2, 4] are no images


def test_nothing_to_report():
    with pytest.raises(ValueError, match="no examples"):
        slim.report.html(slim.report.Findings(2), title="t")


def test_write(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    slim.report.write(path, evaluations.findings(), title="t", class_names={0: "日本語"})
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "日本語" in text
    with pytest.raises(OSError):
        slim.report.write(tmp_path / "nowhere" / "report.html", evaluations.findings(), title="t")


def test_tags():
    assert tag("p", "a<b", Markup("<i></i>"), None, 3) == "<p>a&lt;b<i></i>3</p>"
    assert tag("rect", x=1.0, y=2.504, stroke_width=2, class_='a"b', id=None) == (
        '<rect x="1" y="2.5" stroke-width="2" class="a&quot;b"></rect>'
    )
    with pytest.raises(ValueError, match="no name of an attribute"):
        tag("p", **{"a onclick=x": 1})


def decoded(uri: str) -> np.ndarray:
    return tf.io.decode_png(base64.b64decode(uri.removeprefix("data:image/png;base64,"))).numpy()


def test_images():
    image = np.array([[[-1.0], [0.0]], [[1.0], [np.nan]]], np.float32)
    np.testing.assert_array_equal(decoded(images.data_uri(image))[..., 0], [[0, 128], [255, 128]])
    pixels = np.array([[[3, 4, 5]]], np.uint8)
    np.testing.assert_array_equal(decoded(images.data_uri(pixels)), pixels)
    assert decoded(images.data_uri(np.zeros([3, 4, 7]))).shape == (3, 4, 1)
    assert decoded(images.data_uri(np.zeros([400, 200, 3]))).shape == (160, 80, 3)
    assert images.data_uri(np.zeros([3])) is None
    assert images.data_uri(np.zeros([0, 3, 1])) is None
