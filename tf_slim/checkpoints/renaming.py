"""Other names for what a checkpoint holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tf_slim.ops import patterns
from tf_slim.ops.arguments import binds, describe
from tf_slim.ops.types import Rename

_AVERAGE = "/ExponentialMovingAverage"
_EXPRESSION = "re:"


def averages(name: str) -> str:
    """Renames moving averages to what they are the averages of: restores these in their place.

    It is for `model.restore(path, rename=slim.checkpoints.averages)`.

    `tf.train.ExponentialMovingAverage` keeps that of `net/weights` under the name
    `net/weights/ExponentialMovingAverage`. Variables without an average keep their own value.

    Examples:
      >>> slim.checkpoints.averages("net/weights/ExponentialMovingAverage")
      'net/weights'
      >>> slim.checkpoints.averages("net/biases")
      'net/biases'
    """
    return name.removesuffix(_AVERAGE)


def average_of(name: str) -> str:
    """The name of the moving average of a variable."""
    return name + _AVERAGE


def is_average(name: str) -> bool:
    """Whether this is the name of a moving average."""
    return name.endswith(_AVERAGE)


def renamed(names: Iterable[str], rename: Rename) -> dict[str, str]:
    """Applies `rename` to the names in a checkpoint.

    Args:
      names: the names in the checkpoint.
      rename: None; a function from a name to another one, or to None to leave it out; or a
        mapping. A key of a mapping is a full name, a scope (`{"vgg_16": "trunk/vgg_16"}`; ""
        stands for all, and in a value for no scope), or a regular expression whose match is
        replaced, compiled or after "re:" (`{re.compile("^module/"): ""}`, `{"re:^module/": ""}`).
        A full name counts before an expression, and that before a scope, of which the longest
        counts.

    Returns:
      The names in the checkpoint by their new name, in the same order. A name that was changed
      takes the place of an unchanged one.

    Raises:
      ValueError: a key fits no name or is no regular expression, or two names become one.
      TypeError: `rename` is something else, or returns no name.
    """
    names = list(names)
    if rename is None:
        return dict(zip(names, names, strict=True))
    if isinstance(rename, Mapping):
        change = _from_mapping(names, rename)
    else:
        change = rename
    if isinstance(change, type) or not callable(change) or not binds(change, "name"):
        raise TypeError(
            f"rename takes a dict or a function of a name; got {describe(rename)}. For one name "
            "write rename={'name in the checkpoint': 'name in the model'}."
        )
    moved: dict[str, str] = {}
    stayed: dict[str, str] = {}
    order: list[str] = []
    for name in names:
        new = change(name)
        if new is None:
            continue
        if not isinstance(new, str):
            raise TypeError(f"rename made {new!r} of {name!r}; expected a name, or None.")
        if new == name:
            stayed[name] = name
        elif new in moved:
            raise ValueError(
                f"rename makes {new!r} of both {moved[new]!r} and {name!r}. Let it return None "
                "for the one to leave out."
            )
        else:
            moved[new] = name
        order.append(new)
    return {new: moved.get(new, new) for new in dict.fromkeys(order)}


def _from_mapping(names: list[str], rename: Mapping[Any, str | None]) -> Callable:
    odd = [value for value in rename.values() if not isinstance(value, (str, type(None)))]
    if odd:
        raise TypeError(
            f"rename: the values of a mapping are names, or None to leave out; got {describe(odd)}."
        )
    rename = {_expression_or_scope(key): value for key, value in rename.items()}
    scopes = {
        key.rstrip("/"): value and value.rstrip("/")
        for key, value in rename.items()
        if isinstance(key, str)
    }
    expressions = {key: value for key, value in rename.items() if isinstance(key, re.Pattern)}
    if len(scopes) + len(expressions) < len(rename):
        raise TypeError(
            "rename: the keys of a mapping are names, scopes or compiled regular expressions; got "
            f"{[key for key in rename if not isinstance(key, (str, re.Pattern))]!r}."
        )
    used = set()

    def change(name: str) -> str | None:
        if name in scopes:
            used.add(name)
            return scopes[name]
        for expression, value in expressions.items():
            if expression.search(name):
                used.add(expression)
                return None if value is None else expression.sub(value, name)
        parts = name.split("/")
        for end in range(len(parts) - 1, -1, -1):
            scope = "/".join(parts[:end])
            if scope in scopes:
                used.add(scope)
                new = scopes[scope]
                return None if new is None else "/".join([p for p in (new, *parts[end:]) if p])
        return name

    for name in names:
        change(name)
    for key in (*scopes, *expressions):
        if key not in used:
            raise ValueError(patterns.nothing_matches("rename", key, names, "name"))
    return change


def _expression_or_scope(key: Any) -> Any:
    if not isinstance(key, str) or not key.startswith(_EXPRESSION):
        return key
    try:
        return re.compile(key.removeprefix(_EXPRESSION))
    except re.error as error:
        raise ValueError(f"rename: {error} in the regular expression of {key!r}.") from error
