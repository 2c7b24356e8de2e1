"""The page in a real browser: what it draws, in light and dark, on a wide and a narrow screen.

Runs where a Chromium is installed (Debian: `apt-get install chromium`) or CHROMIUM names one.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess

import pytest

import tf_slim as slim
from tests.report import evaluations

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium here to look at a page with: apt-get install chromium, or set CHROMIUM",
)

# A page around the page, which may run scripts where the report itself may not.
HARNESS = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><pre></pre><script>
function luminance(colour) {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
function overflows(text) {
  const inner = text.getBoundingClientRect();
  const outer = text.closest("svg").getBoundingClientRect();
  return inner.left < outer.left - 1 || inner.right > outer.right + 1
    || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
}
function measure(page) {
  const all = query => [...page.querySelectorAll(query)];
  const style = element => page.defaultView.getComputedStyle(element);
  const paper = style(page.body).backgroundColor;
  return {
    headings: all("h2").map(e => e.textContent),
    classes: all(".classes tbody td:first-child").map(e => e.textContent),
    images: all("img").map(e => e.naturalWidth),
    outside: all("svg text").filter(overflows).map(e => e.textContent),
    empty: all("svg").filter(e => !e.getBoundingClientRect().width).length,
    wide: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    contrasts: all("h1, h2, p, td, th, li, small, .flag, figcaption, footer, .tick").map(
      e => contrast(style(e)[e.closest("svg") ? "fill" : "color"], paper)),
    lines: all("polyline").map(e => style(e).stroke !== "none" && e.getBoundingClientRect().width),
    paper: luminance(paper),
    hacked: [window.hacked, page.defaultView.hacked].filter(Boolean).length,
  };
}
const frame = document.createElement("iframe");
frame.style = "border:0; width:100vw; height:4000px";
frame.srcdoc = %s;
frame.onload = () => {
  document.querySelector("pre").textContent = JSON.stringify(measure(frame.contentDocument));
};
document.body.append(frame);
</script></body>"""


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    """`look(width, dark)`: what the browser measures of the page."""
    folder = tmp_path_factory.mktemp("browser")
    found = evaluations.findings()
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
        history=[{"step": n, "loss": 1 / n, "validation": {"a": n, "loss": n}} for n in (1, 9)],
        warnings=["a/picture.png is in train and in validation", 40 * "long"],
        footer="a checkpoint with/a/path/that/goes/on/" + 20 * "and/on/",
    )
    # Within a script element, `</script>` would end it.
    quoted = json.dumps(page).replace("<", "\\u003c")
    (folder / "harness.html").write_text(HARNESS % quoted, encoding="utf-8")

    def run(width: int, dark: bool) -> dict:
        result = subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",  # which root, as in containers, may not have
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={folder / 'profile'}",
                f"--window-size={width},900",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                "--enable-logging=stderr",
                "--dump-dom",
                (folder / "harness.html").as_uri(),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        assert "CONSOLE" not in result.stderr, "the page is refused something, or fails"
        found = html.unescape(result.stdout.partition("<pre>")[2].partition("</pre>")[0])
        return json.loads(found)

    return run


@pytest.fixture(scope="module")
def light(look) -> dict:
    return look(1100, dark=False)


def test_everything_is_there(light):
    assert light["headings"] == [
        *("About the data", "Learning curves"),
        *("Confusion matrix", "Classes", "Curves", "Reliability", "Worst mistakes"),
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
    seen = look(1100, dark=True) if dark else light
    assert seen["paper"] < 0.02 if dark else seen["paper"] > 0.9
    assert min(seen["contrasts"]) > 4.5  # WCAG 2, level AA


def test_a_narrow_screen_scrolls_in_one_direction_only(look):
    # A window of Chromium has a least width of about 500 pixels.
    seen = look(500, dark=False)
    assert seen["wide"] == 0
    assert seen["outside"] == []
