"""The page about a data set: what is in it, what is the matter with it, and how it looks."""

from __future__ import annotations

import os
from collections.abc import Callable

from tf_slim.data.inspection import Inspection, PictureId, Sample, SplitContent, three_numbers
from tf_slim.ops import files
from tf_slim.ops.wording import size_text
from tf_slim.report import document, images, tables
from tf_slim.report.markup import Markup, joined, tag

_MOST_ROWS = 1000
_MOST_GROUPS = 24
_BAR = 120


def write_data(
    path: str | os.PathLike, found: Inspection, *, title: str = "", footer: str = ""
) -> None:
    """Writes a page about a data set: one HTML file that needs no network and runs no script.

    Args:
      path: of the file; what was there is replaced.
      found: what `slim.data.inspect` found.
      title: what to call the data set. Without: its name.
      footer: how the page came about.

    Raises:
      OSError: the file cannot be written.

    Examples:
      >>> slim.report.write_data("pets.html", slim.data.inspect("pets"), title="Three pets")
      >>> "Three pets" in open("pets.html").read()
      True
    """
    files.replace_text(path, data_html(found, title=title, footer=footer))


def data_html(found: Inspection, *, title: str = "", footer: str = "") -> str:
    """The text of the page that `write_data` writes.

    Args:
      found: what `slim.data.inspect` found.
      title: what to call the data set. Without: its name.
      footer: how the page came about.

    Examples: see `slim.report.write_data`.
    """
    title = title or found.name
    return document.page(
        f"{title}: the data",
        tag("h1", title),
        tag("p", _summary(found), class_="soft"),
        _cards(found),
        _problems(found),
        _splits(found),
        _classes(found),
        _duplicates(found),
        _skipped(found),
        _samples(found),
        tag("footer", footer),
    )


def _summary(found: Inspection) -> str:
    splits = ", ".join(f"{name} {split.pictures:,}" for name, split in found.splits.items())
    several = " A picture may have several of them." if found.multi_label else ""
    return f"Splits: {splits}. {len(found.labels)} classes.{several}"


def _cards(found: Inspection) -> Markup:
    total = sum(int(split.bytes.sum()) for split in found.splits.values())
    copies = sum(len(group) - 1 for group in found.duplicates)
    skipped = sum(len(split.skipped) for split in found.splits.values())
    across = len(found.across_splits)
    return document.cards(
        {
            "pictures": (f"{found.pictures:,}", size_text(total)),
            "classes": (f"{len(found.labels):,}", None),
            "unreadable": (f"{skipped:,}", "left out" if skipped else None),
            "copies": (f"{copies:,}", "of the same bytes as another picture" if copies else None),
            "in several splits": (f"{across:,}", "measured too well" if across else None),
        }
    )


def _problems(found: Inspection) -> Markup:
    if not found.problems:
        return joined(
            tag("h2", "What to look at"),
            tag("p", "Nothing was found that speaks against training on it."),
        )
    return joined(
        tag("h2", "What to look at"),
        tag(
            "ul", *(tag("li", problem.text) for problem in found.problems), class_="legend problems"
        ),
    )


def _splits(found: Inspection) -> Markup:
    columns = (
        *("split", "pictures", "formats"),
        *("height", "width", "file size", "largest : smallest class"),
    )
    rows = [
        (
            name,
            f"{split.pictures:,}",
            ", ".join(f"{what} {count:,}" for what, count in split.formats.items()),
            *_three(split),
            f"{split.imbalance:.1f}",
        )
        for name, split in found.splits.items()
    ]
    return joined(
        tag("h2", "Splits"),
        tag("p", "Sizes are those of the smallest, the middle and the largest picture, in pixels."),
        tag("div", tables.table(columns, rows), class_="scroll"),
    )


def _three(split: SplitContent) -> tuple[str, str, str]:
    def text(values, shown: Callable[[float], str]) -> str:
        numbers = three_numbers(values)
        return " / ".join(map(shown, numbers.values())) if numbers else "–"

    return (
        text(split.heights, lambda value: f"{value:.0f}"),
        text(split.widths, lambda value: f"{value:.0f}"),
        text(split.bytes, size_text),
    )


