"""One net as several libraries call it.

A net is written once, with all its arguments. Where contrib.slim or research/slim call it in
another way, a table has a row for it: the dialect. `adapted` applies a row, and makes the members
of a family, which differ in defaults, of one function:

    def resnet(images, num_classes=10, scope="resnet", *, units): ...

    call = Call(defaults={"scope": "resnet_50"}, fixed={"units": (3, 4, 6, 3)})
    resnet_50 = adapted(resnet, call, name="resnet_50", summary="ResNet with 50 layers.")
"""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import tensorflow as tf

__all__ = ["CONTRIB", "Call", "adapted", "in_contrib", "row_of"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """A row of a dialect: how it calls a function, where that is not how it is written.

    Attributes:
      before: arguments that have another place, and the argument that each comes before.
      last: arguments that come after all others. The function need not have them.
      defaults: arguments that have another default.
      required: arguments that have none.
      fixed: arguments that the dialect does not have, and their values.
      without: end points that a net of the dialect does not return.
      image_size: the attribute `default_image_size`, in pixels; None to have none, 0 for what the
        function has.
    """

    before: Mapping[str, str] = dataclasses.field(default_factory=dict)
    last: Sequence[str] = ()
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    required: Sequence[str] = ()
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    without: Sequence[str] = ()
    image_size: int | None = 0


_RESNET = {
    "last": ("store_non_strided_activations", "min_base_depth", "depth_multiplier"),
    "fixed": {"spatial_squeeze": False},
    "without": ("global_pool",),
}

CONTRIB: Mapping[str, Call] = {
    "inception_v1": Call(without=["AvgPool_0a_7x7"]),
    "inception_v2": Call(without=["AvgPool_1a", "PreLogits"]),
    "inception_v3": Call(without=["AvgPool_1a"]),
    "overfeat": Call(image_size=None),
    "resnet_v[12]": Call(image_size=224, **_RESNET),
    "resnet_v[12]_*": Call(image_size=None, **_RESNET),
}
"""The dialect of contrib.slim, which the functions in the modules of `slim.nets` speak."""


def row_of(dialect: Mapping[str, Any], name: str) -> Any:
    """The row for a function of this name: the first whose glob matches, or None."""
    return next((row for glob, row in dialect.items() if fnmatch.fnmatchcase(name, glob)), None)


def in_contrib(net: Callable[_P, _R], name: str | None = None) -> Callable[_P, _R]:
    """Decorates a net with what `CONTRIB` has for its name.

    Args:
      net: the net as it is written, and registered.
      name: its name, if the function has another one.

    Returns:
      The net as contrib.slim calls it. Its attribute `as_written` is `net`.
    """
    name = name or net.__name__
    row = row_of(CONTRIB, name)
    if row is None:
        return net
    call = adapted(net, row, name=name)
    call.as_written = net  # pyright: ignore[reportFunctionMemberAccess]
    return call


def adapted(
    function: Callable[_P, _R],
    call: Call,
    *,
    name: str | None = None,
    summary: str | None = None,
    module: str | None = None,
) -> Callable[_P, _R]:
    """A function as it is called elsewhere, or as another member of its family.

    Arguments that a call does not give are left to the function, so that an arg_scope that has
    values for it has them for the result too.

    Args:
      function: with as many arguments as there are.
      call: what is different.
      name: of the result; by default that of the function.
      summary: the first line of its documentation, if it is another one.
      module: the name of the module that the result is in, if it is another one.

    Returns:
      A function that calls `function`.
    """
    written = inspect.signature(function)
    parameters = written.parameters
    order = [key for key in parameters if key not in call.fixed and key not in call.last]
    for key, follower in call.before.items():
        order.remove(key)
        order.insert(order.index(follower), key)
    order += [key for key in call.last if key in parameters]
    new = {**call.defaults, **dict.fromkeys(call.required, inspect.Parameter.empty)}
    signature = inspect.Signature(
        [parameters[key].replace(default=new.get(key, parameters[key].default)) for key in order],
        return_annotation=written.return_annotation,
    )
    rest = next((p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD), None)
    preset = {**call.defaults, **call.fixed}

    # Nets have no Python control flow over tensors, and the conversion would take long.
    @functools.wraps(function)
    @tf.autograph.experimental.do_not_convert
    def adapted_function(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        further = given.pop(rest, {}) if rest else {}
        result = function(**{**preset, **given, **further})  # pyright: ignore[reportCallIssue]
        if call.without:
            _, end_points = result  # pyright: ignore[reportGeneralTypeIssues]
            for key in call.without:
                end_points.pop(key, None)
        return result

    attributes: dict[str, Any] = {"__signature__": signature}
    if name is not None:
        attributes.update(__name__=name, __qualname__=name)
    if module is not None:
        attributes["__module__"] = module
    if summary is not None:
        attributes["__doc__"] = "\n".join([summary, *(function.__doc__ or "").split("\n")[1:]])
    if call.image_size:
        attributes["default_image_size"] = call.image_size
    elif call.image_size is None:
        vars(adapted_function).pop("default_image_size", None)
    for key, value in attributes.items():
        setattr(adapted_function, key, value)
    return adapted_function
