"""What the commands of `tf-slim data` have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from tf_slim.cli import flags, terminal
from tf_slim.cli.options import ConfigError

_MOST_LISTED = 50

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A folder of class folders, a table of pictures (.csv, .tsv, .jsonl, .parquet), "
        "TFRecord files, a converted folder, tfds:NAME, the name of a data set; or the archives "
        "of MNIST, CIFAR-10, ImageNet, COCO, or a tar or zip of class folders.",
    ),
]
Columns = Annotated[
    list[str] | None,
    flags.repeatable(
        "KEY=NAME",
        "What a column is called in a table, as in label=breed; KEY is path, label, split or "
        "weight.",
        "--columns",
    ),
]
ValidationShare = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="The share of the pictures that are for validation, where SOURCE does not say it.",
    ),
]
Split = Annotated[
    list[str] | None, flags.repeatable("NAME", "The split. Without: all of them.", "--split")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Threads. Without: one for each core.",
        show_default=False,
    ),
]


def read_columns(given: Iterable[str] | None) -> dict[str, str] | None:
    """What was given after `--columns`; None for nothing.

    Raises:
      ConfigError: one is no KEY=NAME, or stands there twice.
    """
    columns: dict[str, str] = {}
    for one in given or ():
        key, equals, name = one.partition("=")
        if not (key and equals and name):
            raise ConfigError(f"--columns {one}: expected KEY=NAME, as in label=breed.")
        if columns.setdefault(key, name) != name:
            raise ConfigError(f"--columns: {key} is said to be {columns[key]} and {name}.")
    return columns or None


def show_list(title: str, rows: Iterable[tuple[str, str]], rest: str) -> None:
    """Prints files with reasons, of many the first.

    Args:
      title: what they are.
      rows: the files and the reasons.
      rest: where the others are to be found.
    """
    rows = list(rows)
    if not rows:
        return
    terminal.say(f"\n{title} ({len(rows)}):")
    for path, reason in rows[:_MOST_LISTED]:
        terminal.say(f"  {terminal.plain(f'{path}: {reason}' if path else reason)}")
    if len(rows) > _MOST_LISTED:
        terminal.say(f"  and {len(rows) - _MOST_LISTED} more: {rest}")
