"""Every function and public method that the package offers, found by way of `__all__`."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import tf_slim

_SPECIAL = ("__init__", "__call__")


class Public(NamedTuple):
    """A function that users call, or a method."""

    name: str
    function: Callable
    room: str
    parameters: tuple[inspect.Parameter, ...]  # without `self`

    @property
    def returns(self) -> Any:
        """The annotation of what it returns."""
        return inspect.signature(self.function).return_annotation


@cache
def everything() -> tuple[Public, ...]:
    """All of it, each by the first name it is found by."""
    return tuple(_below(tf_slim, "slim", set()))


def _below(thing: Any, name: str, seen: set[int]) -> Iterator[Public]:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if _home(thing).partition(".")[0] != "tf_slim":
        return
    if inspect.ismodule(thing):
        for listed in getattr(thing, "__all__", None) or _own(thing):
            yield from _below(getattr(thing, listed), f"{name}.{listed}", seen)
    elif inspect.isclass(thing):
        for own, member in vars(thing).items():
            method = _method(member)
            if method is not None and (own in _SPECIAL or not own.startswith("_")):
                has_self = not isinstance(member, staticmethod)
                yield _public(f"{name}.{own}", method, has_self)
    elif callable(thing):
        yield _public(name, thing, False)


def _own(module: types.ModuleType) -> list[str]:
    """What a module without `__all__` offers: what is written there."""
    here = (name for name, one in vars(module).items() if _home(one) == module.__name__)
    return [name for name in here if not name.startswith("_")]


def _home(thing: Any) -> str:
    own = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", None)
    return own if isinstance(own, str) else ""


def _method(member: Any) -> Callable | None:
    if isinstance(member, (staticmethod, classmethod)):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    return member if isinstance(member, types.FunctionType) else None


def _public(name: str, function: Callable, has_self: bool) -> Public:
    parameters = tuple(inspect.signature(function).parameters.values())
    room = f"{function.__module__}.".split(".")[1]
    return Public(name, function, room, parameters[1:] if has_self else parameters)
