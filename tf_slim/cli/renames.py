"""`--rename OLD=NEW`, as several commands take it."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tf_slim.cli.options import ConfigError

_EXPRESSION = "re:"

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


def parsed(values: list[str] | None) -> dict | None:
    """The mapping that several `OLD=NEW` stand for.

    Raises:
      ConfigError: one has no `=`, or is no regular expression.
    """
    if not values:
        return None
    mapping: dict = {}
    for value in values:
        old, equals, new = value.rpartition("=")
        if not equals:
            raise ConfigError(f"--rename {value}: write OLD=NEW, such as --rename vgg_16=trunk.")
        if not old.startswith(_EXPRESSION):
            mapping[old] = new
            continue
        try:
            mapping[re.compile(old.removeprefix(_EXPRESSION))] = new
        except re.error as error:
            raise ConfigError(f"--rename {value}: {error} in the regular expression.") from error
    return mapping
