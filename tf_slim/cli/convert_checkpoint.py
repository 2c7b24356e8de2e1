"""`tf-slim convert-checkpoint`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.checkpoints.formats import detect
from tf_slim.cli import flags, quiet, renames, terminal

*_OTHERS, _LAST = detect.written_suffixes()
_SUFFIXES = f"{', '.join(_OTHERS)} or {_LAST}"


def command(
    source: Annotated[str, typer.Argument(metavar="IN", help="A checkpoint, in any format.")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            help=f"What to write: {_SUFFIXES} by its suffix, else TensorFlow's V2.",
        ),
    ],
    include: Annotated[
        list[str] | None,
        flags.repeatable("PATTERN", "Variables to write, by new name."),
    ] = None,
    exclude: flags.Exclude = None,
    rename: renames.Option = None,
    averages: Annotated[
        bool, typer.Option("--averages", help="Put moving averages in the place of the weights.")
    ] = False,
    v1: Annotated[
        bool, typer.Option("--v1", help="Write the single file of TensorFlow before 1.0.")
    ] = False,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Write a checkpoint in another format, in part, or under other names."""
    if averages and rename:
        raise typer.BadParameter("give one of --averages and --rename")
    mapping = renames.parsed(rename)
    quiet.import_tensorflow()
    from tf_slim import checkpoints

    names = checkpoints.convert(
        source,
        target,
        include=include,
        exclude=exclude,
        rename=checkpoints.averages if averages else mapping,
        format="v1" if v1 else None,
    )
    if as_json:
        terminal.data({"path": target, "names": names}, indent=2)
    else:
        kind = checkpoints.Reader(target).format
        terminal.say(f"{len(names)} variables written to {target} ({kind})")
