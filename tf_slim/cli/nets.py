"""`tf-slim nets`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tf_slim.cli import flags, net_statistics, quiet, starting_point, terminal
from tf_slim.cli.options import ConfigError


def command(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="Such as 'vgg*'.",
            show_default=False,
            autocompletion=net_statistics.completed,
        ),
    ] = "*",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with papers and all checkpoints.")
    ] = False,
    fetch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Fetch a published checkpoint, or the one that goes with a net, and print where "
            "it is. `tf-slim train --init NAME` does so itself.",
            show_default=False,
            autocompletion=starting_point.completed,
        ),
    ] = None,
    debug: flags.Debug = False,
) -> None:
    """List the nets that can be made by name: their sizes, and their published checkpoints."""
    if fetch is not None:
        _fetch(fetch, as_json)
        return
    quiet.import_tensorflow()
    import tf_slim as slim

    names = slim.nets.names(pattern)
    if not names:
        raise ConfigError(f"No net matches {pattern!r}. The nets: {', '.join(slim.nets.names())}.")
    counted = net_statistics.of(names)
    rows = [_row(slim.nets.spec(name), counted[name]) for name in names]
    if as_json:
        terminal.data(rows, indent=2)
    else:
        _show(rows)


def _fetch(name: str, as_json: bool) -> None:
    starting_point.check_name(name)  # before TensorFlow is waited for
    quiet.import_tensorflow()
    import tf_slim as slim

    found = slim.nets.checkpoint(name)
    path = slim.nets.fetch(found.name)
    if as_json:
        terminal.data({**_checkpoint(found), "path": path}, indent=2)
    else:
        terminal.say(path)


def _row(spec: Any, counted: dict[str, int]) -> dict[str, Any]:
    return {
        "name": spec.name,
        "image_size": spec.image_size,
        "channels": spec.channels,
        "frames": spec.frames,
        "num_classes": spec.num_classes,
        **counted,
        "preprocessing": spec.preprocessing,
        "checkpoints": [_checkpoint(one) for one in spec.checkpoints],
        "paper": spec.paper,
    }


def _checkpoint(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "address": one.address,
        "num_classes": one.num_classes,
        "image_size": one.image_size,
        "preprocessing": one.preprocessing,
        "top_1": one.top_1,
        "top_5": one.top_5,
        "keywords": dict(one.keywords),
    }


def _show(rows: list[dict[str, Any]]) -> None:
    columns = ["net", "images", "parameters", "mult-adds", "top-1", "*checkpoint"]
    cells = [
        [
            row["name"],
            _images(row),
            _millions(row["parameters"]),
            _millions(row["multiply_adds"]),
            *_first(row["checkpoints"]),
        ]
        for row in rows
    ]
    terminal.show(columns, cells, numbers="parameters, mult-adds, top-1")


def _images(row: dict[str, Any]) -> str:
    frames = f"{row['frames']}x" if row["frames"] else ""
    return f"{frames}{row['image_size']}x{row['image_size']}x{row['channels']}"


def _millions(count: int) -> str:
    return f"{count / 1e6:,.2f} M" if count < 10e6 else f"{count / 1e6:,.1f} M"


def _first(checkpoints: list[dict[str, Any]]) -> tuple[str, str]:
    if not checkpoints:
        return "", "-"
    first, more = checkpoints[0], len(checkpoints) - 1
    return f"{first['top_1']} %", first["name"] + (f" (+{more})" if more else "")
