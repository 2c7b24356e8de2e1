"""The page in a real browser: what it draws, in light and dark, on a wide and a narrow screen."""

from __future__ import annotations

import functools

import pytest

import tf_slim as slim
from tests.report import browser, evaluations

pytestmark = browser.needed


CLASSES = ["Classes", "Curves", "Reliability", "Worst mistakes"]
KINDS = {False: ["Confusion matrix", *CLASSES], True: CLASSES}
"""The headings of a page by whether an image may be of several classes."""


@pytest.fixture(scope="module", params=KINDS, ids=["one label", "several labels"])
def multi_label(request) -> bool:
    return request.param


@pytest.fixture(scope="module")
def look(tmp_path_factory, multi_label):
    """`look(width, dark)`: what the browser measures of the page."""
    folder = tmp_path_factory.mktemp("browser")
    found = evaluations.findings(multi_label=multi_label)
    found.illustrate(
        lambda images, predicted: images.mean(-1),
        lambda places: [f"a folder/with/{20 * 'long'}names/{place}.png" for place in places],
    )
    page = slim.report.html(
        found,
        title="net on <data>",
        subtitle="300 images",
        class_names=evaluations.HOSTILE,
        figures={"loss": "0.5"},
        history=[
            {"step": n, "loss": 1 / n, "validation": {"a": n**9, "loss": 2.77e-6 * n}}
            for n in (1, 9)
        ],
        warnings=["a/picture.png is in train and in validation", 40 * "long"],
        footer="a checkpoint with/a/path/that/goes/on/" + 20 * "and/on/",
    )
    return functools.partial(browser.look, page, folder)


@pytest.fixture(scope="module")
def light(look) -> dict:
    return look(width=1100)


def test_everything_is_there(light, multi_label):
    assert light["headings"] == [
        *("About the data", "Learning curves"),
        *KINDS[multi_label],
    ]
    assert light["images"] == [4] * 48
    assert light["classes"] == list(evaluations.HOSTILE.values())
    assert light["hacked"] == 0


def test_pictures_are_whole(light):
    assert light["outside"] == []
    assert light["empty"] == 0
    assert len(light["lines"]) == 14 + 3 and all(light["lines"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_can_be_read(look, light, dark):
    seen = look(width=1100, dark=True) if dark else light
    assert seen["paper"] < 0.02 if dark else seen["paper"] > 0.9
    assert min(seen["contrasts"]) > 4.5  # WCAG 2, level AA


def test_a_narrow_screen_scrolls_in_one_direction_only(look):
    # A window of Chromium has a least width of about 500 pixels.
    seen = look(width=500)
    assert seen["wide"] == 0
    assert seen["outside"] == []
