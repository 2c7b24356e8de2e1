"""A table of things by name, whose error for a wrong name shows the close ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from tf_slim.ops.arguments import describe


class Named:
    """Things registered under a name, such as data sets and preprocessings."""

    def __init__(self, kind: str):
        """Starts an empty table.

        Args:
            kind: What it holds, as an error should call it, such as `data set`.
        """
        self._kind = kind
        self._things: dict[str, Any] = {}

    def add(self, name: str, thing) -> None:
        """Files a thing under a name.

        Args:
            name: The name.
            thing: The thing. The same definition may come again, as when a notebook cell is re-run.

        Raises:
            ValueError: If the name is taken by another definition.
        """
        old = self._things.get(name)
        if old is not None and _origin(old) != _origin(thing):
            raise ValueError(
                f"The {self._kind} {name!r} is already registered by {_origin(old)}: "
                f"{_origin(thing)} needs another name."
            )
        self._things[name] = thing

    def get(self, name: str):
        """Looks a name up.

        Raises:
            ValueError: If there is none, with the close names and the whole list.
        """
        if not isinstance(name, str) or name not in self._things:
            raise unknown_name(self._kind, name, self._things)
        return self._things[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._things)


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ValueError:
    """Builds the error for a name that is not in a list.

    Args:
        kind: What the list holds.
        name: The name that was asked for.
        known: The names there are.

    Returns:
        The error, to be raised.
    """
    known = sorted(known)
    close = difflib.get_close_matches(str(name).lower(), known, n=3)
    hint = f" Did you mean {' or '.join(repr(match) for match in close)}?" if close else ""
    listed = ", ".join(repr(one) for one in known) or "none"
    return ValueError(f"There is no {kind} {describe(name)}.{hint} Known: {listed}.")


def _origin(thing) -> str:
    return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', repr(thing))}"
