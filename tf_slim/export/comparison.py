"""The numbers of a comparison: of an exported file beside what it was made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tf_slim.export.formats import Tolerance
from tf_slim.export.source import PROBABILITIES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """An exported file beside what it was made from, on the same pictures. As text it is a table.

    Attributes:
      pictures: how many it was run on.
      data: what they are.
      difference: the largest of any probability; of outputs that are none the largest, relative to
        the largest output if that is over 1.
      mean_difference: their mean.
      agreement: the share of pictures with the same top class; of several classes a picture, of
        answers that are the same. None where no classes are told apart.
      source_accuracy: that of the source, the share of right top classes (or answers); None where
        there are no labels.
      accuracy: that of the file.
      source_latency: milliseconds by the size of the batch, of the source.
      latency: of the file.
      source_size: in bytes, of its variables.
      size: of the file, with what belongs beside it.
      tolerance: what is accepted.

    Examples:
      >>> print(slim.export.save("runs/digits", "compared.pb", pictures=50).verified)
      50 pictures: digits, test
                            source  exported
      size                  1.3 MB    1.3 MB
      accuracy              ...
      same top class                100.00 %
      ...
    """

    pictures: int
    data: str
    difference: float
    mean_difference: float
    agreement: float | None
    source_accuracy: float | None
    accuracy: float | None
    source_latency: Mapping[int, float]
    latency: Mapping[int, float]
    source_size: int
    size: int
    tolerance: Tolerance

    @property
    def problem(self) -> str | None:
        """What is beyond the tolerance; None if nothing is."""
        allowed = self.tolerance
        # Not `>`: what is no number is beyond any tolerance.
        if not np.isfinite(self.difference):
            return "it gives numbers that are none (NaN or infinity) where the source does not"
        if not self._is_near_enough():
            return (
                f"the largest difference of its outputs is {self.difference:.2g}, more than "
                f"{allowed.difference:.2g}{self._other_classes()}"
            )
        if self.agreement is not None and self.agreement < allowed.agreement:
            return (
                f"it gives the same top class for {100 * self.agreement:.1f} % of the pictures, "
                f"less than {100 * allowed.agreement:.1f} %"
            )
        return None

    def __str__(self) -> str:
        table = rows(self, "exported")
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [f"{self.pictures} pictures: {self.data}"]
        for name, ours, theirs, asked in table:
            cells = name.ljust(widths[0]), ours.rjust(widths[1]), theirs.rjust(widths[2]), asked
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines)

    def _other_classes(self) -> str:
        if self.tolerance.or_agreement is None or self.agreement is None:
            return ""
        return f", and the same top class is given for {100 * self.agreement:.1f} % of the pictures"

    def _is_near_enough(self) -> bool:
        allowed = self.tolerance
        if allowed.difference is None or self.difference <= allowed.difference:
            return True
        if allowed.or_agreement is None or self.agreement is None:
            return False
        return self.agreement >= allowed.or_agreement


class Counter:
    """Sums up a comparison, batch by batch.

    Args:
      multi_label: whether a picture may be of several classes.
    """

    def __init__(self, multi_label: bool):
        self._multi_label = multi_label
        self._pictures = self._answers = 0
        self._largest = 0.0
        self._sum = self._count = 0.0
        self._same = self._right = self._source_right = 0
        self._tells_classes = self._has_labels = False

    def add(
        self,
        expected: Mapping[str, np.ndarray],
        found: Mapping[str, np.ndarray],
        labels: np.ndarray | None,
    ) -> None:
        """Adds a batch.

        Args:
          expected: what the source gives.
          found: what the file gives.
          labels: int `[batch]`, or 0 and 1, `[batch, classes]`; None if nobody knows them.
        """
        self._tells_classes = PROBABILITIES in expected
        compared = [PROBABILITIES] if self._tells_classes else list(expected)
        for name in compared:
            self._differ(np.asarray(expected[name]), np.asarray(found[name]))
        self._pictures += len(expected[compared[0]])
        if self._tells_classes:
            ours, theirs = (self._told(one[PROBABILITIES]) for one in (expected, found))
            self._answers += ours.size
            self._same += int(np.sum(ours == theirs))
            if labels is not None:
                self._has_labels = True
                right = labels > 0.5 if self._multi_label else labels
                self._source_right += int(np.sum(ours == right))
                self._right += int(np.sum(theirs == right))

    def result(self, **known) -> Comparison:
        """The comparison.

        Args:
          **known: the fields that are not counted.
        """
        answers = max(1, self._answers)
        of_labels = self._has_labels and self._tells_classes
        return Comparison(
            pictures=self._pictures,
            difference=self._largest,
            mean_difference=self._sum / max(1.0, self._count),
            agreement=self._same / answers if self._tells_classes else None,
            source_accuracy=self._source_right / answers if of_labels else None,
            accuracy=self._right / answers if of_labels else None,
            **known,
        )

    def _told(self, probabilities: np.ndarray) -> np.ndarray:
        return probabilities > 0.5 if self._multi_label else np.argmax(probabilities, -1)

    def _differ(self, expected: np.ndarray, found: np.ndarray) -> None:
        if not expected.size:
            return
        ours, theirs = expected.astype(np.float64), found.astype(np.float64)
        scale = max(1.0, float(np.max(np.abs(ours))))
        with np.errstate(invalid="ignore"):  # of what is no number
            apart = np.abs(ours - theirs) / scale
        apart = np.where(np.isfinite(apart), apart, np.inf)
        # Where both give the same that is no number, they agree.
        apart = np.where((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)), 0.0, apart)
        self._largest = max(self._largest, float(np.max(apart)))
        self._sum += float(np.sum(apart))
        self._count += apart.size


def rows(found: Comparison, name: str) -> list[Sequence[str]]:
    """The table of a comparison: what is measured, of the source, of the file, and what is asked.

    Args:
      found: the comparison.
      name: of the format.
    """
    from tf_slim.ops.wording import size_text

    def share(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.2f} %"

    allowed = found.tolerance
    table: list[Sequence[str]] = [("", "source", name, "")]
    table.append(("size", size_text(found.source_size), size_text(found.size), ""))
    if found.accuracy is not None:
        table.append(("accuracy", share(found.source_accuracy), share(found.accuracy), ""))
    if found.agreement is not None:
        least = f"at least {share(allowed.agreement)}" if allowed.agreement else ""
        if allowed.or_agreement is not None:
            least = f"at least {share(allowed.or_agreement)}, or"
        table.append(("same top class", "", share(found.agreement), least))
    most = "" if allowed.difference is None else f"at most {allowed.difference:.1e}"
    table.append(("largest difference", "", f"{found.difference:.1e}", most))
    table.append(("mean difference", "", f"{found.mean_difference:.1e}", ""))
    for batch, ours in found.source_latency.items():
        theirs = found.latency[batch]
        times = f"{ours / theirs:.1f} times as fast" if theirs else ""
        table.append((f"latency, batch {batch}", f"{ours:.2f} ms", f"{theirs:.2f} ms", times))
    return table
