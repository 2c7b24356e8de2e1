"""Runs the blocks of a page, in a process that was forked for it: `main([page, section])`.

What fails is told with the line of the page, or of the file that the page includes.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.docs import reader
from tests.docs.forge import ROOT

HOW = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
END = "\x1e"  # stands in the output after each command
SECONDS = 400
# A slow machine says how far it is; in a terminal that is a bar, which disappears.
PROGRESS = re.compile(r"^[^\n:]+: [\d,]+ of [\d,]+\n", re.MULTILINE)


class Failed(Exception):
    """A block does not do what the page says."""


def main(words: Sequence[str]) -> None:
    """Runs a page, or one section of it.

    Args:
      words: its path from the root of the checkout, and the number of the section or nothing.
    """
    page = reader.read(ROOT / words[0], ROOT)
    blocks = page.sections[int(words[1])].blocks if words[1:] else page.blocks
    try:
        run(page.name, blocks)
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)  # what a block has left behind


def run(name: str, blocks: Sequence[reader.Block]) -> None:
    """Runs blocks in order, in the folder that is the current one.

    Raises:
      Failed: one of them fails, or prints something else.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    _show_lines(name, [block for block in blocks if block.file == name])
    folder = os.getcwd()
    for block in blocks:
        if block.kind == "write":
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.kind == "parse":
            _tree(block)
        elif block.kind == "python":
            _python(block, module.__dict__)
        elif block.kind == "commands":
            _commands(block)
        os.chdir(folder)


def _show_lines(name: str, blocks: Sequence[reader.Block]) -> None:
    """Lets tracebacks, and TensorFlow, which reads the code of functions, find the lines."""
    lines: list[str] = []
    for block in blocks:
        if block.kind == "python":
            lines += ["\n"] * (block.line - 1 - len(lines)) + block.text.splitlines(keepends=True)
    linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def _tree(block: reader.Block) -> ast.Module:
    try:
        return ast.increment_lineno(ast.parse(block.text, block.file), block.line - 1)
    except SyntaxError as error:
        at = block.line - 1 + (error.lineno or 1)
        raise Failed(f'  File "{block.file}", line {at}\nSyntaxError: {error.msg}') from None


class _Both(io.TextIOBase):
    """What is written goes to several streams."""

    def __init__(self, *streams: Any):
        self._streams = streams

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
        return len(text)

    def fileno(self) -> int:
        return self._streams[0].fileno()


def _python(block: reader.Block, names: dict[str, Any]) -> None:
    code = compile(_tree(block), _path(block.file), "exec", dont_inherit=True)
    streams = sys.stdout, sys.stderr
    told, all_told = io.StringIO(), io.StringIO()
    sys.stdout, sys.stderr = _Both(streams[0], told, all_told), _Both(streams[1], all_told)
    error = None
    try:
        exec(code, names)
    except (Exception, SystemExit) as raised:
        error = raised
    finally:
        sys.stdout, sys.stderr = streams
    if error is not None:
        kind = type(error)
        if block.raises not in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}"):
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            raise Failed("".join(traceback.format_exception(error))) from None
        last = traceback.format_exception_only(error)
        for stream in (told, all_told):
            stream.writelines(last)
    elif block.raises:
        raise Failed(f"{_at(block)}: it does not raise {block.raises}")
    if block.prints is not None:
        _compare(block.prints, [told.getvalue(), all_told.getvalue()], _at(block))


def _path(file: str) -> str:
    return file if file.endswith(".md") else str(ROOT / file)


def _at(block: reader.Block, line: int = 0) -> str:
    return f'File "{block.file}", line {block.line + line}'


def _commands(block: reader.Block) -> None:
    if block.language == "console":
        try:
            told = reader.console(block.text)
        except ValueError as error:
            raise Failed(f"{_at(block)}: {error}") from None
    else:
        told = [(block.text, block.prints or "", 0)]
    script = "set -eo pipefail\n" + f"printf '{END}'\n".join(f"{one[0]}\n" for one in told)
    # A file, not a pipe: what runs in the background may go on writing.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        status: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = subprocess.run(
                ["bash", "-c", script, "bash"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            ).returncode
        output.seek(0)
        printed = output.read()
    print(printed.replace(END, ""))
    parts = printed.split(END)
    at = told[len(parts) - 1][2]
    was = f"unknown after {SECONDS} s" if status is None else status
    if len(parts) < len(told) or status != block.status:
        raise Failed(
            f"{_at(block, at)}: the status is {was}, expected {block.status}, after\n"
            f"{told[len(parts) - 1][0]}\n{parts[-1]}"
        )
    for (_, expected, line), part in zip(told, parts):
        if expected.strip():
            _compare(expected, [part, PROGRESS.sub("", part)], _at(block, line))


def _compare(expected: str, printed: Sequence[str], where: str) -> None:
    checker = doctest.OutputChecker()
    # A line of dots stands for any lines, none among them: doctest wants its two line ends there.
    expected = re.sub(r"^\.\.\.\n\s*", "...", re.sub(r"\n\.\.\.(?=\n)", "...", expected))
    if not any(checker.check_output(expected, one, HOW) for one in printed):
        example = doctest.Example("", expected)
        raise Failed(f"{where}: {checker.output_difference(example, printed[0], HOW)}")
