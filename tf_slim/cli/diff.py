"""`tf-slim diff`."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from tf_slim.cli import errors, flags, quiet, renames, terminal


def command(
    a: Annotated[str, typer.Argument(metavar="A", help="A checkpoint, in any format.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    rtol: Annotated[
        float, typer.Option(min=0.0, help="Values may differ by this much of those of A ...")
    ] = 0.0,
    atol: Annotated[float, typer.Option(min=0.0, help="... and by this much besides.")] = 0.0,
    include: Annotated[
        list[str] | None,
        flags.repeatable("PATTERN", "Variables to compare."),
    ] = None,
    exclude: flags.Exclude = None,
    rename: renames.Option = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Compare two checkpoints: names, shapes, values. The status is 1 if they differ."""
    quiet.import_tensorflow()
    from tf_slim import checkpoints

    found = checkpoints.diff(
        a, b, rtol=rtol, atol=atol, include=include, exclude=exclude, rename=renames.parsed(rename)
    )
    if as_json:
        row = {"equal": found.equal, **dataclasses.asdict(found)}
        terminal.data(row, indent=2)
    else:
        _show(found)
    if not found.equal:
        raise errors.Exit(errors.FAILED)


def _show(found: Any) -> None:
    from tf_slim.learning.step import hyperparameters

    rows = [[name, "is here", ""] for name in found.only_in_a]
    rows += [[name, "", "is here"] for name in found.only_in_b]
    rows += [[name, ours, theirs] for name, ours, theirs in found.shapes]
    for row in found.values:
        if row.name == hyperparameters.NOTE:  # a text, as bytes
            rows.append([row.name, "differ", ""])
            continue
        differ = f"{row.elements:,} of {row.size:,} differ"
        rows.append([row.name, differ, f"by {row.largest:.4g} at most"])
    if rows:
        terminal.show(["*variable", "A", "B"], rows)
    terminal.say(found.summary("A", "B"))
