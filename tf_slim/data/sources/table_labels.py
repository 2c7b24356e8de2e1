"""The labels of a table: names or numbers, one or several a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tf_slim.data.sources.table_rows import TableRow
from tf_slim.ops.arguments import describe
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import did_you_mean

_SEPARATORS = ("|", ";")


class Labels(NamedTuple):
    """The labels of all rows.

    Attributes:
        numbers: One a row, or a tuple of them where there are several.
        num_classes: Number of classes.
        names: Name of each class, or None where there are numbers alone.
        multi_label: Whether there are several a row.
    """

    numbers: Sequence[Any]
    num_classes: int
    names: dict[int, str] | None
    multi_label: bool


def number_labels(
    table: str,
    rows: Sequence[TableRow],
    separator: str | None,
    names: Mapping[int, str] | None,
    num_classes: int | None,
) -> Labels:
    """Gives each label its number.

    Args:
        table: Path of the table, for messages.
        rows: Its rows.
        separator: What stands between several labels, "auto", or None.
        names: Name of each class, if a label file says so.
        num_classes: Number of classes, if it is given.

    Raises:
        DataError: If a label cannot be, with its line.
    """
    if separator == "auto":
        texts = [row.label for row in rows if isinstance(row.label, str)]
        separator = next((sign for sign in _SEPARATORS if any(sign in t for t in texts)), None)
    split = [_split(table, row, separator) for row in rows]
    multi_label = any(several for _, several in split)
    found = [labels for labels, _ in split]
    for row, labels in zip(rows, found):
        if not labels and not multi_label:
            raise DataError(f"line {row.line} has no label.", path=table)
        if len(set(labels)) < len(labels):
            raise DataError(f"line {row.line} has a label twice: {row.label!r}.", path=table)
    distinct = {label for labels in found for label in labels}
    if all(label.isdecimal() and label.isascii() for label in distinct):
        known, count = None, _count(table, distinct, names, num_classes)
        result: dict[str, int] = {label: int(label) for label in distinct}
        bad = {label for label in distinct if int(label) >= count}
    else:
        known = dict(names) if names else dict(enumerate(sorted(distinct)))
        result = {name: number for number, name in known.items()}
        bad = {label for label in distinct if label not in result}
        count = _at_least(table, max(known) + 1, num_classes)
        _refuse_twins(table, rows, found, distinct)
    for row, labels in zip(rows, found):
        for label in labels:
            if label in bad:
                raise DataError(
                    f"line {row.line}: "
                    + (
                        f"the label is {label}, but labels must be in [0, {count})."
                        if known is None
                        else f"there is no class {label!r}.{did_you_mean(label, list(result))}"
                    ),
                    path=table,
                    remedy="Correct the label, or the number or the list of classes.",
                )
    numbers = [tuple(sorted(result[label] for label in labels)) for labels in found]
    return Labels(
        numbers if multi_label else [one[0] for one in numbers],
        count,
        known if known is not None else dict(names) if names else None,
        multi_label,
    )


def _split(table: str, row: TableRow, separator: str | None) -> tuple[list[str], bool]:
    """The labels of a row as texts, and whether it looks as if there could be several."""
    value = row.label
    several = isinstance(value, (list, tuple))
    if isinstance(value, str) and separator and separator in value:
        value, several = value.split(separator), True
    parts = list(value) if several else [value]
    labels = []
    for part in parts:
        if isinstance(part, float) and part.is_integer():
            part = int(part)
        if isinstance(part, bool) or not isinstance(part, (str, int)):
            raise DataError(
                f"line {row.line}: a label must be a name or a number from 0, received "
                f"{describe(part)}.",
                path=table,
            )
        text = str(part).strip()
        if text.lstrip("-").isdecimal() and text.startswith("-"):
            raise DataError(
                f"line {row.line}: the label is {text}, but labels must be from 0.", path=table
            )
        labels.append(text)
    return [label for label in labels if label], several


def _count(
    table: str, distinct: set[str], names: Mapping[int, str] | None, num_classes: int | None
) -> int:
    if num_classes is None and not names:
        return max((int(label) for label in distinct), default=0) + 1
    return _at_least(table, max(names) + 1 if names else 1, num_classes)


def _at_least(table: str, count: int, num_classes: int | None) -> int:
    if num_classes is not None and num_classes < count:
        raise DataError(
            f"there are {count} classes, but {num_classes} were asked for.",
            path=table,
            remedy="Ask for as many, or for none in particular; or take the other ones out.",
        )
    return count if num_classes is None else num_classes


def _refuse_twins(
    table: str, rows: Sequence[TableRow], found: Sequence[list[str]], distinct: set[str]
) -> None:
    seen: dict[str, str] = {}
    for name in sorted(distinct):
        other = seen.setdefault(name.casefold(), name)
        if other == name:
            continue
        line = next(row.line for row, labels in zip(rows, found) if name in labels)
        raise DataError(
            f"line {line}: the classes {other!r} and {name!r} differ in upper and lower case "
            "alone.",
            path=table,
            remedy="Write them in one way, or call one otherwise.",
        )
