"""Where the generated pages go."""

from __future__ import annotations

import pathlib

from scripts.docs import command_line, differs, gallery, reference

ROOT = pathlib.Path(__file__).parents[2]
NAMES = ROOT / "build" / "docs" / "names.json"


def main() -> None:
    _write(NAMES, reference.names())
    _write(ROOT / "docs" / "nets.md", gallery.written())
    _write(ROOT / "docs" / "differs.md", differs.written())
    for name, text in {**reference.written(), "command-line": command_line.written()}.items():
        _write(ROOT / "docs" / "reference" / f"{name}.md", text)


def _write(path: pathlib.Path, text: str) -> None:
    """Writes what has changed: the generator of the site goes by the time of a file."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
