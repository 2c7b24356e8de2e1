"""Selecting variables the way TensorFlow 1 does it: by the beginning, or the end, of their names.

Both are regular expressions, and neither stops at the end of a part of a name: "conv1" also means
"conv10". Programs rely on that, so it stays; where it can be a surprise, a warning says so.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from tf_slim.ops.wording import first_few, near_names

# What names consist of: such a scope is meant as a name, not as a regular expression.
_PLAIN = re.compile(r"[\w.\-/]+")


def matching(names: Iterable[str], scope: str | None, suffix: str | None) -> list[bool]:
    """Which names begin with `scope` and end in `suffix`.

    Args:
      names: names of variables, `net/conv1/weights:0`.
      scope: a regular expression for the beginning, or None.
      suffix: a regular expression for the end, or None. It is meant to end before the `:0`, or
        has a colon itself.

    Raises:
      ValueError: that is no regular expression.
    """
    expression = scope or ""
    if suffix is not None:
        expression = f"{expression}.*{suffix}" + ":" * (":" not in suffix)
    try:
        begins = re.compile(expression)
    except re.error as error:
        raise ValueError(
            f"scope {scope!r} with suffix {suffix!r} is no regular expression ({error}). They are "
            "read as such: put re.escape() round what is meant literally."
        ) from error
    names = list(names)
    hits = [begins.match(name) is not None for name in names]
    found = [name for name, hit in zip(names, hits, strict=True) if hit]
    if scope and _PLAIN.fullmatch(scope) and not scope.endswith("/"):
        _warn_of_others("scope", scope, scope + "/", found, _is_below)
    if suffix and _PLAIN.fullmatch(suffix) and not suffix.startswith("/"):
        _warn_of_others("suffix", suffix, "/" + suffix, found, _is_last)
    return hits


def _is_below(name: str, scope: str) -> bool:
    return name.startswith(scope) and name[len(scope) :][:1] in ("", "/", ":")


def _is_last(name: str, suffix: str) -> bool:
    return f"/{name.partition(':')[0]}".endswith("/" + suffix)


def _warn_of_others(argument: str, given: str, whole: str, found: list[str], is_meant) -> None:
    others = [name for name in found if not is_meant(name, given)]
    if others and len(others) < len(found):
        warnings.warn(
            f"{argument}={given!r} has also selected {first_few(map(repr, others), 1)}: it need "
            f"not be a whole part of a name. If that is not meant, write {argument}={whole!r}.",
            stacklevel=5,
        )


def warn_of_nothing(argument: str, scope: str, names: list[str]) -> None:
    """Says that a scope has selected nothing, and which one may have been meant."""
    deeper = [name for name in names if f"/{scope.strip('/')}/" in f"/{name}"]
    if deeper:
        at = f"/{deeper[0]}".index(f"/{scope.strip('/')}/")
        hint = f" Write {deeper[0][: at + len(scope.strip('/'))]!r}."
    else:
        near = near_names(scope, names, cutoff=0.4)
        hint = f" Near names: {', '.join(near)}." if near else ""
    warnings.warn(
        f"{argument}: {scope!r} selects none of {len(names)} variables. Scopes are compared from "
        f"the beginning of the full name.{hint}",
        stacklevel=4,
    )
