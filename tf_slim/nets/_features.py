"""Some of the end points of a net, by name or by glob, in place of all of them."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tf_slim.nets._registry import NetSpec
from tf_slim.ops.outputs import with_end_points
from tf_slim.ops.wording import did_you_mean, first_few


def with_features(
    found: NetSpec, fn: Callable, features: Iterable[str], *, has_logits: bool
) -> Callable:
    """The function of a net, made to return the end points that are asked for.

    Args:
      found: the net.
      fn: its function.
      features: see `create`.
      has_logits: whether to return (logits, features), and not the features alone.

    Returns:
      A function with the arguments of the net.

    Raises:
      TypeError: `features` is one name, or what is no name is among them.
    """
    if isinstance(features, str):
        raise TypeError(f"features takes a list of names; got {features!r}. Write [{features!r}].")
    wanted = tuple(features) if isinstance(features, Iterable) else (features,)
    for name in wanted:
        if not isinstance(name, str):
            raise TypeError(
                f"nets.create({found.name!r}): features takes a list of names of end points, or of "
                f"globs such as '*pool*'; got {name!r}, of type {type(name).__name__}."
            )

    @functools.wraps(fn)
    def net(*args, **kwargs):
        logits, end_points = with_end_points(fn(*args, **kwargs))
        if end_points is None:
            raise ValueError(
                f"nets.create({found.name!r}, features=...): the function of this net returns no "
                f"end points; got {type(logits).__name__}. Let it return (outputs, a dict of end "
                "points), or a dict alone."
            )
        selected = select(found.name, end_points, wanted, has_logits)
        return (logits, selected) if has_logits else selected

    return net


def select(
    net: str, end_points: Mapping[str, Any], wanted: Iterable[str], has_logits: bool
) -> dict[str, Any]:
    """The end points that are asked for.

    Raises:
      ValueError: a name or a glob is that of none, or a short name that of several.
    """
    selected: dict[str, Any] = {}
    for name in wanted:
        if name in end_points:
            selected[name] = end_points[name]
        elif any(sign in name for sign in "*?["):
            found = [key for key in end_points if _matches(key, name)]
            if not found:
                raise ValueError(_none(net, end_points, name, has_logits))
            selected.update((key, end_points[key]) for key in found)
        else:
            found = [key for key in end_points if key.endswith("/" + name)]
            if not found:
                raise ValueError(_none(net, end_points, name, has_logits))
            depth = min(key.count("/") for key in found)
            outermost = [key for key in found if key.count("/") == depth]
            if len(outermost) > 1:
                raise ValueError(
                    f"{net} has several end points {name!r}: {first_few(outermost, 8)}. Write one "
                    f"of these, or the glob '*/{name}' for all."
                )
            selected[name] = end_points[outermost[0]]
    return selected


def _matches(key: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(key, pattern) or fnmatch.fnmatchcase(key, "*/" + pattern)


def _none(net: str, end_points: Mapping[str, Any], name: str, has_logits: bool) -> str:
    hint = did_you_mean(name, end_points, cutoff=0.4)
    head = "" if has_logits else " (With num_classes there are those of the logits too.)"
    return f"{net} has no end point {name!r}.{hint} It has: {', '.join(end_points)}.{head}"
