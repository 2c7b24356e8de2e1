"""The worst mistakes as pictures, and what in the data may be wrong."""

from __future__ import annotations

from collections.abc import Sequence

from tf_slim.report import images
from tf_slim.report.findings import Findings
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.mistake import Mistake
from tf_slim.report.tables import percent


def worst(findings: Findings, names: Sequence[str]) -> Markup:
    """The mistakes that the findings keep."""
    mistakes = findings.mistakes
    text = "There is none."
    if mistakes:
        wrong, right = "predictions", "the true class"
        looked, other = "what it took it for", "the other class as it is of that class's own images"
        if findings.multi_label:
            wrong, right = "answers", "the right answer"
            looked = "the class"
            other = "its answer as it is, on average, where this is right"
        text = f"Of {findings.wrong} wrong {wrong}, those that gave {right} the least probability. "
        if findings.multi_label:
            text += (
                "“Missed” is a label of the image that the net does not give, and “wrong” one that "
                "it gives and the image does not have, with the probability of the class. "
            )
        text += "Images are shown as the net was given them, scaled to their own range."
        if any(mistake.heat_map is not None for mistake in mistakes):
            text += (
                f" Beside each is where the net looked for {looked}: the warmer, the more it "
                "counted (Grad-CAM)."
            )
        if any(map(findings.is_suspect, mistakes)):
            text += (
                f" Where “label?” stands, the net is as sure of {other}: the label itself may be "
                "wrong."
            )
    cells = [_figure(mistake, names, findings.is_suspect(mistake)) for mistake in mistakes]
    return joined(
        tag("h2", "Worst mistakes"), tag("p", text), tag("div", *cells, class_="mistakes")
    )


def _figure(mistake: Mistake, names: Sequence[str], suspect: bool) -> Markup:
    said = _said(mistake)
    text = ", ".join(f"{before}{names[about]}" for before, about, _ in said)
    uri = images.data_uri(mistake.image)
    heat = uri and mistake.heat_map is not None
    warm = images.data_uri(mistake.image, mistake.heat_map) if heat else None
    where = mistake.filename or f"example {mistake.index}"
    caption: list[object] = []
    for before, about, probability in said:
        caption += [", " if caption else None, before, tag("b", names[about])]
        caption.append(f" {percent(probability)}")
    return tag(
        "figure",
        uri and tag("img", src=uri, alt=f"Example {mistake.index}: {text}"),
        warm and tag("img", src=warm, alt=f"Where the net saw {names[mistake.shown_class]}"),
        tag(
            "figcaption",
            tag("span", "label?", class_="flag") if suspect else None,
            *caption,
            " ",
            tag("span", f"({where})", class_="where"),
        ),
    )


def _said(mistake: Mistake) -> list[tuple[str, int, float]]:
    """What a caption names: words before a class, the class, and its probability."""
    label, predicted = mistake.label, mistake.predicted
    if label is None:
        return [("wrong: ", mistake.shown_class, mistake.confidence)]
    if predicted is None:
        return [("missed: ", label, mistake.probability)]
    return [("", label, mistake.probability), ("taken for ", predicted, mistake.confidence)]


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
