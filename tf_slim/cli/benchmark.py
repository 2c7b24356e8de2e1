"""`tf-slim benchmark`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli import flags, quiet, targets
from tf_slim.cli.options import ConfigError


def command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NET_OR_FILE...",
            help="Nets (of `tf-slim nets`), run folders, and exported files of any format.",
        ),
    ],
    batch: Annotated[
        str,
        typer.Option("--batch", metavar="N,N", help="Images in a batch: one number or several."),
    ] = "1,16",
    threads: Annotated[
        int | None,
        flags.optional("N", "How many threads each computes by. Without: what it takes itself."),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option("--seconds", metavar="S", help="How long to run each, with each batch size."),
    ] = 2.0,
    image_size: Annotated[
        int | None,
        flags.optional("N", "Pixels a side, of nets and of files that take several sizes."),
    ] = None,
    precision: Annotated[
        list[str] | None,
        flags.repeatable(
            "NAME", "What nets and runs compute in: float32 or mixed_bfloat16.", "--precision"
        ),
    ] = None,
    no_memory: Annotated[
        bool, typer.Option("--no-memory", help="Do not measure memory, which takes a process each.")
    ] = False,
    as_json: flags.Json = False,
    html: Annotated[
        str | None, flags.optional("HTML", "Write a page with plots.", "--html")
    ] = None,
    debug: flags.Debug = False,
) -> int | None:
    """Time nets, runs and exported files side by side: latency, throughput and memory."""
    sizes = _numbers(batch)
    if seconds <= 0:
        raise ConfigError(f"--seconds {seconds}: expected more than 0.")
    for option, value in (("--threads", threads), ("--image-size", image_size)):
        if value is not None and value < 1:
            raise ConfigError(f"{option} {value}: expected at least 1.")
    if html is not None:
        targets.check("--html", html)
    quiet.import_tensorflow()
    from tf_slim.cli import benchmarking

    benchmarking.run(
        names,
        benchmarking.Options(
            batch_sizes=sizes,
            threads=threads,
            seconds=seconds,
            image_size=image_size,
            precisions=tuple(precision or ()),
            with_memory=not no_memory,
            as_json=as_json,
            html=html,
        ),
    )
    return None


def _numbers(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(one) for one in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ConfigError(f"--batch {text}: expected numbers of at least 1, such as 1,16.")
    return sizes
