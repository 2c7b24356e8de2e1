"""The page of a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tf_slim.ops import files
from tf_slim.report import charts, images, statistics
from tf_slim.report.findings import Findings, Mistake
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.statistics import Curve
from tf_slim.report.style import CSS

_Kind = Callable[[np.ndarray, np.ndarray], Curve | None]

_MOST_CLASSES_IN_ORDER = 20
_MOST_THIN_LINES = 50
_MOST_CONFUSIONS = 8

# Nothing is fetched and nothing runs, whatever a name of a class may hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write(
    path: str | os.PathLike,
    findings: Findings,
    *,
    title: str,
    subtitle: str = "",
    class_names: Mapping[int, str] | None = None,
    figures: Mapping[str, str] | None = None,
    footer: str = "",
) -> None:
    """Writes a report: one HTML file that needs no network and runs no script.

    Args:
      path: of the file; what was there is replaced.
      findings: what was found.
      title: what was evaluated.
      subtitle: more about it.
      class_names: the name of each class by its number; the number where there is none.
      figures: more results to show beside the accuracy, by name.
      footer: how it came about.

    Raises:
      ValueError: there are no examples.
      OSError: the file cannot be written.
    """
    files.replace_text(
        path,
        html(
            findings,
            title=title,
            subtitle=subtitle,
            class_names=class_names,
            figures=figures,
            footer=footer,
        ),
    )


def html(
    findings: Findings,
    *,
    title: str,
    subtitle: str = "",
    class_names: Mapping[int, str] | None = None,
    figures: Mapping[str, str] | None = None,
    footer: str = "",
) -> str:
    """The text of the page that `write` writes. Its arguments and errors are those of `write`."""
    if not findings.examples:
        raise ValueError("There is nothing to report: the findings hold no examples.")
    names = [
        (class_names or {}).get(number) or str(number) for number in range(findings.num_classes)
    ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(CSS)),
    )
    body = tag(
        "body",
        tag("h1", title),
        tag("p", subtitle, class_="soft"),
        _cards(findings, figures or {}),
        _confusion(findings, names),
        _classes(findings, names),
        _curves(findings, names),
        _reliability(findings),
        _mistakes(findings, names),
        tag("footer", footer),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _cards(findings: Findings, figures: Mapping[str, str]) -> Markup:
    right, total = findings.right, findings.examples
    low, high = statistics.wilson_interval(right, total)
    f1 = statistics.rates(findings.confusion).f1
    error = statistics.calibration_error(
        findings.confidence_counts, findings.confidence_sums, findings.confidence_right
    )
    rows = {
        "accuracy": (
            _percent(right / total),
            f"{_percent(low)} to {_percent(high)} with 95 % confidence; {right} of {total}",
        ),
        "mean F1": (_number(float(np.nanmean(f1))), "over the classes"),
        "calibration error": (_number(error), "of confidence from accuracy, on average"),
        **{name: (value, None) for name, value in figures.items()},
    }
    return tag(
        "div",
        *(
            tag(
                "div", tag("span", name), tag("b", value), note and tag("span", note), class_="card"
            )
            for name, (value, note) in rows.items()
        ),
        class_="cards",
    )


def _confusion(findings: Findings, names: Sequence[str]) -> Markup:
    picture, shown = charts.confusion_matrix(findings.confusion, names)
    text = "Each row is a true class, and each cell the part of it that was taken for a class."
    if shown < findings.num_classes:
        text += f" Of {findings.num_classes} classes, the {shown} with the most mistakes are shown."
    wrong = findings.confusion.copy()
    np.fill_diagonal(wrong, 0)
    most = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    pairs = [divmod(int(place), findings.num_classes) for place in most if wrong.flat[place]]
    rows = [
        (names[i], names[j], wrong[i, j], _percent(wrong[i, j] / findings.confusion[i].sum()))
        for i, j in pairs
    ]
    table = tag(
        "div",
        tag("h3", "Most frequent mistakes"),
        _table(("true", "predicted", "images", "of the class"), rows),
        class_="scroll",
    )
    return joined(
        tag("h2", "Confusion matrix"),
        tag("p", text),
        tag("div", tag("figure", picture), table if rows else None, class_="charts"),
    )


def _classes(findings: Findings, names: Sequence[str]) -> Markup:
    precision, recall, f1, support = statistics.rates(findings.confusion)
    curves = _class_curves(findings, statistics.roc)
    areas = [float("nan") if curve is None else curve.area for curve in curves]
    order = np.arange(findings.num_classes)
    text = "Precision is the part of the predictions of a class that are right, recall the part "
    text += "of its images that are found, F1 their harmonic mean."
    if findings.num_classes > _MOST_CLASSES_IN_ORDER:
        order = np.argsort(np.nan_to_num(f1, nan=2.0), kind="stable")
        text += " The worst classes come first."
    columns = ("class", "images", "precision", "recall", "F1", "area under ROC")
    rows = [
        (names[i], support[i], *(_number(float(c[i])) for c in (precision, recall, f1, areas)))
        for i in order.tolist()
    ]
    return joined(
        tag("h2", "Classes"),
        tag("p", text),
        tag("div", _table(columns, rows), class_="scroll classes"),
    )


def _class_curves(findings: Findings, kind: _Kind) -> list[Curve | None]:
    return [kind(p, n) for p, n in zip(findings.positives, findings.negatives, strict=True)]


def _curves(findings: Findings, names: Sequence[str]) -> Markup:
    kinds = (
        ("ROC curve", statistics.roc, ("false positive rate", "true positive rate"), True),
        ("Precision-recall curve", statistics.precision_recall, ("recall", "precision"), False),
    )
    return joined(
        tag("h2", "Curves"),
        tag(
            "p",
            "How well the score of a class separates its images from all others, whatever the "
            "threshold.",
        ),
        tag(
            "div",
            *(_curve_figure(findings, names, *kind) for kind in kinds),
            class_="charts",
        ),
    )


def _curve_figure(
    findings: Findings,
    names: Sequence[str],
    title: str,
    kind: _Kind,
    axes: tuple[str, str],
    diagonal: bool,
) -> Markup:
    lines: list[tuple[str, str, Curve]] = []
    thin: list[tuple[str, Curve]] = []
    if findings.num_classes == 2:
        curve = kind(findings.positives[1], findings.negatives[1])
        if curve is not None:
            lines = [("main", names[1], curve)]
    else:
        found = enumerate(_class_curves(findings, kind))
        known = {i: curve for i, curve in found if curve is not None}
        worst = sorted(known, key=lambda i: known[i].area)[: len(charts.SERIES)]
        if len(known) <= _MOST_THIN_LINES:
            thin = [("thin", curve) for i, curve in known.items() if i not in worst]
        together = kind(findings.positives.sum(0), findings.negatives.sum(0))
        if together is not None:
            lines = [("main", "all classes together", together)]
        for style, i in zip(charts.SERIES, worst, strict=False):
            lines.append((style, names[i], known[i]))
    if not lines:
        return tag("figure", tag("figcaption", f"{title}: all images are of one class."))
    picture = charts.curves(
        title,
        axes,
        [*thin, *((style, curve) for style, _, curve in reversed(lines))],
        diagonal=diagonal,
    )
    items = [
        tag("li", charts.legend_mark(style), f"{name}: {_number(curve.area)}")
        for style, name, curve in lines
    ]
    if thin:
        items.append(tag("li", charts.legend_mark("thin"), "the other classes"))
    caption = f"{title}, with the area under it"
    caption += "." if len(lines) == 1 else "; of the classes, the worst ones by name."
    return tag("figure", picture, tag("ul", *items, class_="legend"), tag("figcaption", caption))


def _reliability(findings: Findings) -> Markup:
    counts = findings.confidence_counts
    picture = charts.reliability(counts, findings.confidence_sums, findings.confidence_right)
    return joined(
        tag("h2", "Reliability"),
        tag(
            "p",
            "How often predictions are right, by the probability that the net gave them. Orange "
            "on top of a bar: it is right less often than it was sure. The lighter top of a bar: "
            "it is right more often.",
        ),
        tag("figure", picture),
    )


def _mistakes(findings: Findings, names: Sequence[str]) -> Markup:
    mistakes = findings.mistakes
    wrong = findings.examples - findings.right
    text = (
        "There is none."
        if not mistakes
        else (
            f"Of {wrong} wrong predictions, those that gave the true class the least probability. "
            "Images are shown as the net was given them, scaled to their own range."
        )
    )
    return joined(
        tag("h2", "Worst mistakes"),
        tag("p", text),
        tag("div", *(_mistake(mistake, names) for mistake in mistakes), class_="mistakes"),
    )


def _mistake(mistake: Mistake, names: Sequence[str]) -> Markup:
    uri = images.data_uri(mistake.image)
    label, predicted = names[mistake.label], names[mistake.predicted]
    text = f"Example {mistake.index}: {label}, taken for {predicted}"
    return tag(
        "figure",
        uri and tag("img", src=uri, alt=text),
        tag(
            "figcaption",
            tag("b", label),
            f" {_percent(mistake.probability)}, taken for ",
            tag("b", predicted),
            f" {_percent(mistake.confidence)} (example {mistake.index})",
        ),
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    return tag(
        "table",
        tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns))),
        tag("tbody", *(tag("tr", *(tag("td", value) for value in row)) for row in rows)),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.4f}"
