"""The words that messages share: near names of a wrong one, the first few of many, sizes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

# Names that TensorFlow puts around the messages of its operations.
_NODES = re.compile(r"\{\{(function_)?node [^}]*\}\}|\[\[.*\]\]| \[Op:\w+\]( name: *)?")


def near_names(name: object, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """The known names that are near a wrong one, whatever their case, the nearest first.

    Args:
      name: the wrong one.
      known: the right ones.
      most: how many to return.
      cutoff: how near they have to be: 1.0 is the same name, 0.0 any name.
    """
    in_lower_case = {one.lower(): one for one in known}
    near = difflib.get_close_matches(str(name).lower(), in_lower_case, n=most, cutoff=cutoff)
    return [in_lower_case[one] for one in near]


def did_you_mean(name: object, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> str:
    """` Did you mean 'steps'?`, to stand after a sentence; nothing if no known name is near."""
    near = near_names(name, known, most, cutoff)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def first_few(names: Iterable[str], most: int = 5) -> str:
    """`a, b, c and 4 more`; `nothing` if there are none."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


def without_nodes(message: str) -> str:
    """What an operation of TensorFlow says, without names of nodes and where they were made."""
    if "Detected at node" in message:
        message = message.rstrip().split("\n\n")[-1]
    return _NODES.sub("", message).strip()


def size_text(size: float) -> str:
    """A number of bytes: `1.5 MB`."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def unknown_name(kind: str, name: object, known: Iterable[str], shown: Callable = str) -> str:
    """The message for a name that is not among the known ones of its kind.

    Args:
      kind: what the names are names of, such as `net`.
      name: the wrong one.
      known: the right ones.
      shown: how to write a known name in the list of all.
    """
    # TensorFlow comes with it, which the command line can do without.
    from tf_slim.ops.arguments.messages import describe

    known = sorted(known)
    listed = ", ".join(map(shown, known)) or "none"
    return f"There is no {kind} {describe(name)}.{did_you_mean(name, known)} Known: {listed}."
