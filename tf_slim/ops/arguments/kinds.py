"""What an argument may be: the expected in words, the test, the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tf_slim.ops.arguments.messages import Caller, describe


class Kind(NamedTuple):
    """What an argument may be.

    Attributes:
      expected: the same in words, to follow "expects NAME to be".
      takes: whether a value is that.
      remedy: what to write instead; a function of (name, value) or a text. `{}` is the name.
      error: the type of the exception.
    """

    expected: str
    takes: Callable[[Any], bool]
    remedy: str | Callable[[str, Any], str]
    error: type[Exception] = TypeError

    def refusal(self, caller: Caller, name: str, value: Any) -> Exception:
        """The exception to raise."""
        remedy = self.remedy(name, value) if callable(self.remedy) else self.remedy.format(name)
        received = f"{name}={describe(value)}"
        return caller.error(f"{name} to be {self.expected}", received, remedy, self.error)


def optional(kind: Kind) -> Kind:
    """`kind`, or None."""
    takes = kind.takes
    return kind._replace(
        expected=f"{kind.expected}, or None",
        takes=lambda value: value is None or takes(value),
    )