def _classes(found: Inspection) -> Markup:
    names = list(found.splits)
    totals = {
        label: sum(split.classes.get(label, 0) for split in found.splits.values())
        for label in found.labels
    }
    most = max(totals.values(), default=0) or 1
    shown = sorted(totals, key=lambda label: (-totals[label], label))[:_MOST_ROWS]
    rows = [
        (
            found.class_name(label),
            *(f"{found.splits[name].classes.get(label, 0):,}" for name in names),
            _bar(totals[label] / most, found.class_name(label)),
        )
        for label in shown
    ]
    left = len(totals) - len(shown)
    return joined(
        tag("h2", "Classes"),
        tag("p", f"The {len(shown)} largest; {left} more have fewer pictures.") if left else None,
        tag("div", tables.table(("class", *names, ""), rows), class_="scroll classes"),
    )


def _bar(share: float, name: str) -> Markup:
    bar = tag("rect", x=0, y=0, width=max(share * _BAR, 1.0 if share else 0.0), height=12)
    return tag(
        "svg",
        tag("title", f"{name}: {100 * share:.0f} % of the largest class"),
        tag("g", bar, class_="bar"),
        width=_BAR,
        height=12,
        role="img",
    )


def _duplicates(found: Inspection) -> Markup | None:
    if not found.duplicates:
        return None
    across, disagreeing = set(found.across_splits), set(found.disagreeing)
    order = sorted(
        found.duplicates, key=lambda group: (group not in across, group not in disagreeing)
    )
    figures = []
    for group in order[:_MOST_GROUPS]:
        encoded = found.doubled.get(group[0])
        uri = None if encoded is None else images.thumbnail(encoded)
        marks = [
            *(["in several splits"] if group in across else []),
            *(["with different labels"] if group in disagreeing else []),
        ]
        figures.append(
            tag(
                "figure",
                uri and tag("img", src=uri, alt=group[0].path),
                tag(
                    "figcaption",
                    *(tag("b", f"{', '.join(marks)}: ") for _ in marks[:1]),
                    *(tag("div", _described(one, found)) for one in group[:6]),
                    f"and {len(group) - 6} more" if len(group) > 6 else None,
                ),
            )
        )
    left = len(order) - len(figures)
    text = "Pictures whose files have the same bytes."
    text += f" The first {len(figures)} of {len(order)} groups are shown." if left else ""
    return joined(tag("h2", "Duplicates"), tag("p", text), tag("div", *figures, class_="mistakes"))


def _described(one: PictureId, found: Inspection) -> str:
    names = ", ".join(map(found.class_name, one.labels))
    return f"{one.split}: {one.path} ({names})"


def _skipped(found: Inspection) -> Markup | None:
    rows = [
        (path, name, reason)
        for name, split in found.splits.items()
        for path, reason in split.skipped
    ]
    if not rows:
        return None
    text = "These files cannot be used, and were left out of all that is said here."
    text += f" The first {_MOST_ROWS} of {len(rows)}:" if len(rows) > _MOST_ROWS else ""
    table = tables.table(("file", "split", "reason"), rows[:_MOST_ROWS])
    return joined(
        tag("h2", "Unreadable"), tag("p", text), tag("div", table, class_="scroll reasons")
    )


def _samples(found: Inspection) -> Markup:
    parts: list[Markup] = []
    for label in found.labels:
        samples = found.samples.get(label, ())
        shown = [_sample(one, found) for one in samples]
        if shown:
            parts += [tag("h3", found.class_name(label)), tag("div", *shown, class_="sheet")]
    return joined(
        tag("h2", "Pictures"),
        tag(
            "p",
            "Some of each class, drawn by chance, as they are decoded: turned as their files say, "
            "and without transparency.",
        ),
        *parts,
    )


def _sample(sample: Sample, found: Inspection) -> Markup:
    text = _described(sample.picture, found)
    uri = images.thumbnail(sample.encoded)
    return tag("figure", uri and tag("img", src=uri, alt=text, title=text))
