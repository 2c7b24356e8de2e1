"""`tf-slim nets`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tf_slim.cli import flags, quiet, terminal
from tf_slim.cli.options import ConfigError


def command(
    pattern: Annotated[
        str, typer.Argument(metavar="[PATTERN]", help="Such as 'vgg*'.", show_default=False)
    ] = "*",
    params: Annotated[
        bool, typer.Option("--params", help="Count the parameters, at the default size.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: flags.Debug = False,
) -> None:
    """List the nets that can be trained by name."""
    quiet.import_tensorflow()
    import tf_slim as slim

    names = slim.nets.names(pattern)
    if not names:
        raise ConfigError(f"No net matches {pattern!r}. The nets: {', '.join(slim.nets.names())}.")
    rows = [_row(slim.nets.spec(name), params) for name in names]
    if as_json:
        terminal.say(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _show(rows)


def _row(spec: Any, params: bool) -> dict[str, Any]:
    row = {
        "name": spec.name,
        "image_size": spec.image_size,
        "channels": spec.channels,
        "num_classes": spec.num_classes,
        "paper": spec.paper,
    }
    return {**row, "parameters": _parameters(spec)} if params else row


def _parameters(spec: Any) -> int:
    """Counts by tracing the net in a graph of its own: no variable gets memory there."""
    import tensorflow as tf

    import tf_slim as slim

    size = spec.image_size
    with tf.Graph().as_default():
        model = slim.nets.create(spec.name).build(tf.TensorSpec([1, size, size, spec.channels]))
        return sum(int(variable.shape.num_elements()) for variable in model.trainable_variables)


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("net", no_wrap=True)
    table.add_column("images", no_wrap=True)
    table.add_column("classes", justify="right")
    if "parameters" in rows[0]:
        table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("paper")
    for row in rows:
        size = row["image_size"]
        cells = [row["name"], f"{size}x{size}x{row['channels']}", str(row["num_classes"])]
        if "parameters" in row:
            cells.append(f"{row['parameters']:,}")
        table.add_row(*cells, row["paper"])
    terminal.output().print(table)
