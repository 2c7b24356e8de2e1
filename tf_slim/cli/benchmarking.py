"""The body of `tf-slim benchmark`: measures, and shows it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import tf_slim as slim
from tf_slim.cli import progress, terminal
from tf_slim.export import benchmarking
from tf_slim.export.benchmarking import Benchmarked, Timing
from tf_slim.ops.wording import size_text
from tf_slim.report import benchmark_page

_COLUMNS = ("*model", "format", "computes in", "batch", "median", "95 %", "images/s", "speed")
_NUMBERS = "batch, median, 95 %, images/s, speed, memory, size"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for; see the command."""

    batch_sizes: Sequence[int]
    threads: int | None
    seconds: float
    image_size: int | None
    precisions: Sequence[str]
    with_memory: bool
    as_json: bool
    html: str | None


def run(names: Sequence[str], options: Options) -> None:
    """Measures, prints and writes.

    Args:
      names: nets, run folders and files.
      options: what is asked for.

    Raises:
      ValueError, OSError: one of them is none of these, or cannot be run.
    """
    with progress.stages() as show:
        found = benchmarking.benchmark(
            names,
            batch_sizes=options.batch_sizes,
            threads=options.threads,
            seconds=options.seconds,
            image_size=options.image_size,
            precisions=options.precisions,
            with_memory=options.with_memory,
            show=show,
        )
    around = benchmarking.environment(options.threads)
    if options.as_json:
        results = [dataclasses.asdict(one) for one in found]
        terminal.data({"environment": around, "results": results}, indent=2)
    else:
        terminal.say(", ".join(f"{k} {v}" for k, v in around.items() if v is not None))
        terminal.say()
        rows = [_cells(one, timing, found) for one, timing in _each(found)]
        terminal.show(_columns(found), rows, numbers=_NUMBERS)
    if options.html is not None:
        _write_page(options.html, found, around)
        terminal.progress(f"page: {options.html}")


def _each(found: Sequence[Benchmarked]) -> list[tuple[Benchmarked, Timing]]:
    """By batch size, so that what is to be compared stands together."""
    count = len(found[0].timings)
    return [(one, one.timings[place]) for place in range(count) for one in found]


def _columns(found: Sequence[Benchmarked]) -> list[str]:
    more = []
    if any(one.memory is not None for one in found):
        more.append("memory")
    if any(one.size is not None for one in found):
        more.append("size")
    return [*_COLUMNS, *more]


def _cells(one: Benchmarked, timing: Timing, found: Sequence[Benchmarked]) -> list[str]:
    first = next(t for t in found[0].timings if t.batch_size == timing.batch_size)
    cells = {
        "*model": one.name,
        "format": one.kind,
        "computes in": one.precision,
        "batch": str(timing.batch_size),
        "median": _milliseconds(timing.median_ms),
        "95 %": _milliseconds(timing.p95_ms),
        "images/s": f"{timing.images_per_second:,.0f}",
        "speed": f"{first.median_ms / timing.median_ms:.2f}x",
        "memory": "-" if one.memory is None else size_text(one.memory),
        "size": "-" if one.size is None else size_text(one.size),
    }
    return [cells[column] for column in _columns(found)]


def _milliseconds(value: float) -> str:
    return f"{value:.2f} ms" if value < 100 else f"{value:.0f} ms"


def _short(found: Sequence[Benchmarked]) -> dict[str, str]:
    """Names without their folders, as long as they tell all apart."""
    short = {one.name: os.path.basename(os.path.normpath(one.name)) for one in found}
    return short if len(set(short.values())) == len(short) else {name: name for name in short}


def _write_page(path: str, found: Sequence[Benchmarked], around: dict) -> None:
    names = _short(found)
    rows = [
        benchmark_page.Row(
            name=names[one.name] + ("" if one.precision == "float32" else f" ({one.precision})"),
            batch_size=timing.batch_size,
            median_ms=timing.median_ms,
            p95_ms=timing.p95_ms,
            images_per_second=timing.images_per_second,
            cells=_cells(one, timing, found),
        )
        for one, timing in _each(found)
    ]
    columns = [column.lstrip("*") for column in _columns(found)]
    footer = (
        "Contestants took turns in one process. Speed is relative to the first. Memory is what "
        "loading and running one adds to a process of its own, at its peak, with the largest "
        f"batch. TF-Slim {slim.__version__}."
    )
    benchmark_page.write(path, rows, columns, around, footer)
