"""A table of things by name, whose error for a wrong name shows the close ones."""

from __future__ import annotations

from typing import Any

from tf_slim.ops import exports
from tf_slim.ops.wording import unknown_name


class Named:
    """Things registered under a name, such as data sets and preprocessings."""

    def __init__(self, kind: str, package: str):
        """Starts a table.

        Args:
            kind: What it holds, as an error should call it, such as `data set`.
            package: The package of ours whose modules register such things. They are loaded when
                the table is first asked for something, or somebody else registers a thing.
        """
        self._kind = kind
        self._package = package
        self._loaded = False
        self._things: dict[str, Any] = {}

    def add(self, name: str, thing) -> None:
        """Files a thing under a name.

        Args:
            name: The name.
            thing: The thing. The same definition may come again, as when a notebook cell is re-run.

        Raises:
            ValueError: If the name is taken by another definition.
        """
        ours = getattr(thing, "__module__", "").startswith(f"{self._package}.")
        old = (self._things if ours else self._all()).get(name)
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
        things = self._all()
        if not isinstance(name, str) or name not in things:
            raise ValueError(unknown_name(self._kind, name, things, repr))
        return things[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._all())

    def _all(self) -> dict[str, Any]:
        if not self._loaded:
            exports.load(self._package)
            self._loaded = True
        return self._things


def _origin(thing) -> str:
    return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', repr(thing))}"
