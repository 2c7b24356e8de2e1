"""What the house tests share: finding files, parsing them, running Python in its own process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tf_slim"


def python_files(folder: Path = PACKAGE) -> list[Path]:
    """All Python files under `folder`, in a stable order."""
    files = sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    if not files:
        raise FileNotFoundError(f"No Python file under {folder}: checking them checks nothing.")
    return files


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def where(path: Path, node: ast.AST | None = None) -> str:
    """`tf_slim/layers/conv.py:12`, to begin a message with."""
    name = path.relative_to(ROOT).as_posix() if path.is_absolute() else path.as_posix()
    return f"{name}:{getattr(node, 'lineno', 1)}"


def tracked_text_files() -> Iterator[tuple[Path, str]]:
    """Every text file that is, or would be, in version control, with its text.

    In a copy without version control: every file outside hidden and generated folders.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        generated = {"__pycache__", "build", "dist", "venv"}
        paths = [
            path
            for path in ROOT.rglob("*")
            if not any(
                part in generated or (part.startswith(".") and part != ".ci")
                for part in path.relative_to(ROOT).parent.parts
            )
        ]
    for path in sorted(paths):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        try:
            yield path, data.decode("utf-8")
        except UnicodeDecodeError:
            continue


def run_python(
    code: str, *args: str, cwd: Path | None = None, path: Path | None = None, timeout: float = 550
) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a fresh interpreter that finds this checkout's `tf_slim` first.

    Args:
      code: the program.
      *args: its `sys.argv[1:]`.
      cwd: the folder it runs in; the checkout if not given.
      path: a folder to put on the module path, before the checkout.
      timeout: in seconds.
    """
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="2", PYTHONIOENCODING="utf-8")
    environment.pop("TF_USE_" + "LEGACY_KERAS", None)
    search = [str(folder) for folder in (path, ROOT) if folder is not None]
    environment["PYTHONPATH"] = os.pathsep.join(
        [*search, *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=cwd or ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
