"""The check of what a call passes, made once for each function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import tensorflow as tf

from tf_slim.ops.arguments.kinds import Kind
from tf_slim.ops.arguments.messages import Caller, describe
from tf_slim.ops.arguments.settings import FLAG
from tf_slim.ops.arguments.table import TABLE
from tf_slim.ops.wording import did_you_mean

_F = TypeVar("_F", bound=Callable)


class _Entry(NamedTuple):
    name: str
    kind: Kind | None
    default: Any
    takes_any: bool


def is_ours(func: Callable) -> bool:
    """Whether a function is of this package, so that the table speaks of its arguments."""
    return (getattr(func, "__module__", None) or "").startswith("tf_slim.")


def _entries(func: Callable, own: Mapping[str, Kind | None]) -> list[_Entry]:
    entries = []
    ours = is_ours(func) and not hasattr(func, "arguments_are_passed_on")
    for parameter in inspect.signature(func).parameters.values():
        name, default = parameter.name, parameter.default
        if name in own or not ours:
            kind = own.get(name)
        elif isinstance(default, bool) and name not in TABLE:
            kind = FLAG
        else:
            kind = TABLE.get(f"{_title(func)}.{name}", TABLE.get(name))
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            kind = None
        entries.append(_Entry(name, kind, default, parameter.kind is parameter.VAR_KEYWORD))
    return entries


def _title(func: Callable) -> str:
    made = func.__name__ == "__init__"
    return func.__qualname__.split(".")[-2] if made else func.__name__


def passes_on(func: _F) -> _F:
    """Marks a function whose arguments go to another one, which checks them."""
    func.arguments_are_passed_on = True  # pyright: ignore[reportFunctionMemberAccess]
    return func


def door(
    func: Callable, own: Mapping[str, Kind | None] | None = None, called: str | None = None
) -> Callable[[tuple, Mapping[str, Any]], None]:
    """A function of (args, kwargs) that refuses what `func` cannot take.

    Args:
      func: the function.
      own: what arguments of this function may be where it is not what the table says; None for
        those that it looks at itself.
      called: what messages call it, if not its name.
    """
    entries = _entries(func, own or {})
    by_name = {entry.name: entry for entry in entries if entry.kind is not None}
    known = frozenset(entry.name for entry in entries)
    takes_any = any(entry.takes_any for entry in entries)
    title = called or _title(func)

    def refuse(args, kwargs, entry: _Entry, value: Any):
        given = {**dict(zip((e.name for e in entries), args)), **kwargs}
        caller = Caller(title, given.get("scope") if entry.name != "scope" else None)
        return entry.kind.refusal(caller, entry.name, value)  # pyright: ignore

    def check(args: tuple, kwargs: Mapping[str, Any]) -> None:
        for entry, value in zip(entries, args):
            if entry.kind is not None and value is not entry.default:
                if not entry.kind.takes(value):
                    raise refuse(args, kwargs, entry, value)
        for name, value in kwargs.items():
            entry = by_name.get(name)
            if entry is None and name not in known and not takes_any:
                raise TypeError(_unknown(title, name, known))
            if entry is not None and value is not entry.default and not entry.kind.takes(value):  # pyright: ignore
                raise refuse(args, kwargs, entry, value)

    return check


_OF_KERAS = {
    "activation": "activation_fn",
    "callbacks": "hooks",
    "validation_data": "validation",
    "bias_initializer": "biases_initializer",
    "bias_regularizer": "biases_regularizer",
    "dilation_rate": "rate",
    "filters": "num_outputs",
    "kernel_initializer": "weights_initializer",
    "kernel_regularizer": "weights_regularizer",
    "momentum": "decay",
    "name": "scope",
    "pool_size": "kernel_size",
    "strides": "stride",
    "training": "is_training",
    "units": "num_outputs",
}
"""What Keras calls some arguments, and Slim's names."""


_ELSEWHERE = {
    "class_weight": " Weights of classes are those of the data: "
    "slim.data.Pipeline(..., class_weights='balanced').",
    "sample_weight": " Weights of examples come with them, in batches (inputs, labels, weights).",
}
"""What Keras takes and Slim has in another place."""


def _unknown(title: str, name: str, known: Iterable[str]) -> str:
    ours = _OF_KERAS.get(name)
    hint = _ELSEWHERE.get(name) or did_you_mean(name, known)
    if ours is not None and ours in known:
        hint = f" Slim's name is {ours!r}."
    return f"{title}() got an unexpected keyword argument {name!r}.{hint}"


def checked(func: _F) -> _F:
    """A decorator: the function's arguments are checked by the table."""
    return checked_by()(func)


def checked_by(**own: Kind | None) -> Callable[[_F], _F]:
    """A decorator: as `checked`, with kinds for arguments that are not what the table says."""

    def decorate(func: _F) -> _F:
        check = tf.autograph.experimental.do_not_convert(door(func, own))

        @functools.wraps(func)
        def with_checked_arguments(*args, **kwargs):
            check(args, kwargs)
            return func(*args, **kwargs)

        return with_checked_arguments  # pyright: ignore[reportReturnType]

    return decorate


def call(argument: str, takes: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
    """Calls what was given as `argument`; says so if it does not take these arguments.

    Args:
      argument: its name.
      takes: what such a function takes, in words.
      function: what was given.
      *args: what it is given.
      **kwargs: likewise.

    Raises:
      TypeError: it does not take these. What goes wrong within the function stays as it is.
    """
    try:
        return function(*args, **kwargs)
    except TypeError as error:
        trace = error.__traceback__
        at_the_call = trace is not None and trace.tb_next is None
        if not at_the_call and binds(function, *args, **kwargs):
            raise
        raise Caller("The layer", None).error(
            f"{argument} to be a function of {takes}",
            f"{argument}={describe(function)}, which fails when called so: {error}",
            "Wrap it in a lambda that does.",
            TypeError,
        ) from error


def takes(function: Callable, keyword: str) -> bool:
    """Whether a function has an argument of this name, or takes any."""
    parameters = inspect.signature(function).parameters
    return keyword in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def binds(function: Callable, *args: Any, **kwargs: Any) -> bool:
    """Whether a function can be called so; True if it does not tell."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except ValueError:
        return True
    except TypeError:
        return False
    return True
