"""The page of the nets says what the registry says, and its plot is of the same numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

import tf_slim as slim
from scripts.docs import gallery, plot
from scripts.docs.plot import Point
from scripts.docs.writing import ROOT
from tf_slim.cli import net_statistics


@pytest.fixture(scope="module")
def page():
    return gallery.written()


def _rows(page):
    """The cells of each row that begins with a net."""
    found = {}
    for line in page.splitlines():
        name = re.match(r"\| \[?`(\w+)`", line)
        if name:
            assert name[1] not in found
            found[name[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


def test_each_net_has_a_row(page):
    assert sorted(_rows(page)) == slim.nets.names()


def test_the_numbers_are_those_that_were_counted(page):
    known = net_statistics.known()
    for name, (_, images, parameters, multiply_adds, _) in _rows(page).items():
        for text, count in (
            (parameters, known[name]["parameters"]),
            (multiply_adds, known[name]["multiply_adds"]),
        ):
            value = float(text.removesuffix(" M").replace(",", "")) * 1e6
            assert value == pytest.approx(count, rel=0.005), name
        sides = [side for side in slim.nets.spec(name).input_shape if side is not None]
        assert images == "x".join(map(str, sides))


def test_accuracies_are_the_published_ones_and_blank_where_there_is_none(page):
    for name, (*_, accuracy) in _rows(page).items():
        checkpoints = slim.nets.spec(name).checkpoints
        assert bool(accuracy) == bool(checkpoints), name
        if checkpoints:
            per_cent, _, size = accuracy.partition(" % at ")
            (one,) = [one for one in checkpoints if one.name in (checkpoints[0].name,)]
            assert float(per_cent.removesuffix(" %")) == one.top_1
            assert size == ("" if one.image_size == slim.nets.spec(name).image_size else "299x299")


def test_each_checkpoint_and_each_paper_is_named(page):
    for name in slim.nets.names():
        spec = slim.nets.spec(name)
        assert spec.paper in page
        for one in spec.checkpoints:
            assert f"| `{one.name}` | {one.image_size}x{one.image_size} |" in page


def test_the_plot_has_each_net_that_was_measured_at_its_own_size(page):
    plotted = {one.name: one.y for one in gallery.points()}
    own = {
        name: one.top_1
        for name in slim.nets.names()
        for one in slim.nets.spec(name).checkpoints
        if one.image_size == slim.nets.spec(name).image_size and not one.keywords
    }
    assert plotted == own
    assert page.count('<g class="point">') == len(own)


POINTS = [
    Point("a", "A", 10.0, 50.0),
    Point("b", "A", 100.0, 60.0),
    Point("c & d", "C", 1000.0, 70.0),
]


def test_the_plot_is_an_image_with_words_for_it():
    text = plot.scatter(POINTS, title="How <good>", x="cost", y="gain")
    assert "\n\n" not in text, "Markdown would end the element there"
    root = ET.fromstring(text)
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    title, told = root.find(f"{name}title"), root.find(f"{name}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
    assert title.text == "How <good>"
    assert told.text == "a 50 % at 10 million; b 60 % at 100 million; c & d 70 % at 1,000 million."


def test_points_stand_where_their_values_are():
    root = ET.fromstring(plot.scatter(POINTS, title="t", x="x", y="y"))
    name = "{http://www.w3.org/2000/svg}"
    line = root.find(f"{name}polyline").get("points").split()
    (left, low), (middle, mid) = (map(float, one.split(",")) for one in line)
    square = root.findall(f"{name}g")[2].find(f"{name}polygon").get("points").split()
    corners = [tuple(map(float, one.split(","))) for one in square]
    right = sum(x for x, _ in corners) / 4
    high = sum(y for _, y in corners) / 4
    assert middle - left == pytest.approx(right - middle, abs=0.2), "a logarithmic axis"
    assert low - mid == pytest.approx(mid - high, abs=0.2) and low > mid > high


def test_it_is_in_the_navigation():
    assert '"nets.md"' in (ROOT / "zensical.toml").read_text(encoding="utf-8")
