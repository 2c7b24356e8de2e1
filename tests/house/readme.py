"""Reads README.md: the Python blocks of each section, and the commands it tells people to type."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(\S*)")
HEADING = re.compile(r"^#{1,2}\s+(.*?)\s*#*\s*$")
SKIP = re.compile(r"^\s*<!--\s*run:\s*(.*?)\s*-->\s*$")
REASON = re.compile(r"skip because \S.*")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SHELLS = {"", "sh", "bash", "shell", "console", "text"}
# What ends a command on a shell line, or begins the next one.
SEPARATORS = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>", "(", ")"}


@dataclass
class Block:
    """A fenced block: its language, its text, and the line of the README its text begins on."""

    language: str
    text: str
    line: int
    skipped: str | None = None


@dataclass
class Section:
    """What stands under a heading of level one or two; deeper headings belong to it."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)


def sections(text: str) -> list[Section]:
    """Splits a README into its sections.

    Raises:
      ValueError: a block is never closed, or a `<!-- run: ... -->` gives no reason or precedes no
        Python block.
    """
    found = [Section("")]
    fence, mark, block = "", None, None
    for number, line in enumerate(text.splitlines(), start=1):
        if block is not None:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                block = None
            else:
                block.text += line + "\n"
            continue
        opening, marker, heading = FENCE.match(line), SKIP.match(line), HEADING.match(line)
        if opening:
            fence = opening.group(1)
            block = Block(opening.group(2).lower(), "", number + 1)
            found[-1].blocks.append(block)
            if mark is not None:
                block.skipped, mark = mark, None
                if block.language != "python":
                    raise ValueError(f"README line {number}: a run comment before no Python block")
        elif mark is not None and line.strip():
            raise ValueError(f"README line {number}: a run comment before no Python block")
        elif marker:
            mark = marker.group(1)
            if not REASON.fullmatch(mark):
                raise ValueError(
                    f"README line {number}: expected `run: skip because <reason>`, "
                    f"got `run: {mark}`"
                )
        elif heading:
            found.append(Section(heading.group(1)))
        else:
            found[-1].prose.append(line)
    if block is not None or mark is not None:
        raise ValueError("README ends within a block, or after a run comment")
    return found


def program(section: Section) -> str:
    """The Python blocks of a section as one program that runs them one after the other.

    Errors in it point to the README's own lines.
    """
    blocks = [
        (block.line, block.text)
        for block in section.blocks
        if block.language == "python" and not block.skipped
    ]
    return "\n".join(
        [
            "import __main__, ast",
            f"for line, text in {blocks!r}:",
            "    tree = ast.increment_lineno(ast.parse(text, 'README.md'), line - 1)",
            "    exec(compile(tree, 'README.md', 'exec'), __main__.__dict__)",
        ]
    )


def command_lines(text: str) -> list[str]:
    """The shell lines of a README: of its shell blocks, and its `inline code`."""
    lines = []
    for section in sections(text):
        for block in section.blocks:
            if block.language in SHELLS:
                lines += block.text.replace("\\\n", " ").splitlines()
        lines += INLINE.findall("\n".join(section.prose))
    return lines


def commands(text: str, name: str) -> list[list[str]]:
    """The arguments of every command called `name`, in order, each list once."""
    found: list[list[str]] = []
    for line in command_lines(text):
        lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # an apostrophe in a text block: no command line
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
