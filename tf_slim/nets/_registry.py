"""The nets that have a name: `@register`, `names`, `spec`, `create`, `get_network_fn`."""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from tf_slim.ops.arg_scope import arg_scope as enter_arg_scope
from tf_slim.ops.model import Model

_F = TypeVar("_F", bound=Callable)

_SPECS: dict[str, NetSpec] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetSpec:
    """What there is to know of a net before it is built.

    Attributes:
      name: the name of the net, which is that of its function.
      fn: the function: `fn(images, num_classes, ...) -> (logits, end_points)`.
      arg_scope: a function that makes the scope the net was trained in; takes `weight_decay`.
      image_size: height and width, in pixels, of the images that the net was designed for.
      channels: their number of channels.
      preprocessing: the name of the preprocessing that goes with the net.
      logits_scopes: the scopes of the layers whose size depends on the number of classes.
      paper: where the net comes from.
    """

    name: str
    fn: Callable
    arg_scope: Callable[..., Mapping]
    image_size: int
    channels: int = 3
    preprocessing: str | None = None
    logits_scopes: tuple[str, ...] = ()
    paper: str = ""

    @property
    def num_classes(self) -> int:
        """The number of classes that the net has unless told otherwise."""
        return _default(self.fn, "num_classes")

    @property
    def weight_decay(self) -> float:
        """The weight decay of the net's own scope."""
        return _default(self.arg_scope, "weight_decay")

    @property
    def logits_patterns(self) -> list[str]:
        """What to exclude when a checkpoint with other classes is restored.

        model.restore(path, exclude=slim.nets.spec("vgg_16").logits_patterns)
        """
        return [f"{scope}/*" for scope in self.logits_scopes]

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments of the net and their defaults, without `num_classes`."""
        parameters = inspect.signature(self.fn).parameters.values()
        return {
            p.name: p.default
            for p in parameters
            if p.default is not p.empty and p.name != "num_classes"
        }


def register(
    *,
    arg_scope: Callable[..., Mapping],
    image_size: int,
    channels: int = 3,
    preprocessing: str | None = None,
    logits_scopes: Iterable[str] = (),
    paper: str = "",
) -> Callable[[_F], _F]:
    """Decorates the function of a net, so that it can be made by its name.

        @slim.nets.register(arg_scope=tiny_arg_scope, image_size=32, logits_scopes=["tiny/fc2"])
        def tiny(images, num_classes=10, is_training=True, scope="tiny"): ...

        model = slim.nets.create("tiny", num_classes=3)

    A second function of the same name replaces the first, with a warning: a file of nets can be
    copied, changed and imported.

    Args:
      arg_scope: see `NetSpec`, as the other arguments.
      image_size: in pixels.
      channels: of the images.
      preprocessing: a name.
      logits_scopes: full names of scopes.
      paper: a citation.

    Returns:
      A decorator, which returns the function unchanged.
    """

    def decorate(fn: _F) -> _F:
        new = NetSpec(
            name=fn.__name__,
            fn=fn,
            arg_scope=arg_scope,
            image_size=image_size,
            channels=channels,
            preprocessing=preprocessing,
            logits_scopes=tuple(logits_scopes),
            paper=paper,
        )
        old = _SPECS.get(new.name)
        if old is not None and old.fn.__module__ != fn.__module__:
            warnings.warn(
                f"The net {new.name!r} of {fn.__module__} takes the place of the one of "
                f"{old.fn.__module__}. Give its function another name to have both.",
                stacklevel=2,
            )
        _SPECS[new.name] = new
        return fn

    return decorate


def names(pattern: str = "*") -> list[str]:
    """The names of the nets.

    Args:
      pattern: a glob, such as "vgg*".

    Returns:
      Those that match, sorted.
    """
    return sorted(name for name in _SPECS if fnmatch.fnmatchcase(name, pattern))


def spec(name: str) -> NetSpec:
    """What there is to know of a net.

    Args:
      name: one of `names()`.

    Returns:
      Its spec.

    Raises:
      ValueError: there is no such net.
    """
    if name not in _SPECS:
        raise ValueError(unknown_net(name, _SPECS))
    return _SPECS[name]


def create(
    name: str, num_classes: int | None = None, *, weight_decay: float | None = None, **kwargs
) -> Model:
    """Makes a net by its name.

        model = slim.nets.create("lenet", num_classes=10)
        logits, end_points = model(images, is_training=False)

    Args:
      name: one of `names()`.
      num_classes: the number of classes; 0 for features instead of logits; None for the net's own.
      weight_decay: the factor of the L2 regularization; None for the net's own.
      **kwargs: keyword arguments of the net, for every call. Those not given here, `is_training`
        above all, can be given in each call.

    Returns:
      A `slim.Model` of the net in its own arg_scope. Its variables are made by the first call, or
      by `model.build(tf.TensorSpec([None, height, width, channels]))`.

    Raises:
      ValueError: there is no such net.
      TypeError: the net has no such keyword.
    """
    found = spec(name)
    _check_keywords(found, kwargs)
    scope = _scope(found.arg_scope, weight_decay)
    classes = found.num_classes if num_classes is None else num_classes
    return Model(found.fn, scope, num_classes=classes, **kwargs)


def get_network_fn(
    name: str,
    num_classes: int | None,
    weight_decay: float | None = 0.0,
    is_training: bool = False,
) -> Callable:
    """A net as a function of the images alone, by its name.

    Programs that keep variables in a v1 graph take this. `create` makes a Model, which keeps its
    variables, and has the net's own weight decay unless told otherwise.

    Args:
      name: one of `names()`.
      num_classes: the number of classes; 0 or None for features instead of logits.
      weight_decay: the factor of the L2 regularization; None for the net's own.
      is_training: whether dropout and batch norm work as in training.

    Returns:
      `network_fn(images, **kwargs) -> (logits, end_points)`, where `kwargs` are those of the net.
      Its attribute `default_image_size` is the image size of the net, in pixels.

    Raises:
      ValueError: there is no such net.
    """
    found = spec(name)
    network_fn = bind(found.fn, found.arg_scope, num_classes, weight_decay, is_training)
    network_fn.default_image_size = found.image_size  # pyright: ignore[reportFunctionMemberAccess]
    return network_fn


def bind(
    net: Callable,
    arg_scope: Callable[..., Mapping],
    num_classes: int | None,
    weight_decay: float | None,
    is_training: bool,
) -> Callable:
    """`net` in its scope, with the two arguments that all nets have; a call may override them."""
    scope = _scope(arg_scope, weight_decay)
    bound = {"num_classes": num_classes, "is_training": is_training}

    @functools.wraps(net)
    def network_fn(images, **kwargs):
        with enter_arg_scope(scope):
            return net(images, **{**bound, **kwargs})

    return network_fn


def unknown_net(name: object, known: Iterable[str]) -> str:
    """The message for a name that no net has."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=3)
    hint = f" Did you mean {' or '.join(repr(match) for match in near)}?" if near else ""
    return f"There is no net {name!r}.{hint} Known: {', '.join(known)}."


def _check_keywords(found: NetSpec, kwargs: Mapping[str, Any]) -> None:
    parameters = inspect.signature(found.fn).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    for name in kwargs:
        if name not in found.keywords:
            near = difflib.get_close_matches(name, found.keywords, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"The net {found.name!r} has no keyword {name!r}.{hint} It has: num_classes, "
                f"weight_decay, {', '.join(found.keywords)}."
            )


def _scope(arg_scope: Callable[..., Mapping], weight_decay: float | None) -> Mapping:
    return arg_scope() if weight_decay is None else arg_scope(weight_decay=weight_decay)


def _default(fn: Callable, parameter: str) -> Any:
    return inspect.signature(fn).parameters[parameter].default
