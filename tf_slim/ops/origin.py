"""What a model was made of, for whoever has to make it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Origin:
    """The call of `slim.nets.create` that made a model.

    Attributes:
      name: the name of the net.
      num_classes: how many classes it has; None for features.
      kwargs: the other arguments of `create`, without `checkpoint` and `precision`.
    """

    name: str
    num_classes: int | None
    kwargs: Mapping[str, Any]
