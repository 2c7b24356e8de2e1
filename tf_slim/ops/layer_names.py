"""What the variables are called that a layer's normalizer or activation makes."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from typing import NamedTuple

from tf_slim.ops.setting import Setting


class LayerNames(NamedTuple):
    """Names of variables, by the names that they are asked for.

    Attributes:
      renamed: names that stand in place of others, which are the last part of a full name.
      taken: full names that the layer has given itself.
    """

    renamed: Mapping[str, str]
    taken: frozenset[str]

    def of(self, name: str) -> str:
        """The full name of a variable that is asked for by the full name `name`."""
        outer, slash, last = name.rpartition("/")
        renamed = f"{outer}{slash}{self.renamed.get(last, last)}"
        return name if renamed in self.taken else renamed


_IN_FORCE: contextvars.ContextVar[LayerNames | None] = contextvars.ContextVar(
    "layer_names", default=None
)


def in_force(names: LayerNames) -> Setting[LayerNames]:
    """Has variables made inside, outside v1 graphs, be model variables with these names."""
    return Setting(_IN_FORCE, names)


def current() -> LayerNames | None:
    """The names in force, or None."""
    return _IN_FORCE.get()
