"""Reads a page, README.md or one of docs/: its blocks, what is said of them, and its commands.

What runs is told by the language of a block, and by a comment on a line of its own before it:

    python                      is run; the blocks of a page share one namespace
    bash, sh, shell             is run by bash
    console                     lines `$ command` are run by bash, the others are what they print
    any, title="FILE.ext"       is written to that file, and not run
    python title="then"         is code of another time, shown for comparison: not run, but parsed
    text, directly after one    is what the block before it prints

    <!-- run: skip because REASON -->      is not run
    <!-- run: raises ValueError -->        a python block that ends with this error
    <!-- run: status 1 -->                 commands, of which the last one ends with this status
"""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([^\s`{]*)([^`]*)$")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
COMMENT = re.compile(r"^\s*<!--\s*run:\s*(.*?)\s*-->\s*$")
SAID = re.compile(
    r"(?P<skip>skip because \S.*)|raises (?P<raises>[\w.]+)|status (?P<status>[1-9]\d*)"
)
TITLE = re.compile(r'\btitle="([^"]*)"')
FILE = re.compile(r"[\w./-]+\.[a-z]\w*")
INCLUDE = re.compile(r'^--8<-- "([^":]+)(?::([\w-]+))?"$')
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
COMMANDS = {"sh", "bash", "shell", "console"}
# What ends a command on a shell line, or begins the next one.
SEPARATORS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>", "(", ")"}


@dataclass
class Block:
    """A fenced block.

    Attributes:
      language: the word after the fence, in small letters.
      title: its title, or "".
      text: what it holds; of an include, the part of the file.
      file: the file that its lines are of, and...
      line: the number there of the first one.
      include: the file and section that it includes, or None.
      prints: the block of text that says what it prints, or None.
      skip: why it is not run, or None.
      raises: the error that it ends with, or None.
      status: that of the last command.
    """

    language: str
    title: str
    text: str
    file: str
    line: int
    include: tuple[str, str | None] | None = None
    prints: str | None = None
    skip: str | None = None
    raises: str | None = None
    status: int = 0

    @property
    def written(self) -> bool:
        """Whether it is a file to write."""
        return bool(FILE.fullmatch(self.title))

    @property
    def kind(self) -> str | None:
        """How it is run: "python", "commands", "write", "parse", or not at all (None)."""
        if self.skip:
            return None
        if self.written:
            return "write"
        if self.language == "python":
            return "parse" if self.title == "then" else "python"
        return "commands" if self.language in COMMANDS else None


