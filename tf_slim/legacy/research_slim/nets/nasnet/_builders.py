"""The builders of research/slim round the nets of cells."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable


def builder(net: Callable, *hidden: str) -> Callable:
    """`net` as research/slim's builder: it wants `num_classes`, and has no scope of its own.

    Args:
      net: a function.
      *hidden: further arguments that the builder does not have.
    """
    signature = inspect.Signature(
        [
            p.replace(default=p.empty) if p.name == "num_classes" else p
            for p in inspect.signature(net).parameters.values()
            if p.name not in ("scope", "reuse", *hidden)
        ]
    )

    @functools.wraps(net)
    def build(*args, **kwargs):
        return net(**signature.bind(*args, **kwargs).arguments)

    build.__signature__ = signature  # pyright: ignore[reportAttributeAccessIssue]
    return build
