"""Scoped default arguments: set a keyword once for every call of an operation.

    with slim.arg_scope([slim.conv2d], padding="SAME", activation_fn=tf.nn.relu):
        net = slim.conv2d(images, 64, 3)
        net = slim.conv2d(net, 64, 3, padding="VALID")     # the call has the last word

A scope is an immutable mapping from operations to keyword values. It can be kept and entered
again, by any thread. The scope in force lives in a context variable, so threads and coroutines
do not see each other's.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import itertools
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

import tensorflow as tf

from tf_slim.ops import arguments
from tf_slim.ops.setting import Setting
from tf_slim.ops.wording import did_you_mean

_F = TypeVar("_F", bound=Callable)

# Programs of others read it: `getattr(op, "_key_op", str(op))`.
_KEY = "_key_op"

_REGISTERED: dict[str, itertools.count] = {}


class _Frozen(dict):
    """A dict that keeps its first contents: saved scopes are shared between threads and models."""

    def _refuse(self, *unused_args, **unused_kwargs) -> NoReturn:
        raise TypeError(
            "An arg_scope is immutable. To change a default, open another scope inside it: "
            "`with slim.arg_scope(saved), slim.arg_scope([op], keyword=value) as changed: pass`."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse  # pyright: ignore[reportAssignmentType]

    def __reduce__(self):
        return (type(self), (dict(self),))

    def copy(self) -> dict:
        """A plain dict with the same entries."""
        return dict(self)


class ArgScope(_Frozen):
    """The keyword values in force: `{operation key: {keyword: value}}`.

    `origins` tells for each of them the line where its scope was entered.

    Examples:
      >>> with slim.arg_scope([slim.conv2d], stride=2) as saved:
      ...     pass
      >>> with slim.arg_scope(saved):
      ...     slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3).shape
      TensorShape([1, 4, 4, 16])
    """

    origins: Mapping[tuple[str, str], str]

    def __init__(self, values: Mapping = {}, origins: Mapping | None = None):
        super().__init__(
            {
                key: kwargs if isinstance(kwargs, _Frozen) else _Frozen(kwargs)
                for key, kwargs in values.items()
            }
        )
        self.origins = dict(origins or {})

    def __reduce__(self):
        return (ArgScope, ({key: dict(kwargs) for key, kwargs in self.items()}, self.origins))

    def extended(self, keys: list[str], kwargs: Mapping[str, Any], origin: str) -> ArgScope:
        """This scope with `kwargs` set for each of `keys`."""
        values: dict[str, Mapping] = dict(self)
        origins = dict(self.origins)
        for key in keys:
            values[key] = {**values.get(key, {}), **kwargs}
            origins.update(((key, name), origin) for name in kwargs)
        return ArgScope(values, origins)


# Of a frame. Its address alone is that of another one as soon as it has ended.
_Identity = tuple[int, types.CodeType]


def _identity(frame: types.FrameType) -> _Identity:
    return id(frame), frame.f_code


class _Entered(NamedTuple):
    """A scope that has been entered and not left yet: what is in force, and what was before.

    Kept by the context and not by the `arg_scope` object, which threads, tasks and generators may
    share.
    """

    scope: ArgScope
    by: arg_scope | None
    frame: _Identity | None
    origin: str
    outer: _Entered | None


_OUTSIDE = _Entered(ArgScope(), None, None, "", None)
_CURRENT: contextvars.ContextVar[_Entered] = contextvars.ContextVar("arg_scope", default=_OUTSIDE)


def current_arg_scope() -> ArgScope:
    """The scope in force here: an immutable mapping `{operation key: {keyword: value}}`.

    Examples:
      >>> with slim.arg_scope([slim.conv2d], stride=2):
      ...     list(slim.arg_scope_lib.current_arg_scope().values())
      [{'stride': 2}]
    """
    return _CURRENT.get().scope


def arg_scope_func_key(op: Callable) -> str:
    """The key under which a scope holds the arguments of `op`: `scope[arg_scope_func_key(op)]`.

    Examples:
      >>> with slim.arg_scope([slim.conv2d], stride=2) as scope:
      ...     scope[slim.arg_scope_func_key(slim.conv2d)]
      {'stride': 2}
    """
    return getattr(op, _KEY, str(op))


def has_arg_scope(func: Callable) -> bool:
    """Whether `func` is decorated with `add_arg_scope`, so that a scope can set its arguments.

    Examples:
      >>> slim.has_arg_scope(slim.conv2d), slim.has_arg_scope(tf.nn.conv2d)
      (True, False)
    """
    return hasattr(func, _KEY)


def arg_scoped_arguments(func: Callable) -> tuple[str, ...]:
    """The keyword arguments of `func` that have a default, in the order of its signature.

    Raises:
      ValueError: `func` is not decorated with `add_arg_scope`.

    Examples:
      >>> slim.arg_scope_lib.arg_scoped_arguments(slim.flatten)
      ('outputs_collections', 'scope')
    """
    if not has_arg_scope(func):
        raise ValueError(_not_decorated(func))
    parameters = inspect.signature(func).parameters.values()
    return tuple(p.name for p in parameters if p.default is not p.empty)


_IS_TRAINING: contextvars.ContextVar[Any] = contextvars.ContextVar("is_training", default=None)


def default_is_training(value: Any) -> Setting:
    """Lets operations that take `is_training` have it by default, in place of their own default.

    A call and an `arg_scope` say otherwise. `Model` opens it round its net.

    Args:
      value: a truth value, or a scalar tensor; None for each operation's own.

    Examples:
      >>> with slim.arg_scope_lib.default_is_training(False):
      ...     print(slim.dropout(tf.ones([1, 4])).numpy())
      [[1. 1. 1. 1.]]
    """
    return Setting(_IS_TRAINING, value)


def current_is_training() -> Any:
    """What `default_is_training` says here; None if nothing.

    Examples:
      >>> with slim.arg_scope_lib.default_is_training(False):
      ...     slim.arg_scope_lib.current_is_training()
      False
    """
    return _IS_TRAINING.get()


class arg_scope(contextlib.ContextDecorator):  # a function in the original
    """Sets default arguments of operations within a `with` block.

    Args:
      list_ops_or_scope: operations decorated with `add_arg_scope`, in a list or tuple; or a saved
        scope, which then replaces the one in force.
      **kwargs: the arguments to set. An inner scope has precedence over an outer one, and a call
        over both. A keyword that some of the operations do not know is an error when one of
        these is called, not before.

    Yields:
      The new scope, an immutable mapping that can be entered again later.

    Raises:
      TypeError: `list_ops_or_scope` is neither a list, a tuple nor a scope.
      ValueError: an operation is not decorated, or a saved scope comes with `kwargs`.

    Examples:
      >>> images = tf.ones([1, 8, 8, 3])
      >>> with slim.arg_scope([slim.conv2d], padding="VALID", activation_fn=None):
      ...     net = slim.conv2d(images, 16, 3)
      ...     same = slim.conv2d(images, 16, 3, padding="SAME")
      >>> net.shape, same.shape
      (TensorShape([1, 6, 6, 16]), TensorShape([1, 8, 8, 16]))
    """

    def __init__(self, list_ops_or_scope: Sequence[Callable] | Mapping, **kwargs: Any):
        self._keys: list[str] = []
        self._kwargs = kwargs
        self._saved: ArgScope | None = None
        if isinstance(list_ops_or_scope, Mapping):
            if kwargs:
                raise ValueError(
                    "A saved arg_scope is entered as it is, without further keywords; got "
                    f"{sorted(kwargs)}. Enter it first and set these in a scope inside: "
                    "`with slim.arg_scope(saved), slim.arg_scope([op], ...):`."
                )
            saved = list_ops_or_scope
            self._saved = saved if isinstance(saved, ArgScope) else ArgScope(saved)
            return
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError(
                "arg_scope takes a list or tuple of operations, or a saved scope; got "
                f"{list_ops_or_scope!r}. For one operation write `slim.arg_scope([op], ...)`."
            )
        for op in list_ops_or_scope:
            if not has_arg_scope(op):
                raise ValueError(_not_decorated(op))
            self._keys.append(arg_scope_func_key(op))

    def __enter__(self) -> ArgScope:
        entered = self._within(_CURRENT.get(), _identity(sys._getframe(1)), _caller())
        _CURRENT.set(entered)
        return entered.scope

    def __exit__(self, *unused_exc_info) -> None:
        innermost = _CURRENT.get()
        left = _to_leave(innermost, self, _identity(sys._getframe(1)))
        if left is not None:
            _CURRENT.set(_without(innermost, left))

    def _within(self, outer: _Entered, frame: _Identity | None, origin: str) -> _Entered:
        scope = self._saved
        if scope is None:
            scope = outer.scope.extended(self._keys, self._kwargs, origin)
        return _Entered(scope, self, frame, origin, outer)


def _to_leave(innermost: _Entered, scope: arg_scope, frame: _Identity) -> _Entered | None:
    """The entry that the exit of `scope` in `frame` belongs to.

    Generators end in any order, so it need not be the innermost one; and where one is ended by
    another thread, or task, there is none here.
    """
    own = []
    entry: _Entered | None = innermost
    while entry is not None:
        if entry.by is scope:
            if entry.frame == frame:
                return entry
            own.append(entry)
        entry = entry.outer
    # Entered and left by different functions, as an ExitStack does: not one that a `with` around
    # this code is going to leave.
    inside = {_identity(frame) for frame in _frames()} if own else ()
    return next((entry for entry in own if entry.frame not in inside), None)


def _without(innermost: _Entered, left: _Entered) -> _Entered:
    """What remains in force: all scopes but one, in the same order."""
    within = []
    entry = innermost
    while entry is not left and entry.outer is not None:
        within.append(entry)
        entry = entry.outer
    remaining = entry.outer or _OUTSIDE
    for entry in reversed(within):
        if entry.by is not None:
            remaining = entry.by._within(remaining, entry.frame, entry.origin)
    return remaining


def add_arg_scope(func: _F) -> _F:
    """Makes the keyword arguments of `func` settable by `arg_scope`.

    Works for functions and methods. The arguments that no scope sets keep their defaults.

    Examples:
      >>> @slim.add_arg_scope
      ... def block(net, depth=32, scope=None):
      ...     return slim.conv2d(net, depth, 3, scope=scope)
      >>> with slim.arg_scope([block], depth=64):
      ...     block(tf.ones([1, 8, 8, 3])).shape
      TensorShape([1, 8, 8, 64])
    """
    signature = inspect.signature(func)
    parameters = signature.parameters.values()
    positional = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    accepted = frozenset(
        p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    )
    key = _new_key(func)
    # How many positional arguments leave `is_training` open; None if there is no such argument.
    unsaid = None
    if "is_training" in accepted:
        unsaid = positional.index("is_training") if "is_training" in positional else len(positional)
    if arguments.is_ours(func):
        check = arguments.door(func, called=_short(func.__name__))

        def checked(*args, **kwargs):
            check(args, kwargs)
            return func(*args, **kwargs)

        # Our own layers have no Python control flow over tensors: skip the costly conversion.
        call = tf.autograph.experimental.do_not_convert(checked)
    else:
        call = func

    @functools.wraps(func)
    def with_scoped_arguments(*args, **kwargs):
        scope = _CURRENT.get().scope
        scoped = scope.get(key)
        if unsaid is not None and len(args) <= unsaid and "is_training" not in kwargs:
            training = _IS_TRAINING.get()
            if training is not None and "is_training" not in (scoped or ()):
                kwargs["is_training"] = training
        if not scoped:
            return call(*args, **kwargs)
        for name in positional[: len(args)]:
            if name in scoped:
                raise TypeError(_given_twice(func, name, scope.origins.get((key, name))))
        if not takes_any:
            for name in scoped:
                if name not in accepted:
                    origin = scope.origins.get((key, name))
                    raise TypeError(_unknown_keyword(func, name, accepted, origin))
        return call(*args, **{**scoped, **kwargs})

    setattr(with_scoped_arguments, _KEY, key)
    return with_scoped_arguments  # pyright: ignore[reportReturnType]


def _short(name: str) -> str:
    # Of two names for one layer programs use the short one.
    return name if name == "convolution" else name.replace("convolution", "conv")


def _new_key(func: Callable) -> str:
    """A key that is the same in every process, and differs between functions of one name."""
    name = f"{func.__module__}.{func.__qualname__}"
    nth = next(_REGISTERED.setdefault(name, itertools.count()))
    return f"{name}#{nth}" if nth else name


def _caller() -> str:
    """File and line of the code that entered the scope."""
    for frame in _frames():
        module = frame.f_globals.get("__name__")
        if module not in (__name__, "contextlib"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return "an unknown place"


def _frames() -> Iterator:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _not_decorated(op: object) -> str:
    name = getattr(op, "__name__", repr(op))
    return (
        f"{name} takes no arguments from an arg_scope. Decorate it with @slim.add_arg_scope "
        "(operations of Slim such as slim.conv2d already are)."
    )


def _given_twice(func: Callable, name: str, origin: str | None) -> str:
    return (
        f"{func.__name__}() got multiple values for argument {name!r}: one by position in the "
        f"call, one from the arg_scope entered at {origin or 'an unknown place'}. "
        f"Pass it as `{name}=...` to override the scope."
    )


def _unknown_keyword(func: Callable, name: str, accepted, origin: str | None) -> str:
    return (
        f"{func.__name__}() got an unexpected keyword argument {name!r} from the arg_scope "
        f"entered at {origin or 'an unknown place'}.{did_you_mean(name, accepted, most=1)} "
        f"It accepts: {', '.join(sorted(accepted))}."
    )
