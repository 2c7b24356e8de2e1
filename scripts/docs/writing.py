"""Where the generated pages go."""

from __future__ import annotations

import pathlib

from scripts.docs import command_line, differs, for_tools, gallery, reference

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAMES = ROOT / "build" / "docs" / "names.json"


def generated() -> dict[str, str]:
    """The text of each generated page, by its path in docs/."""
    pages = {
        "nets.md": gallery.written(),
        "differs.md": differs.written(),
        "reference/index.md": reference.overview(),
        "reference/command-line.md": command_line.written(),
        "reference/types.md": reference.words(),
        **{f"reference/{name}.md": text for name, text in reference.written().items()},
    }
    return {**pages, "llms.txt": for_tools.index(pages), for_tools.WHOLE: for_tools.whole()}


def main() -> None:
    _write(NAMES, reference.names())
    for path, text in generated().items():
        _write(DOCS / path, text)


def _write(path: pathlib.Path, text: str) -> None:
    """Writes what has changed: the generator of the site goes by the time of a file."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