@dataclass
class Section:
    """What stands under a heading of level one or two; deeper headings belong to it."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)


@dataclass
class Page:
    """A page.

    Attributes:
      name: its path from the root of the checkout.
      sections: its parts; all that stands before the first heading is the first one.
      headings: the level and text of each heading, in order.
    """

    name: str
    sections: list[Section]
    headings: list[tuple[int, str]]

    @property
    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        return [block for section in self.sections for block in section.blocks]

    @property
    def prose(self) -> str:
        """All text that is in no block."""
        return "\n".join(line for section in self.sections for line in section.prose)


def read(path: Path, root: Path) -> Page:
    """Reads a page of a checkout, and the parts of files that it includes from `docs/`.

    Raises:
      ValueError: see `parse`; or an include names no section of a file.
    """
    page = parse(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    for block in page.blocks:
        _include(block, root)
    return page


def parse(text: str, name: str) -> Page:
    """Takes a page apart.

    Raises:
      ValueError: a block is never closed, or a `<!-- run: ... -->` says nothing that is known, or
        stands before no block that is run.
    """
    page = Page(name, [Section("")], [])
    indent = fence = ""
    block, said, before = None, None, None

    def wrong(number: int, what: str) -> ValueError:
        return ValueError(f"{name}, line {number}: {what}")

    for number, line in enumerate(text.splitlines(), start=1):
        if block is not None:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                if block.language == "text" and before is not None and before.kind:
                    before.prints = block.text
                block, before = None, block
            else:
                block.text += line.removeprefix(indent) + "\n"
            continue
        opening, comment, heading = FENCE.match(line), COMMENT.match(line), HEADING.match(line)
        if opening:
            indent, fence, language, rest = opening.groups()
            title = TITLE.search(rest)
            block = Block(language.lower(), title.group(1) if title else "", "", name, number + 1)
            page.sections[-1].blocks.append(block)
            if said is not None:
                _say(block, said, lambda what, number=number: wrong(number, what))
                said = None
        elif said is not None and line.strip():
            raise wrong(number, "a run comment before no block")
        elif comment:
            said = SAID.fullmatch(comment.group(1))
            if said is None:
                raise wrong(
                    number,
                    "expected `run: skip because REASON`, `run: raises ERROR` or `run: status N`, "
                    f"got `run: {comment.group(1)}`",
                )
        elif heading:
            page.headings.append((len(heading.group(1)), heading.group(2)))
            if len(heading.group(1)) <= 2:
                page.sections.append(Section(heading.group(2)))
        else:
            page.sections[-1].prose.append(line)
        if line.strip() and block is None:
            before = None
    if block is not None or said is not None:
        raise ValueError(f"{name} ends within a block, or after a run comment")
    return page


def _say(block: Block, said: re.Match[str], wrong) -> None:
    if block.language not in {"python", *COMMANDS}:
        raise wrong("a run comment before a block that is not run")
    if (said["raises"] and block.language != "python") or (
        said["status"] and block.language not in COMMANDS
    ):
        raise wrong("a python block `raises`, and commands have a `status`")
    block.skip, block.raises, block.status = said["skip"], said["raises"], int(said["status"] or 0)


def _include(block: Block, root: Path) -> None:
    found = INCLUDE.match(block.text.strip())
    if found is None:
        return
    file, name = found.groups()
    path = root / "docs" / file
    if not path.is_file():
        raise ValueError(f"{block.file}, line {block.line}: there is no docs/{file}")
    lines = path.read_text(encoding="utf-8").splitlines()
    first, last = 1, len(lines)
    if name:
        parts = parts_of(lines)
        if name not in parts:
            raise ValueError(
                f"{block.file}, line {block.line}: docs/{file} has no section {name!r}; "
                f"it has {', '.join(parts) or 'none'}"
            )
        first, last = parts[name]
    block.include = file, name
    block.text = textwrap.dedent("\n".join(lines[first - 1 : last]) + "\n")
    block.file, block.line = f"docs/{file}", first


def parts_of(lines: list[str]) -> dict[str, tuple[int, int]]:
    """The sections of a file that pages include: the numbers of their first and last lines."""
    begun: dict[str, int] = {}
    found: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(lines, start=1):
        mark = re.search(r"--8<-- \[(start|end):\s*([\w-]+)\]", line)
        if mark and mark.group(1) == "start":
            begun[mark.group(2)] = number + 1
        elif mark:
            found[mark.group(2)] = begun.pop(mark.group(2)), number - 1
    if begun:
        raise ValueError(f"sections that have no end: {', '.join(begun)}")
    return dict(sorted(found.items(), key=lambda one: one[1]))


def console(text: str) -> list[tuple[str, str, int]]:
    """The commands of a `console` block: each with what it prints, and its line in the block."""
    found: list[tuple[str, str, int]] = []
    goes_on = False
    for number, line in enumerate(text.splitlines()):
        if line.startswith("$ "):
            found.append((line[2:], "", number))
        elif not found:
            raise ValueError("a console block begins with a line `$ command`")
        elif goes_on:
            command, printed, at = found[-1]
            found[-1] = (f"{command}\n{line}", printed, at)
        else:
            command, printed, at = found[-1]
            found[-1] = (command, f"{printed}{line}\n", at)
        goes_on = line.endswith("\\") and (line.startswith("$ ") or goes_on)
    return found


def command_lines(page: Page) -> list[str]:
    """The shell lines of a page: of its shell blocks, and its `inline code`."""
    lines = []
    for section in page.sections:
        for block in section.blocks:
            text = block.text.replace("\\\n", " ")
            if block.language == "console":
                lines += [line for line in text.splitlines() if line.startswith("$ ")]
            elif block.language in {"", *COMMANDS}:
                lines += text.splitlines()
        lines += INLINE.findall("\n".join(section.prose))
    return lines


def commands(page: Page, name: str) -> list[list[str]]:
    """The arguments of every command called `name`, in order, each list once."""
    found: list[list[str]] = []
    for line in command_lines(page):
        lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # an apostrophe: no command line
            continue
        pieces: list[list[str]] = [[]]
        for word in words:
            if word in SEPARATORS:
                pieces.append([])
            else:
                pieces[-1].append(word)
        for piece in pieces:
            while piece and re.fullmatch(r"\w+=.*", piece[0]):  # TF_CPP_MIN_LOG_LEVEL=2 tf-slim ...
                piece = piece[1:]
            if piece and piece[0].rpartition("/")[2] == name and piece[1:] not in found:
                found.append(piece[1:])
    return found
