"""`tf-slim inspect`: what is in a checkpoint, or what a net is made of."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tf_slim.cli import flags, inspect_net, net_statistics, quiet, terminal
from tf_slim.cli.options import ConfigError
from tf_slim.ops import paths
from tf_slim.ops.wording import near_names, size_text


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PATH|NET",
            help="A checkpoint in any format, a folder of checkpoints, or the name of a net.",
            autocompletion=net_statistics.completed,
        ),
    ],
    include: Annotated[
        list[str] | None,
        flags.repeatable("PATTERN", "Variables to show, such as '*/weights'."),
    ] = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Read the values: mean, deviation, range.")
    ] = False,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Show the variables of a checkpoint, or the layers of a net."""
    quiet.import_tensorflow()
    import tf_slim as slim

    if not paths.exists(target) and target in slim.nets.names():
        if include or stats:
            raise ConfigError(f"{target} is a net: --include and --stats are for checkpoints.")
        inspect_net.show(target, as_json)
        return
    try:
        _show_checkpoint(target, include, stats, as_json)
    except slim.checkpoints.CheckpointError as error:
        near = near_names(target, slim.nets.names())
        if paths.exists(target) or not near:
            raise
        raise ConfigError(f"{error} Or is a net meant? Near names: {', '.join(near)}.") from error


def _show_checkpoint(path: str, include: list[str] | None, stats: bool, as_json: bool) -> None:
    from tf_slim import checkpoints

    reader = checkpoints.Reader(path)
    content = reader.content(include)
    rows = [_row(name, content, stats) for name in content.entries]
    whole = {
        "path": reader.path,
        "format": reader.format,
        "checksums": reader.checked,
        "variables": len(rows),
        "parameters": sum(row["elements"] for row in rows),
        "bytes": sum(row["bytes"] for row in rows),
    }
    if as_json:
        terminal.data({**whole, "entries": rows}, indent=2)
        return
    _show(rows, stats)
    terminal.say(
        f"{whole['variables']} variables, {whole['parameters']:,} elements, "
        f"{size_text(whole['bytes'])}. {whole['path']} ({whole['format']})"
    )
    if not reader.checked:
        terminal.note(
            "this format has no checksums: a value that was altered cannot be told from a right "
            "one. tf-slim convert-checkpoint writes files that have them."
        )


def _row(name: str, content: Any, stats: bool) -> dict[str, Any]:
    entry = content.entries[name]
    row = {
        "name": name,
        "shape": list(entry.shape),
        "dtype": entry.dtype.name,
        "elements": entry.size,
        "bytes": entry.bytes,
    }
    return {**row, **_statistics(content.read(name))} if stats else row


def _statistics(value: Any) -> dict[str, Any]:
    """Over the finite values; None where there are none, or where values are no numbers."""
    import numpy as np

    value = np.asarray(value)
    if value.dtype.kind in "OSUc":
        return dict.fromkeys(("mean", "std", "min", "max", "not_finite"))
    wide = value.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    row: dict[str, Any] = {"not_finite": int(wide.size - finite.size)}
    for name in ("mean", "std", "min", "max"):
        row[name] = float(getattr(np, name)(finite)) if finite.size else None
    return row


def _show(rows: list[dict[str, Any]], stats: bool) -> None:
    columns = ["*variable", "shape", "dtype", "elements", "size"]
    if stats:
        columns += ["mean", "std", "min", "max", "not finite"]
    cells = []
    for row in rows:
        shape = "x".join(map(str, row["shape"])) or "scalar"
        cells.append(
            [row["name"], shape, row["dtype"], f"{row['elements']:,}", size_text(row["bytes"])]
        )
        if stats:
            cells[-1] += [_number(row[name]) for name in ("mean", "std", "min", "max")]
            cells[-1].append(str(row["not_finite"] or ""))
    terminal.show(columns, cells, numbers="elements, size, mean, std, min, max, not finite")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
