"""How the functions of this package are traced, and when AutoGraph converts those of a user.

AutoGraph makes an `if` or a loop over tensors one of the graph. It takes its time over each
function that is called (2.3 of the 2.6 seconds between `import` and the first step of LeNet), and
what it has converted stands in tracebacks and warnings under the name of a generated file. So
nothing of this package is converted, and of a user's functions only one that needs it. Python tells
which: a tensor that is asked for a truth value, or for elements to loop over, raises a TypeError.
Then that function is converted, with all that it calls, and the tracing begins anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

from tf_slim.ops.arguments import is_ours
from tf_slim.ops.modes import do_not_convert, in_v1_graph
from tf_slim.ops.net_signature import innermost

_T = TypeVar("_T")

# On an error: the function of a user in which it arose.
_CULPRIT = "_slim_user_function"


class UserFunction:
    """A function that a user may have written, to be called while one of ours is traced.

    Args:
      function: any callable.
      is_users: whether there may be code of a user in it; None for what its module tells.
    """

    def __init__(self, function: Callable, is_users: bool | None = None):
        self._is_ours = _is_ours(innermost(function)) if is_users is None else not is_users
        # In a `tf.function` of the user AutoGraph gets as far as here.
        self._function = do_not_convert(function) if self._is_ours else function
        self.__wrapped__ = function  # whose signature it has
        self.is_converted = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.is_converted:
                return _converting()(self._function, args, kwargs)
            return self._function(*args, **kwargs)
        except TypeError as error:
            self._blame(error)
            raise

    @do_not_convert
    def _blame(self, error: TypeError) -> None:
        if not self._is_ours and getattr(error, _CULPRIT, None) is None and not in_v1_graph():
            setattr(error, _CULPRIT, self)


def user_function(function: Callable) -> UserFunction:
    """The same `UserFunction`, if it is one already."""
    return function if isinstance(function, UserFunction) else UserFunction(function)


class TracedFunction:
    """A function of this package, as a `tf.function` that converts those of users where needed.

    Args:
      function: takes positional arguments.
      **options: of `tf.function`.
    """

    def __init__(self, function: Callable, **options: Any):
        self._make = functools.partial(tf.function, _unconverted(function), **options)
        self._function = self._make()

    def __call__(self, *args: Any) -> Any:
        """Calls it."""
        try:
            return self._function(*args)
        except TypeError as error:
            return self._settled(error, lambda: self._function(*args))

    def get_concrete_function(self, *args: Any) -> Any:
        """As that of a `tf.function`."""
        try:
            return self._function.get_concrete_function(*args)
        except TypeError as error:
            return self._settled(error, lambda: self._function.get_concrete_function(*args))

    def _settled(self, error: TypeError, trace: Callable[[], Any]) -> Any:
        def anew():
            # A function that failed while it was traced for the first time may remember some of it.
            self._function = self._make()
            return trace()

        return settled(anew, error)


def settled(trace: Callable[[], _T], error: TypeError | None = None) -> _T:
    """Traces, and again with another function of a user converted, until none needs it.

    Args:
      trace: traces a function of this package; called again after a failure.
      error: what a first call has raised; None if there was none.

    Returns:
      What `trace` returns.
    """
    plain: dict[UserFunction, TypeError] = {}
    while True:
        try:
            if error is not None:
                raise error
            return trace()
        except TypeError as failure:
            error = None
            culprit = _culprit(failure)
            if culprit is None or (culprit.is_converted and culprit not in plain):
                _forget(plain)
                raise
            if culprit in plain:  # AutoGraph is no remedy: the error is told as it was without
                _forget(plain)
                raise plain[culprit] from None
            plain[culprit] = failure
            culprit.is_converted = True
        except BaseException:
            _forget(plain)
            raise


def _culprit(error: BaseException | None) -> UserFunction | None:
    # AutoGraph raises another error in the place of one.
    while error is not None:
        if hasattr(error, _CULPRIT):
            return getattr(error, _CULPRIT)
        error = error.__context__
    return None


def _is_ours(function: Callable) -> bool:
    # One of a user that takes the name of one of ours, by functools.wraps, is his.
    defined_in = getattr(function, "__globals__", {}).get("__name__", "tf_slim.")
    return is_ours(function) and defined_in.startswith("tf_slim.")


def _forget(functions: Any) -> None:
    for function in functions:
        function.is_converted = False


def _unconverted(function: Callable) -> Callable:
    @do_not_convert
    def traced(*args):
        return function(*args)

    return traced


@functools.cache
def _converting() -> Callable:
    """Calls a function as AutoGraph calls those that a converted function calls."""

    def call(function, args, kwargs):
        return function(*args, **kwargs)

    return tf.autograph.to_graph(call)
