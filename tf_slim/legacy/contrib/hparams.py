"""`HParams`: hyperparameters as attributes, read from the command line or from JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["HParams"]

_ASSIGNMENT = re.compile(
    r"\s*(?P<name>[A-Za-z_][\w.]*)\s*(\[\s*(?P<index>\d+)\s*\])?\s*=\s*"
    r"(\[(?P<values>[^\]]*)\]|(?P<value>[^,\[]*))\s*(,|$)"
)


class HParams:
    """Named values of fixed types.

        hparams = HParams(learning_rate=0.1, units=[128, 64])
        hparams.parse("learning_rate=0.3,units[1]=32")

    A value keeps the type that it was given first: a number may become another number, a list
    stays a list of such values.

    Args:
      **kwargs: the names and their values.
    """

    def __init__(self, hparam_def=None, model_structure=None, **kwargs):
        if hparam_def is not None:
            raise ValueError("HParams takes no protocol buffer; give the values as keywords.")
        self._types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Adds a value under a new name.

        Raises:
          ValueError: the name is taken, or a list is empty.
        """
        if getattr(self, name, None) is not None:
            raise ValueError(f"HParams already has {name!r}, or it is a method of it.")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"HParams: the list {name!r} is empty, so its type is unknown.")
            self._types[name] = (type(value[0]), True)
        else:
            self._types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Changes the value of a name.

        Raises:
          KeyError: there is no such name.
          ValueError: the value is of another type.
        """
        kind, is_list = self._type_of(name)
        if isinstance(value, list) != is_list:
            expected = "a list" if is_list else "one value, no list"
            raise ValueError(f"HParams: {name!r} takes {expected}; got {value!r}.")
        if is_list:
            setattr(self, name, [_converted(name, kind, item) for item in value])
        else:
            setattr(self, name, _converted(name, kind, value))

    def del_hparam(self, name: str) -> None:
        """Removes a name, if it is there."""
        if name in self._types:
            delattr(self, name)
            del self._types[name]

    def parse(self, values: str) -> HParams:
        """Sets values from text such as `"rate=0.1,layers=[1,2],names[0]=a"`.

        Returns:
          This object.

        Raises:
          ValueError: a name is unknown, or the text cannot be read.
        """
        position = 0
        seen: set = set()
        changes: dict[str, Any] = {}
        while position < len(values):
            match = _ASSIGNMENT.match(values, position)
            if match is None:
                raise ValueError(
                    f"HParams cannot read {values[position:]!r}. Write name=value,name=[a,b],"
                    "name[0]=value."
                )
            position = match.end()
            name, index = match["name"], match["index"]
            if name not in self._types:
                raise ValueError(f"Unknown hyperparameter {name!r}. {self._known()}")
            if (name, index) in seen:
                raise ValueError(f"HParams: {name!r} is set twice in {values!r}.")
            seen.add((name, index))
            kind, is_list = self._types[name]
            if match["values"] is not None:
                items = [item for item in match["values"].split(",") if item.strip()]
                changes[name] = [_read(name, kind, item) for item in items]
            elif index is not None:
                if not is_list:
                    raise ValueError(f"HParams: {name!r} is no list, so {name}[{index}] is none.")
                changes.setdefault(name, list(getattr(self, name)))
                changes[name][int(index)] = _read(name, kind, match["value"])
            else:
                changes[name] = _read(name, kind, match["value"])
        return self.override_from_dict(changes)

    def parse_json(self, values_json: str) -> HParams:
        """Sets values from a JSON object. Returns this object."""
        return self.override_from_dict(json.loads(values_json))

    def override_from_dict(self, values_dict: Mapping[str, Any]) -> HParams:
        """Sets several values. Returns this object."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def values(self) -> dict[str, Any]:
        """The values by name."""
        return {name: getattr(self, name) for name in self._types}

    def to_json(self, indent=None, separators=None, sort_keys=False) -> str:
        """The values as a JSON object."""
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or `default` if it is not there."""
        return getattr(self, key) if key in self._types else default

    def get_model_structure(self):
        """What was given as `model_structure`."""
        return self._model_structure

    def set_model_structure(self, model_structure) -> None:
        """Sets what `get_model_structure` returns."""
        self._model_structure = model_structure

    def __contains__(self, key: str) -> bool:
        return key in self._types

    def __repr__(self) -> str:
        return f"HParams({', '.join(f'{k}={v!r}' for k, v in sorted(self.values().items()))})"

    __str__ = __repr__

    def _type_of(self, name: str) -> tuple[type, bool]:
        if name not in self._types:
            raise KeyError(f"HParams has no {name!r}. {self._known()}")
        return self._types[name]

    def _known(self) -> str:
        return f"There are: {', '.join(sorted(self._types))}."


def _converted(name: str, kind: type, value: Any) -> Any:
    wrong = ValueError(f"HParams: {name!r} is of type {kind.__name__}; got {value!r}.")
    if value is None or kind is type(None):
        return value
    if isinstance(value, str) != issubclass(kind, str):
        raise wrong
    if isinstance(value, bool) != issubclass(kind, bool):
        raise wrong
    if issubclass(kind, int) and not isinstance(value, int):
        raise wrong
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise wrong from None


def _read(name: str, kind: type, text: str) -> Any:
    text = text.strip()
    if kind is bool:
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() not in known:
            raise ValueError(f"HParams: {name!r} is true or false; got {text!r}.")
        return known[text.lower()]
    try:
        return text if kind is type(None) else kind(text)
    except ValueError:
        raise ValueError(f"HParams: {name!r} is of type {kind.__name__}; got {text!r}.") from None
