"""A table of things by name, whose error for a wrong name shows the close ones."""

from __future__ import annotations

from typing import Any

from tf_slim.ops.wording import unknown_name


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
            raise ValueError(unknown_name(self._kind, name, self._things, repr))
        return self._things[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._things)


def _origin(thing) -> str:
    return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', repr(thing))}"
