"""What a page says of each class: what it was taken for, rates, curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tf_slim.report import charts, statistics
from tf_slim.report.findings import Findings
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.statistics import Curve
from tf_slim.report.tables import number, percent, share, table

_Kind = Callable[[np.ndarray, np.ndarray], Curve | None]

_MOST_CLASSES_IN_ORDER = 20
_MOST_THIN_LINES = 50
_MOST_CONFUSIONS = 8


def confusion(findings: Findings, names: Sequence[str]) -> Markup | None:
    """The confusion matrix, and the pairs of classes that are mistaken most often.

    None where an image may be of several classes: one is not taken for another then.
    """
    if findings.confusion is None:
        return None
    picture, shown = charts.confusion_matrix(findings.confusion, names)
    text = "Each row is a true class, and each cell the part of it that was taken for a class."
    if shown < findings.num_classes:
        text += f" Of {findings.num_classes} classes, the {shown} with the most mistakes are shown."
    wrong = findings.confusion.copy()
    np.fill_diagonal(wrong, 0)
    most = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    pairs = [divmod(int(place), findings.num_classes) for place in most if wrong.flat[place]]
    rows = [
        (names[i], names[j], wrong[i, j], percent(wrong[i, j] / findings.confusion[i].sum()))
        for i, j in pairs
    ]
    frequent = tag(
        "div",
        tag("h3", "Most frequent mistakes"),
        table(("true", "predicted", "images", "of the class"), rows),
        class_="scroll",
    )
    return joined(
        tag("h2", "Confusion matrix"),
        tag("p", text),
        tag("div", tag("figure", picture), frequent if rows else None, class_="charts"),
    )


def rates(findings: Findings, names: Sequence[str]) -> Markup:
    """The table of classes."""
    f1 = statistics.f1(findings.found, findings.support, findings.predicted)
    areas = [
        [
            float("nan") if curve is None else curve.area
            for curve in _curves_of_classes(findings, of)
        ]
        for of in (statistics.roc, statistics.precision_recall)
    ]
    order = np.arange(findings.num_classes)
    text = "Precision is the part of the predictions of a class that are right, recall the part "
    text += "of its images that are found, F1 their harmonic mean. The small numbers are 95 % "
    text += "confidence intervals: where two of them overlap, a difference may be chance."
    if findings.multi_label:
        text += " A class is predicted where its probability is above 0.5."
    if findings.num_classes > _MOST_CLASSES_IN_ORDER:
        order = np.argsort(np.nan_to_num(f1, nan=2.0), kind="stable")
        text += " The worst classes come first."
    columns = (
        "class",
        "images",
        "precision",
        "recall",
        "F1",
        "average precision",
        "area under ROC",
    )
    rows = [
        (
            names[i],
            findings.support[i],
            share(int(findings.found[i]), int(findings.predicted[i])),
            share(int(findings.found[i]), int(findings.support[i])),
            number(float(f1[i])),
            number(areas[1][i]),
            number(areas[0][i]),
        )
        for i in order.tolist()
    ]
    return joined(
        tag("h2", "Classes"),
        tag("p", text),
        tag("div", table(columns, rows), class_="scroll classes"),
    )


def curves(findings: Findings, names: Sequence[str]) -> Markup:
    """ROC and precision over recall."""
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
        tag("div", *(_figure(findings, names, *kind) for kind in kinds), class_="charts"),
    )


def _curves_of_classes(findings: Findings, kind: _Kind) -> list[Curve | None]:
    return [kind(p, n) for p, n in zip(findings.positives, findings.negatives, strict=True)]


def _figure(
    findings: Findings,
    names: Sequence[str],
    title: str,
    kind: _Kind,
    axes: tuple[str, str],
    diagonal: bool,
) -> Markup:
    lines: list[tuple[str, str, Curve]] = []
    thin: list[tuple[str, Curve]] = []
    if findings.num_classes == (1 if findings.multi_label else 2):
        curve = kind(findings.positives[-1], findings.negatives[-1])
        if curve is not None:
            lines = [("main", names[-1], curve)]
    else:
        found = enumerate(_curves_of_classes(findings, kind))
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
        alike = "all images are of one class."
        if findings.multi_label:
            alike = "the labels of all images are alike."
        return tag("figure", tag("figcaption", f"{title}: {alike}"))
    picture = charts.curves(
        title,
        axes,
        [*thin, *((style, curve) for style, _, curve in reversed(lines))],
        diagonal=diagonal,
    )
    marks = [(style, f"{name}: {number(curve.area)}") for style, name, curve in lines]
    if thin:
        marks.append(("thin", "the other classes"))
    caption = f"{title}, with the area under it"
    caption += "." if len(lines) == 1 else "; of the classes, the worst ones by name."
    return tag("figure", picture, charts.legend(marks), tag("figcaption", caption))
