"""Selecting names: globs, or compiled regular expressions, over full names."""

from __future__ import annotations

import contextlib
import fnmatch
import re
from collections.abc import Iterable
from typing import Any

from tf_slim.ops.arguments import describe
from tf_slim.ops.types import Patterns
from tf_slim.ops.wording import near_names


def select(
    names: Iterable[str],
    include: Patterns = None,
    exclude: Patterns = None,
    *,
    what: str = "variable",
    argument: str = "include",
) -> tuple[list[str], list[str]]:
    """Splits names into those to take and those to leave.

    Args:
      names: full names.
      include: patterns of which one must match, or None for all names. A string is a glob over
        the whole name, in which `*` also crosses `/`; a compiled regular expression may match
        anywhere.
      exclude: patterns none of which may match, or None.
      what: a name for the named things, in messages.
      argument: what the caller calls `include`, in messages.

    Returns:
      (taken, left): two lists, in the order of `names`.

    Raises:
      TypeError: `include` or `exclude` is a single pattern.
      ValueError: a pattern matches no name.
    """
    names = list(names)
    included = _matched(names, argument, include, what)
    excluded = _matched(names, "exclude", exclude, what)
    taken = [
        name for name in names if (include is None or name in included) and name not in excluded
    ]
    kept = set(taken)
    return taken, [name for name in names if name not in kept]


def _matched(names: list[str], argument: str, patterns: Any, what: str) -> set[str]:
    if patterns is None:
        return set()
    listed = None
    if not isinstance(patterns, (str, bytes, re.Pattern, type)):
        with contextlib.suppress(TypeError):  # nothing to go through
            listed = list(patterns)
    if listed is None:
        raise TypeError(
            f"{argument} takes a list of patterns; got {describe(patterns)}. Write "
            f"{argument}=[...]."
        )
    found: set[str] = set()
    for pattern in listed:
        if not isinstance(pattern, (str, re.Pattern)):
            raise TypeError(
                f"{argument} takes globs and compiled regular expressions; got "
                f"{describe(pattern)} among them."
            )
        hits = [name for name in names if matches(name, pattern)]
        if not hits:
            raise ValueError(nothing_matches(argument, pattern, names, what))
        found.update(hits)
    return found


def matches(name: str, pattern: str | re.Pattern[str]) -> bool:
    """Whether one pattern matches `name`."""
    if isinstance(pattern, re.Pattern):
        return pattern.search(name) is not None
    return fnmatch.fnmatchcase(name, pattern)


def nothing_matches(
    argument: str, pattern: str | re.Pattern[str], names: list[str], what: str
) -> str:
    """The message for a pattern that matches no name."""
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    message = f"{argument} pattern {text!r} matches no {what} among {len(names)}."
    below = [name for name in names if name.startswith(text.rstrip("/") + "/")]
    if below:
        return f"{message} For all below that scope write {text.rstrip('/') + '/*'!r}."
    near = near_names(text, names, cutoff=0.4) or names[:3]
    return f"{message} Near names: {', '.join(near) or 'none'}."
