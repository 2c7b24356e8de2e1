"""The page of a report."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf_slim.ops import files
from tf_slim.report import charts, classes, document, learning_curves, mistakes, statistics
from tf_slim.report.findings import Findings
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.tables import number, percent


def write(
    path: str | os.PathLike,
    findings: Findings,
    *,
    title: str,
    subtitle: str = "",
    class_names: Mapping[int, str] | None = None,
    figures: Mapping[str, str] | None = None,
    footer: str = "",
    history: Sequence[Mapping[str, Any]] = (),
    warnings: Sequence[str] = (),
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
      history: the rows of the run's history (`slim.learning.read_history`), for learning curves.
      warnings: what was noticed about the data, a sentence each.

    Raises:
      ValueError: there are no examples.
      OSError: the file cannot be written.

    Examples:
      >>> findings = slim.report.Findings(num_classes=2)
      >>> findings.add(tf.zeros([1, 8, 8, 1]), tf.constant([[2.0, 0.0]]), tf.constant([1]))
      >>> slim.report.write("report.html", findings, title="LeNet on digits")
      >>> "LeNet on digits" in open("report.html").read()
      True
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
            history=history,
            warnings=warnings,
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
    history: Sequence[Mapping[str, Any]] = (),
    warnings: Sequence[str] = (),
) -> str:
    """The text of the page that `write` writes. Its arguments and errors are those of `write`.

    Examples: see `slim.report.write`.
    """
    if not findings.examples:
        raise ValueError("There is nothing to report: the findings hold no examples.")
    names = [
        (class_names or {}).get(number) or str(number) for number in range(findings.num_classes)
    ]
    return document.page(
        title,
        tag("h1", title),
        tag("p", subtitle, class_="soft"),
        _cards(findings, figures or {}),
        mistakes.warnings(warnings),
        learning_curves.section(history),
        classes.confusion(findings, names),
        classes.rates(findings, names),
        classes.curves(findings, names),
        _reliability(findings),
        mistakes.worst(findings, names),
        tag("footer", footer),
    )


def _cards(findings: Findings, figures: Mapping[str, str]) -> Markup:
    right, total = findings.right, findings.examples
    low, high = statistics.wilson_interval(right, total)
    f1 = statistics.f1(findings.found, findings.support, findings.predicted)
    rows = {
        "all labels right" if findings.multi_label else "accuracy": (
            percent(right / total),
            f"{percent(low)} to {percent(high)} with 95 % confidence; {right} of {total}",
        ),
        "mean F1": (number(float(np.nanmean(f1))), "over the classes"),
        "calibration error": (
            number(findings.confidences.error),
            "of confidence from accuracy, on average",
        ),
        **_accuracy_of_answers(findings),
        **{name: (value, None) for name, value in figures.items()},
    }
    return document.cards(rows)


def _accuracy_of_answers(findings: Findings) -> dict[str, tuple[str, str]]:
    """Without an interval: those of one image go together, and are no chances of their own."""
    if not findings.multi_label:
        return {}
    total = findings.answers
    right = total - findings.wrong
    return {"accuracy": (percent(right / total), f"{right} of {total} answers, one a class")}


def _reliability(findings: Findings) -> Markup:
    before = findings.confidences
    temperature, after = findings.temperatures.best
    what, function = ("answers", "sigmoid") if findings.multi_label else ("predictions", "softmax")
    text = (
        f"How often {what} are right, by the probability that the net gave them. Orange on top "
        "of a bar: it is right less often than it was sure. The lighter top of a bar: it is right "
        "more often."
    )
    found = (
        f"The scores divided by {temperature:.2f} before the {function} would bring the "
        f"calibration error from {number(before.error)} to {number(after.error)}; the {what} stay "
        "what they are. This temperature was found on these very images: have it confirmed by "
        "others."
    )
    if findings.temperatures.is_bound:
        found += " It is the last one that was tried: these images tell little about confidence."
    figures = [
        tag(
            "figure",
            charts.reliability(title, one.counts, one.sums, one.right),
            tag("figcaption", f"{caption}: calibration error {number(one.error)}"),
        )
        for title, caption, one in (
            ("Reliability diagram", "As it is", before),
            ("Reliability diagram, scaled", f"At temperature {temperature:.2f}", after),
        )
    ]
    return joined(
        tag("h2", "Reliability"),
        tag("p", text),
        tag("div", *figures, class_="charts"),
        tag("p", found),
    )
