"""`tf-slim data convert`."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from tf_slim.cli import data_options, flags, quiet, terminal
from tf_slim.ops.wording import size_text


def command(
    source: data_options.Source,
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="The folder to write to: a new or empty one.")
    ],
    on_error: Annotated[
        str,
        flags.on_error(
            "What to do about pictures that cannot be read: fail before anything is written, or "
            "leave them out and list them."
        ),
    ] = "fail",
    split: data_options.Split = None,
    layout: Annotated[
        str | None,
        flags.optional(
            "NAME",
            "Call files and number classes as research/slim does for mnist, cifar10, flowers, "
            "imagenet or visualwakewords.",
        ),
    ] = None,
    columns: data_options.Columns = None,
    validation_share: data_options.ValidationShare = 0.2,
    workers: data_options.Workers = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Convert pictures to TFRecord files, with the names of the classes and a manifest.

    Stopped in whatever way, the same command goes on where it was. Until all is done nothing is to
    be seen in OUT.
    """
    quiet.import_tensorflow()
    import tf_slim as slim
    from tf_slim.cli import progress

    try:
        with quiet.only_python(), progress.stages() as report:
            manifest = slim.data.convert(
                source,
                out,
                splits=split,
                on_error=on_error,
                layout=layout,
                columns=data_options.read_columns(columns),
                validation_share=validation_share,
                workers=workers,
                progress=report,
            )
    except KeyboardInterrupt:
        terminal.progress("What is finished is kept: the same command goes on there.")
        raise
    if as_json:
        terminal.data({"out": out, **_json(manifest)}, indent=2)
        return
    _show(manifest, out)


def _json(manifest: Any) -> dict[str, Any]:
    return {
        "splits": {
            name: {
                "records": split.records,
                "files": [one.name for one in split.files],
                "bytes": sum(one.bytes for one in split.files),
            }
            for name, split in manifest.splits.items()
        },
        "classes": len(manifest.labels),
        "skipped": [{"path": path, "reason": reason} for path, reason in manifest.skipped],
    }


def _show(manifest: Any, out: str) -> None:
    rows = [
        (
            name,
            f"{split.records:,}",
            f"{len(split.files):,}",
            size_text(sum(one.bytes for one in split.files)),
        )
        for name, split in manifest.splits.items()
    ]
    terminal.show(("*split", "pictures", "files", "size"), rows, numbers="pictures, files, size")
    data_options.show_list("left out", manifest.skipped, os.path.join(out, "manifest.json"))
    terminal.say(f"\n{len(manifest.labels)} classes in {out}. To train on it:")
    terminal.say(f"  tf-slim train --data {terminal.quoted(out)} ...")
