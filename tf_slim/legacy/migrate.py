"""Rewrites programs of TensorFlow 1 for `tf.compat.v1` and `tf_slim`, and keeps their layout."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import os
import shlex
import stat
import sys
from collections.abc import Iterator, Sequence

from tf_slim.legacy import numpy1, source
from tf_slim.ops import files

__all__ = ["Migration", "main", "migrate", "require_libcst"]


@dataclasses.dataclass(frozen=True)
class Migration:
    """What becomes of one file.

    Attributes:
      path: the file.
      before: its text.
      after: its text for today's TensorFlow.
      left: lines such as "12: tf.contrib.gan.gan_model", of what could not be rewritten.
    """

    path: str
    before: str
    after: str
    left: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to rewrite."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.path,
            self.path,
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def require_libcst() -> None:
    """Looks for the package that everything here rests on.

    Raises:
      ModuleNotFoundError: it is not installed.
    """
    try:
        import libcst  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        raise ModuleNotFoundError(
            f"tf-slim migrate needs libcst: {shlex.quote(sys.executable)} -m pip install libcst",
            name="libcst",
        ) from None


def migrate(text: str, path: str = "<text>") -> Migration:
    """Rewrites one module.

    Args:
      text: the source.
      path: of its file, for messages.

    Raises:
      SyntaxError: it is no Python 3.
      ModuleNotFoundError: libcst is not installed.
    """
    require_libcst()
    import libcst

    from tf_slim.legacy import rewriting
    from tf_slim.legacy.homes import home_of, import_home

    try:
        module = libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        ast.parse(text, path)  # whose errors are for people
        raise SyntaxError(error.message, (path, error.raw_line, error.raw_column, None)) from None
    after, left = rewriting.rewrite(module, home_of, import_home, numpy1.today)
    return Migration(path, text, after, tuple(left))


def main(place: str, *, apply: bool = False) -> int:
    """Rewrites a file, or all modules below a folder, for the command line.

    Returns:
      The exit status: 0, or 1 if a file cannot be read as Python 3, 2 if there is no such file or
      libcst is not installed.
    """
    if not os.path.exists(place):
        print(f"error: There is no file or folder {place}.", file=sys.stderr)
        return 2
    try:
        require_libcst()
    except ModuleNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    status, changed = 0, 0
    for path in _modules(place):
        try:
            text, encoding = source.read(path)
            migration = migrate(text, path)
        except SyntaxError as error:
            print(f"error: {path}:{error.lineno}: {error.msg}; left alone", file=sys.stderr)
            status = 1
            continue
        for line in migration.left:
            print(f"note: {path}:{line} has no counterpart; left alone", file=sys.stderr)
        if not migration.changed:
            continue
        changed += 1
        print(migration.diff(), end="")
        if apply:
            _replace(path, migration.after, encoding)
    if status:
        print(source.IF_PYTHON_2, file=sys.stderr)
    what = "1 file" if changed == 1 else f"{changed} files"
    done = "rewritten" if apply else "to rewrite; --apply writes" if changed else "to rewrite"
    print(f"{what} {done}", file=sys.stderr)
    return status


def _replace(path: str, text: str, encoding: str) -> None:
    mode = stat.S_IMODE(os.stat(path).st_mode)
    with (
        files.replacing(path) as temporary,
        open(temporary, "w", encoding=encoding, newline="") as file,
    ):
        file.write(text)
    os.chmod(path, mode)


def _modules(place: str) -> Iterator[str]:
    if os.path.isfile(place):
        yield place
        return
    for folder, folders, names in os.walk(place):
        folders[:] = _visible(folders)
        yield from (os.path.join(folder, name) for name in _visible(names) if name.endswith(".py"))


def _visible(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith((".", "__pycache__")))
