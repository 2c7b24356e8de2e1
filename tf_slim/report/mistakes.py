"""The worst mistakes as pictures, and what in the data may be wrong."""

from __future__ import annotations

from collections.abc import Sequence

from tf_slim.report import images
from tf_slim.report.findings import Findings, Mistake
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.tables import percent


def worst(findings: Findings, names: Sequence[str]) -> Markup:
    """The mistakes that the findings keep."""
    mistakes = findings.mistakes
    wrong = findings.examples - findings.right
    text = "There is none."
    if mistakes:
        text = (
            f"Of {wrong} wrong predictions, those that gave the true class the least probability. "
            "Images are shown as the net was given them, scaled to their own range."
        )
        if any(mistake.heat_map is not None for mistake in mistakes):
            text += (
                " Beside each is where the net looked for what it took it for: the warmer, the "
                "more it counted (Grad-CAM)."
            )
        if any(map(findings.is_suspect, mistakes)):
            text += (
                " Where “label?” stands, the net is as sure of the other class as it is of that "
                "class's own images: the label itself may be wrong."
            )
    cells = [_figure(mistake, names, findings.is_suspect(mistake)) for mistake in mistakes]
    return joined(
        tag("h2", "Worst mistakes"), tag("p", text), tag("div", *cells, class_="mistakes")
    )


def _figure(mistake: Mistake, names: Sequence[str], suspect: bool) -> Markup:
    label, predicted = names[mistake.label], names[mistake.predicted]
    text = f"Example {mistake.index}: {label}, taken for {predicted}"
    uri = images.data_uri(mistake.image)
    heat = uri and mistake.heat_map is not None
    warm = images.data_uri(mistake.image, mistake.heat_map) if heat else None
    where = mistake.filename or f"example {mistake.index}"
    return tag(
        "figure",
        uri and tag("img", src=uri, alt=text),
        warm and tag("img", src=warm, alt=f"Where the net saw {predicted}"),
        tag(
            "figcaption",
            tag("span", "label?", class_="flag") if suspect else None,
            tag("b", label),
            f" {percent(mistake.probability)}, taken for ",
            tag("b", predicted),
            f" {percent(mistake.confidence)} ",
            tag("span", f"({where})", class_="where"),
        ),
    )


def warnings(lines: Sequence[str]) -> Markup | None:
    """What was noticed about the data, a sentence each; None for nothing."""
    if not lines:
        return None
    return tag(
        "div",
        tag("h2", "About the data"),
        tag("ul", *(tag("li", line) for line in lines)),
        class_="warnings",
    )
