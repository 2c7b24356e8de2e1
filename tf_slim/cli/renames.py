"""`--rename OLD=NEW`, as several commands take it."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli.options import ConfigError

Option = Annotated[
    list[str] | None,
    typer.Option(
        "--rename",
        metavar="OLD=NEW",
        help=r"A name or scope and its new one (none: the scope goes). A regular expression: "
        r"'re:^module/(.*)=\1'. Repeatable.",
        show_default=False,
    ),
]


def parsed(values: list[str] | None) -> dict[str, str] | None:
    """The mapping that several `OLD=NEW` stand for.

    Raises:
      ConfigError: one has no `=`.
    """
    if not values:
        return None
    mapping = {}
    for value in values:
        old, equals, new = value.rpartition("=")
        if not equals:
            raise ConfigError(f"--rename {value}: write OLD=NEW, such as --rename vgg_16=trunk.")
        mapping[old] = new
    return mapping
