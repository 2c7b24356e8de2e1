"""The page of the command line, from what the commands say of themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

_TITLE = "# The command line"
_TEXT = """\
Each command and its options, as `tf-slim COMMAND --help` has them. `--help` and `--debug` may be
given to every command; `tf-slim --install-completion` lets the shell complete names.

The exit status is 0, 1 for a failure, 2 for a wrong command line, and 130, 143 or 129 for a command
that was stopped by Ctrl-C, SIGTERM or SIGHUP."""
_CONFIG = """\
## The config file

`tf-slim train --print-config` prints every setting with its default, as TOML. A file with some of
them is given to `tf-slim train FILE.toml`; `--set SECTION.KEY=VALUE` changes one."""
# Those that every command has are said once.
_EVERYWHERE = ("--help", "--debug")


def written() -> str:
    """The text of the page."""
    parts = [_TITLE, _TEXT]
    for name, command in commands():
        parts += _command(name, command)
    parts += [_CONFIG, f"```toml\n{_config_file()}```"]
    return "\n\n".join(parts) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """Each command by its whole name, `tf-slim data convert`; a group before what is in it."""
    from tf_slim.cli.main import app

    return _below("tf-slim", get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for inner, one in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {inner}", one)


def _command(name: str, command: Any) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## {name} {{ #{name.replace(' ', '-')} }}"
    yield f"```text\n{name} {usage}\n```"
    yield from (_plain(part) for part in inspect.cleandoc(command.help or "").split("\n\n"))
    given = [one for one in command.params if not _is_everywhere(one)]
    for kind, title in ("argument", "Arguments"), ("option", "Options"):
        rows = [_parameter(one, context) for one in given if one.param_type_name == kind]
        if rows:
            yield f"{title}:"
            yield "\n".join(rows)


def _is_everywhere(parameter: Any) -> bool:
    return any(option in _EVERYWHERE for option in parameter.opts)


def _parameter(parameter: Any, context: Any) -> str:
    name, text = parameter.get_help_record(context)
    return f"- `{name.partition(' <')[0]}`: {_plain(text)}"


def _plain(text: str) -> str:
    """A text of a help page as Markdown: nothing but what stands in `` ` `` is marked up."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([\\*_<>\[\]{}|#])", r"\\\1", piece)
        for piece in pieces
    )


def _config_file() -> str:
    from tf_slim.cli import config

    return config.dumped(config.Config())
