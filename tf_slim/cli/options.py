"""Options with a type, a range and a line of documentation, and the check of what is given."""

from __future__ import annotations

import dataclasses
import datetime
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from tf_slim.ops.wording import did_you_mean, near_names


class ConfigError(ValueError):
    """A configuration that cannot be used."""


def option(default: Any, doc: str, **rules: Any) -> Any:
    """Declares one option as a field of a frozen dataclass, its section.

    Args:
      default: the value where none is given. None stands for "worked out later".
      doc: one line: what it is, its unit, and what None means.
      **rules: `choices` (a tuple of texts), `at_least`, `above`, `at_most`, `below` (numbers), and
        `free=True` where a run that has begun may go on with another value.
    """
    metadata = {"doc": doc, **rules}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def fields(section: Any) -> dict[str, dataclasses.Field]:
    """The options of a section by name."""
    return {field.name: field for field in dataclasses.fields(section)}


def checked(
    section: Any,
    name: str,
    values: Mapping[str, Any],
    source: str,
    others: Iterable[str] = (),
) -> dict[str, Any]:
    """Checks the keys, the types and the ranges of the values given for a section.

    Args:
      section: the dataclass.
      name: of the section, such as `train`.
      values: what was given.
      source: where it was given, to begin an error with.
      others: the keys of other sections, such as `data.batch_size`: one may be meant.

    Returns:
      The values, where a type asks for it converted (an integer to a float, one text to a list).

    Raises:
      ConfigError: an unknown key, a wrong type, or a value out of its range.
    """
    known = fields(section)
    hints = typing.get_type_hints(section)
    result = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(
                f"{source}: [{name}] has no key {key!r}.{_nearest(key, known, others)} "
                f"Its keys: {', '.join(known)}."
            )
        full = f"{name}.{key}"
        try:
            result[key] = converted(value, hints[key])
        except TypeError:
            raise ConfigError(
                f"{source}: {full} must be {described(hints[key])}; got {received(value)}."
            ) from None
        _check_range(f"{source}: {full}", result[key], known[key].metadata)
    return result


def converted(value: Any, hint: Any) -> Any:
    """The value as `hint` wants it.

    Raises:
      TypeError: it is of another type.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        for one in arguments:
            try:
                return converted(value, one)
            except TypeError:
                continue
    elif hint is Any:
        return value
    elif origin is list:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, (list, tuple)):
            return [converted(item, arguments[0]) for item in items]
    elif origin is dict:
        if isinstance(value, Mapping):
            return {str(key): converted(item, arguments[1]) for key, item in value.items()}
    elif hint is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    raise TypeError


_NAMES = {
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    bool: ("true or false", "true or false"),
}


def described(hint: Any, *, many: bool = False) -> str:
    """A type in words: `an integer or a list of integers`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(described(one) for one in arguments if one is not types.NoneType)
    if origin is list:
        return f"a list of {described(arguments[0], many=True)}"
    if origin is dict:
        values = arguments[1]
        return "a table" + ("" if values is Any else f" of {described(values, many=True)}")
    return _NAMES[hint][many]


def received(value: Any) -> str:
    """A value and its type in words: `the text 'many'`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, int):
        return f"the integer {value}"
    if isinstance(value, float):
        return f"the number {value}"
    if isinstance(value, (datetime.date, datetime.time)):
        return f"the date or time {value}"
    return f"{'a table' if isinstance(value, Mapping) else 'a list'}, {value!r}"


def _check_range(what: str, value: Any, rules: Mapping[str, Any]) -> None:
    choices = rules.get("choices")
    if choices and value is not None and value not in choices:
        raise ConfigError(
            f"{what} must be one of {', '.join(choices)}; got {value!r}."
            f"{did_you_mean(value, choices, most=1)}"
        )
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            continue
        for rule, holds, words in (
            ("at_least", lambda a, b: a >= b, "at least"),
            ("above", lambda a, b: a > b, "above"),
            ("at_most", lambda a, b: a <= b, "at most"),
            ("below", lambda a, b: a < b, "below"),
        ):
            if rule in rules and not holds(number, rules[rule]):
                raise ConfigError(f"{what} must be {words} {rules[rule]}; got {number}.")
        if isinstance(number, float) and not math.isfinite(number):
            raise ConfigError(f"{what} must be finite; got {number}.")


def _nearest(key: str, known: Iterable[str], others: Iterable[str]) -> str:
    """` Did you mean 'steps'?`, of this section, or of others where that is nearer."""
    by_key: dict[str, list[str]] = {}
    for path in others:
        by_key.setdefault(path.rpartition(".")[2], []).append(path)
    own = list(known)
    near = near_names(key, [*own, *by_key], most=1)
    if not near or near[0] in own:
        return did_you_mean(key, own, most=1)
    return f" Did you mean {' or '.join(by_key[near[0]])}?"
