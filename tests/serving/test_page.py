"""The page in a real browser: chosen, photographed, dropped, and what is no picture."""

from __future__ import annotations

import pytest

from tests.report import browser, chromium
from tests.serving.conftest import photograph, png

pytestmark = browser.needed

CARDS = """[...document.querySelectorAll("#results article")].map(card => ({
  name: card.querySelector(".name").textContent,
  labels: [...card.querySelectorAll(".label")].map(row => row.firstChild.textContent),
  percents: [...card.querySelectorAll(".label")].map(row => row.children[1].textContent),
  bars: [...card.querySelectorAll(".bar")].map(
    bar => bar.firstChild.getBoundingClientRect().width / bar.getBoundingClientRect().width),
  images: [...card.querySelectorAll("img")].map(image => image.naturalWidth),
  failed: card.querySelector(".failed")?.textContent,
}))"""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with chromium.page(tmp_path_factory.mktemp("chromium")) as made:
        yield made


def test_what_a_person_sees(page, address, predictor, tmp_path):
    files = {
        "a <b>.png": png(1),
        "b.png": png(2),
        "photo.jpg": photograph(640, 480),
        "c.txt": b"dear diary",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.open(f"{address}/")
    assert page.value("document.title") == "What lenet-5 sees"
    # On a desk there is no camera to hold up.
    assert (
        page.value("getComputedStyle(document.querySelector('#camera + label')).display") == "none"
    )
    page.choose("#files", tmp_path / "a <b>.png", tmp_path / "c.txt")
    page.until(
        "document.querySelectorAll('.label').length === 5 && document.querySelector('.failed')"
    )
    page.drop(".ask", tmp_path / "b.png")
    page.until("document.querySelectorAll('.label').length === 10")

    page.telephone()
    assert (
        page.value("getComputedStyle(document.querySelector('#camera + label')).display") != "none"
    )
    page.choose("#camera", tmp_path / "photo.jpg")
    page.until("document.querySelectorAll('.label').length === 15")
    assert page.value(WIDE) <= 0

    cards = page.value(CARDS)
    assert [card["name"] for card in cards] == ["photo.jpg", "b.png", "c.txt", "a <b>.png"]
    for card in cards:
        if card["name"] == "c.txt":
            assert (
                card["failed"] == "The picture is not a JPEG, PNG, GIF, BMP or WebP picture: "
                "its 10 bytes start with b'dear dia'."
            )
            continue
        wanted = predictor(files[card["name"]]).labels
        assert card["labels"] == [one.label for one in wanted]
        assert card["percents"] == [f"{100 * one.probability:.1f} %" for one in wanted]
        assert card["bars"] == pytest.approx([one.probability for one in wanted], abs=0.01)
        assert card["images"] == [8, 8]
    heat = "getComputedStyle(document.querySelector('.warm')).opacity"
    assert page.value(heat) == "1"
    page.value("document.querySelector('#heat').click()")
    assert page.value(heat) == "0"
    assert page.said == [] or all("400" in one for one in page.said), page.said
