"""The built site: its links, and what a real browser makes of it. `make docs` runs this."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.links import broken
from tests.report import browser, chromium

SITE = Path(os.environ.get("SITE", "")).resolve()

built = pytest.mark.skipif(
    "SITE" not in os.environ, reason="make docs builds the site, and looks at it"
)


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the site is served."""
    handler = functools.partial(_Silent, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def telephone(tmp_path_factory):
    with chromium.page(tmp_path_factory.mktemp("browser")) as page:
        page.telephone()
        yield page


def _addresses(address: str) -> list[str]:
    return [
        address + path.relative_to(SITE).as_posix().removesuffix("index.html")
        for path in sorted(SITE.rglob("index.html"))
    ]


@built
def test_no_link_within_is_broken():
    assert broken(SITE) == []


@built
@browser.needed
def test_every_page_fits_a_telephone_and_has_nothing_to_complain_of(telephone, address):
    wide, said = {}, {}
    for page in _addresses(address):
        telephone.said.clear()
        telephone.open(page)
        width = telephone.value("document.documentElement.scrollWidth")
        if width > 390:
            # What sticks out, and is not within what scrolls by itself.
            wide[page] = (
                width,
                telephone.value(
                    "[...document.querySelectorAll('article *')]"
                    ".filter(e => e.getBoundingClientRect().right > 391"
                    " && !e.closest('pre, .md-typeset__scrollwrap'))"
                    ".slice(0, 3).map(e => e.outerHTML.slice(0, 200))"
                ),
            )
        if telephone.said:
            said[page] = list(telephone.said)
    assert (wide, said) == ({}, {})


LUMINANCE = """(colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
})(getComputedStyle(%s).%s)"""


@built
@browser.needed
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_is_as_dark_as_the_reader_likes_it(telephone, address, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    telephone.call("Emulation.setEmulatedMedia", features=features)
    telephone.open(address)
    paper = telephone.value(LUMINANCE % ("document.body", "backgroundColor"))
    ink = telephone.value(LUMINANCE % ("document.querySelector('article p')", "color"))
    assert (paper < 0.2 and ink > 0.6) if scheme == "dark" else (paper > 0.8 and ink < 0.4)


@built
@browser.needed
def test_search_finds_a_layer(telephone, address):
    telephone.open(address)
    telephone.value("document.querySelector('.md-search__button').click()")
    # The search is drawn in a tree of its own.
    field = "[...document.querySelectorAll('*')].map(e => e.shadowRoot).find(e => e?.querySelector"
    field += "('input[role=combobox]'))"
    telephone.until(field)
    telephone.until(f"{field}.activeElement?.matches('input')")
    telephone.call("Input.insertText", text="conv2d")
    telephone.until(f"{field}.querySelector('[role=option]')?.href.includes('conv2d')")
    first = telephone.value(f"{field}.querySelector('[role=option]').href")
    assert first.partition("#")[2] == "tf_slim.conv2d"


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(
        '<p id="x"><a href="a/#y"></a><a href="a/#z"></a><a href="b/"></a><a href="#x"></a>'
        '<a href="https://a.b/c"></a><img src="c.png">'
    )
    (tmp_path / "a" / "index.html").write_text('<p id="y"><a href="../#x"></a><a href="/a/"></a>')
    assert broken(tmp_path) == ["index.html: a/#z", "index.html: b/", "index.html: c.png"]
