"""A page in a real browser: what it draws.

Runs where a Chromium is installed (Debian: `apt-get install chromium`) or CHROMIUM names one.
"""

from __future__ import annotations

import html
import json
import os
import pathlib
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

needed = pytest.mark.skipif(
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


def look(page: str, folder: pathlib.Path, width: int = 1100, dark: bool = False) -> dict:
    """What the browser measures of a page.

    Args:
      page: its text.
      folder: for files of the browser.
      width: of the window, in pixels; at least about 500.
      dark: whether the user prefers a dark page.
    """
    # Within a script element, `</script>` would end it.
    quoted = json.dumps(page).replace("<", "\\u003c")
    (folder / "harness.html").write_text(HARNESS % quoted, encoding="utf-8")
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
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert "CONSOLE" not in result.stderr, "the page is refused something, or fails"
    found = html.unescape(result.stdout.partition("<pre>")[2].partition("</pre>")[0])
    return json.loads(found)
