"""What the function of a net takes, and how a call tells it whether it is one of training."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tf_slim.ops import collect
from tf_slim.ops.arg_scope import current_is_training


class NetSignature:
    """The arguments of a net's function, and what they say of `is_training`.

    Args:
      fn: the function.
      fixed: keyword arguments that every call gets.
    """

    def __init__(self, fn: Callable, fixed: Mapping[str, Any]):
        parameters = inspect.signature(fn).parameters
        self._names = frozenset(parameters)
        self._fixed = frozenset(fixed)
        self._takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        self._place = _place(parameters.values(), "is_training")
        # Who binds it to the function has said what all calls are, as by a fixed keyword.
        self._bound = getattr(fn, "keywords", {}).get("is_training")
        # A required argument counts as one of training, too: nothing says that it is not.
        self._trains = "is_training" in parameters and bool(parameters["is_training"].default)

    def accepts(self, argument: str) -> bool:
        """Whether the function has a parameter of this name (that is not fixed)."""
        return argument in self._names and argument not in self._fixed

    def phase(
        self, model: str, infers_by_default: bool, args: tuple, kwargs: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Whether a call is one of training, and the arguments that tell the function so.

        Args:
          model: the name of the model, for messages.
          infers_by_default: see `Place.calls_infer_by_default`.
          args: of the call.
          kwargs: of the call, with those that are fixed.

        Returns:
          A truth value or tensor, None where that is left to the net and its layers; and `kwargs`,
          with as much of it as the function takes.
        """
        takes = "is_training" in self._names
        said = None
        if takes and self._place is not None and len(args) > self._place:
            said = args[self._place]
        elif "is_training" in kwargs:
            said = kwargs["is_training"]
            if not (takes or self._takes_any):
                del kwargs["is_training"]
                return said, kwargs
        elif self._bound is not None:
            said = self._bound
        elif infers_by_default:
            training = self._unsaid_phase(model)
            return training, {**kwargs, "is_training": training} if takes else kwargs
        return (said if infers_by_default else None), kwargs

    def _unsaid_phase(self, model: str) -> Any:
        training = current_is_training()
        if training is not None:
            return training
        takes = "is_training" in self._names
        if collect.current_frame() is None or (takes and not self._trains):
            return False
        if takes:
            raise ValueError(
                f"{model} is called inside slim.collect() without is_training. Say which it is: "
                "model(inputs, is_training=True) to train on the losses, is_training=False to "
                "validate by them."
            )
        return None


def _place(parameters: Iterable[inspect.Parameter], name: str) -> int | None:
    """The position of an argument that can be given by position."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds]
    return names.index(name) if name in names else None


def name_of(fn: Callable) -> str:
    """The name of a net's function, whatever it is wrapped in."""
    fn = innermost(fn)
    return getattr(fn, "__name__", type(fn).__name__)


def innermost(fn: Callable) -> Callable:
    """What a `functools.partial` calls in the end."""
    while hasattr(fn, "func"):
        fn = fn.func  # pyright: ignore[reportFunctionMemberAccess]
    return fn


def where_written(fn: Callable) -> str:
    """The function of a net, for messages: its name, and the file and line where it begins."""
    fn = inspect.unwrap(fn)
    code = getattr(getattr(fn, "func", fn), "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"The net {name_of(fn)}{where}"
