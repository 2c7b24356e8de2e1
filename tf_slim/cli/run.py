"""`tf-slim run`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli import quiet


def command(
    script: Annotated[str, typer.Argument(metavar="SCRIPT.py", help="The program.")],
    args: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="Its command line.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="List what it uses and is not provided; run nothing.")
    ] = False,
    treat_as_tf1: Annotated[
        list[str] | None,
        typer.Option(metavar="PACKAGE", help="An installed package of TensorFlow 1; repeatable."),
    ] = None,
    research_slim: Annotated[
        bool,
        typer.Option(
            "--research-slim",
            help="Offer research/slim's nets, preprocessing, datasets, deployment.",
        ),
    ] = False,
    allow_pickle: Annotated[
        bool,
        typer.Option(
            "--allow-pickle",
            help="Let its np.load read pickled objects, which can run any code: for trusted files.",
        ),
    ] = False,
) -> None:
    """Run a program of TensorFlow 1 (tf.contrib.slim, tf_slim), unedited.

    Options of tf-slim stand before the script, options of the program after it.
    """
    quiet.import_tensorflow()
    from tf_slim.legacy import runner

    raise typer.Exit(
        runner.main(
            script,
            args or (),
            treat_as_tf1=treat_as_tf1 or (),
            research_slim=research_slim,
            allow_pickle=allow_pickle,
            only_check=check,
        )
    )
