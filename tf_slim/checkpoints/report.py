"""What a restore did, seen from both sides."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tf_slim.checkpoints.causes import likely_causes
from tf_slim.ops.wording import near_names

_MOST = 20
_ARGUMENTS = types.MappingProxyType(
    {name: name for name in ("include", "exclude", "rename", "on_mismatch")}
)


@dataclasses.dataclass(frozen=True)
class Report:
    """What a restore did, seen from both sides.

    Attributes:
      path: the checkpoint.
      restored: names that have been read.
      missing: names of the model that the checkpoint lacks.
      mismatched: (name, what the model has, what the checkpoint has) where these differ.
      excluded: names of the model that were not asked for.
      unexpected: names of the checkpoint that the model lacks.

    Examples: see `slim.checkpoints.restore`.
    """

    path: str
    restored: tuple[str, ...]
    missing: tuple[str, ...]
    mismatched: tuple[tuple[str, str, str], ...]
    excluded: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all variables that were asked for have been read."""
        return not self.missing and not self.mismatched

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes of what does not fit, where they are plain, each with its remedy."""
        return tuple(cause.text(_ARGUMENTS) for cause in likely_causes(self))

    def __str__(self) -> str:
        return self.text()

    def text(self, arguments: Mapping[str, str] = _ARGUMENTS) -> str:
        """The report, with the remedies that its reader can use.

        Args:
          arguments: those of `restore` that the reader can give, by how they are called there; by
            default all.
        """
        lines = [
            f"Checkpoint {self.path}: {len(self.restored)} match, {len(self.missing)} missing, "
            f"{len(self.mismatched)} different, {len(self.excluded)} excluded, "
            f"{len(self.unexpected)} only in the checkpoint."
        ]
        lines += [f"  likely cause: {cause.text(arguments)}" for cause in likely_causes(self)]
        lines += _rows(self.mismatched, self._mismatched_row)
        lines += _rows(self.missing, self._missing_row)
        lines += _rows(self.unexpected, "  only in the checkpoint: {}".format)
        return "\n".join(lines)

    @staticmethod
    def _mismatched_row(difference: tuple[str, str, str]) -> str:
        name, ours, theirs = difference
        return f"  {name}: the model has {ours}, the checkpoint {theirs}"

    def _missing_row(self, name: str) -> str:
        near = near_names(name, self.unexpected[:1000], most=1)
        return f"  only in the model: {name}" + (f" (near: {near[0]})" if near else "")


def _rows(items: Sequence, row: Callable[[Any], str]) -> list[str]:
    rows = [row(item) for item in items[:_MOST]]
    return rows + ([f"  ... and {len(items) - _MOST} more"] if len(items) > _MOST else [])
