"""`tf-slim migrate`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli import quiet


def command(
    source: Annotated[
        str, typer.Argument(metavar="SRC", help="A Python file or a folder of them.")
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Write the files.")] = False,
) -> None:
    """Rewrite programs of TensorFlow 1 for tf.compat.v1 and tf_slim; print the difference."""
    from tf_slim.legacy import migrate

    try:
        migrate.require_libcst()
    except ModuleNotFoundError:
        pass  # `main` says so, without the seconds that TensorFlow takes to start
    else:
        quiet.import_tensorflow()
    raise typer.Exit(migrate.main(source, apply=apply))
