"""`tf-slim data inspect`."""

from __future__ import annotations

from typing import Annotated, Any

from tf_slim.cli import data_options, flags, quiet, targets, terminal
from tf_slim.ops.wording import size_text

_MOST_CLASSES = 40
_MOST_GROUPS = 10


def command(
    source: data_options.Source,
    split: data_options.Split = None,
    html: Annotated[
        str | None,
        flags.optional(
            "HTML", "Write a page to look at: counts, duplicates, some pictures of each class."
        ),
    ] = None,
    columns: data_options.Columns = None,
    validation_share: data_options.ValidationShare = 0.2,
    workers: data_options.Workers = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Look at every picture: counts, sizes, duplicates, unreadable files, what is missing."""
    if html is not None:
        targets.check("--html", html)
    quiet.import_tensorflow()
    import tf_slim as slim
    from tf_slim.cli import progress

    with quiet.only_python(), progress.stages() as report:
        found = slim.data.inspect(
            source,
            splits=split,
            columns=data_options.read_columns(columns),
            validation_share=validation_share,
            workers=workers,
            progress=report,
        )
    if html is not None:
        slim.report.write_data(html, found, footer=f"tf-slim data inspect {source}")
    if as_json:
        result = found.as_json()
        terminal.data(result if html is None else {**result, "html": html}, indent=2)
        return
    _show(found)
    if html is not None:
        terminal.say(f"\nThe page: {html}")


def _show(found: Any) -> None:
    names = list(found.splits)
    totals = {
        label: sum(split.classes[label] for split in found.splits.values())
        for label in found.labels
    }
    largest = sorted(totals, key=lambda label: (-totals[label], label))
    rows = [
        (
            found.class_name(label),
            *(f"{found.splits[name].classes[label]:,}" for name in names),
        )
        for label in largest[:_MOST_CLASSES]
    ]
    terminal.show(("*class", *names), rows, numbers=", ".join(names))
    if len(largest) > _MOST_CLASSES:
        terminal.say(f"and {len(largest) - _MOST_CLASSES} classes more (--json has them all)")
    terminal.say()
    _show_splits(found)
    data_options.show_list(
        "left out",
        [one for split in found.splits.values() for one in split.skipped],
        "--json has them all",
    )
    _show_duplicates(found)
    terminal.say()
    for problem in found.problems:
        terminal.say(f"! {terminal.plain(problem.text)}", style="yellow")
    if not found.problems:
        terminal.say("Nothing was found that speaks against training on it.")


def _show_splits(found: Any) -> None:
    titles = ["*split", "pictures", "size", "height", "width", "*formats"]
    rows = [
        (
            name,
            f"{split.pictures:,}",
            size_text(int(split.bytes.sum())),
            _three(split.heights),
            _three(split.widths),
            ", ".join(f"{what} {count:,}" for what, count in split.formats.items()),
        )
        for name, split in found.splits.items()
    ]
    terminal.show(titles, rows, numbers="pictures, size, height, width")


def _three(values: Any) -> str:
    from tf_slim.data.inspection import three_numbers

    numbers = three_numbers(values)
    if numbers is None:
        return "-"
    if numbers["min"] == numbers["max"]:
        return f"{numbers['min']:.0f}"
    return f"{numbers['min']:.0f}..{numbers['median']:.0f}..{numbers['max']:.0f}"


def _show_duplicates(found: Any) -> None:
    if not found.duplicates:
        return
    across = set(found.across_splits)
    groups = sorted(found.duplicates, key=lambda group: group not in across)
    terminal.say(f"\nthe same bytes ({len(groups)} groups, {len(across)} in several splits):")
    for group in groups[:_MOST_GROUPS]:
        text = " = ".join(f"{one.split}:{one.path}" for one in group[:4])
        more = f" and {len(group) - 4} more" if len(group) > 4 else ""
        terminal.say(f"  {terminal.plain(text + more)}")
    if len(groups) > _MOST_GROUPS:
        terminal.say(f"  and {len(groups) - _MOST_GROUPS} groups more: --json has them all")
