"""The nets that have a name: `@register`, `names`, `spec`."""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import functools
import importlib
import inspect
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from tf_slim.nets._published import PUBLISHED, Checkpoint
from tf_slim.ops.arguments import checked, is_ours, takes
from tf_slim.ops.modes import do_not_convert
from tf_slim.ops.wording import unknown_name

_F = TypeVar("_F", bound=Callable)

_SPECS: dict[str, NetSpec] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetSpec:
    """What there is to know of a net before it is built.

    Attributes:
      name: the name of the net, which is that of its function.
      fn: the function: `fn(images, num_classes, ...) -> (logits, end_points)`. One of features
        alone has no `num_classes`.
      arg_scope: a function that makes the scope the net was trained in; takes `weight_decay`.
      image_size: height and width, in pixels, of the images that the net was designed for.
      channels: their number of channels.
      frames: for a net of videos, the number of images in a clip; None for a net of images.
      num_classes: the number of classes that the net has unless told otherwise; None for a net
        without classes, such as one of features alone.
      preprocessing: the name of the preprocessing that goes with the net. Published checkpoints
        have their own: see `checkpoints`.
      logits_scopes: the scopes of the layers whose size depends on the number of classes.
      auxiliary_scopes: the scopes of heads that serve training only.
      defaults: keyword arguments that `create` and `get_network_fn` give the net unless told
        otherwise, where its function has others.
      paper: where the net comes from.

    Examples: see `slim.nets.spec`.
    """

    name: str
    fn: Callable
    arg_scope: Callable[..., Mapping]
    image_size: int
    channels: int = 3
    frames: int | None = None
    num_classes: int | None
    preprocessing: str | None = None
    logits_scopes: tuple[str, ...] = ()
    auxiliary_scopes: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    paper: str = ""

    @property
    def weight_decay(self) -> float:
        """The weight decay of the net's own scope."""
        return _default(self.arg_scope, "weight_decay")

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The published checkpoints of the net, those that are most its own first."""

        def distance(one: Checkpoint) -> tuple[int, int]:
            return len(one.keywords), abs(one.image_size - self.image_size)

        return tuple(sorted((c for c in PUBLISHED.values() if c.net == self.name), key=distance))

    @property
    def input_shape(self) -> list[int | None]:
        """What the net was designed for: `[None, height, width, channels]`.

        It is `[None, frames, height, width, channels]` for a net of videos.
        """
        clip = [] if self.frames is None else [self.frames]
        return [None, *clip, self.image_size, self.image_size, self.channels]

    @property
    def logits_patterns(self) -> list[str]:
        """What to exclude when a checkpoint with other classes is restored.

        model.restore(path, exclude=slim.nets.spec("vgg_16").logits_patterns)
        """
        return [f"{scope}/*" for scope in (*self.logits_scopes, *self.auxiliary_scopes)]

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments of the net and their defaults, without `num_classes`."""
        parameters = inspect.signature(self.fn).parameters.values()
        own = {
            p.name: p.default
            for p in parameters
            if p.default is not p.empty and p.name != "num_classes"
        }
        return {**own, **self.defaults}


def register(
    *,
    arg_scope: Callable[..., Mapping],
    image_size: int,
    channels: int = 3,
    frames: int | None = None,
    num_classes: int | None = None,
    preprocessing: str | None = None,
    logits_scopes: Iterable[str] = (),
    auxiliary_scopes: Iterable[str] = (),
    defaults: Mapping[str, Any] | None = None,
    paper: str = "",
    name: str | None = None,
) -> Callable[[_F], _F]:
    """Decorates the function of a net, so that it can be made by its name.

    A second function of the same name replaces the first, with a warning: a file of nets can be
    copied, changed and imported.

    A net whose function has another name than the net gives that as `name`. What is no function
    with a `def` of its own, such as a `functools.partial`, is passed to what `register(...)`
    returns. One whose function keeps the conventions of older programs gives those of the
    registry, one vector of logits for each image, as `defaults`: `{"spatial_squeeze": True}` for
    the ResNets.

    Args:
      arg_scope: see `NetSpec`, as the other arguments.
      image_size: in pixels.
      channels: of the images.
      frames: of a clip, for a net of videos.
      num_classes: needed only if the function has no default for it, or None or 0. A function
        without this argument is a net without classes: a trunk of features, say, or a detector.
      preprocessing: a name.
      logits_scopes: full names of scopes.
      auxiliary_scopes: full names of scopes, those of whole heads: `logits_patterns` has them too.
      defaults: keyword arguments of the function.
      paper: a citation.
      name: of the net; by default that of the function.

    Returns:
      A decorator, which returns the function, whose `default_image_size` is then `image_size`.

    Raises:
      ValueError: neither the function nor `num_classes` says how many classes the net has, or
        the function takes no number of classes, and one is given.

    Examples:
      >>> def tiny_scope(weight_decay=0.0):
      ...     with slim.arg_scope([slim.fully_connected], activation_fn=None) as scope:
      ...         return scope
      >>> @slim.nets.register(arg_scope=tiny_scope, image_size=32, logits_scopes=["tiny/logits"])
      ... def tiny(images, num_classes=10, is_training=True, scope="tiny"):
      ...     with slim.scope(scope):
      ...         return slim.fully_connected(slim.flatten(images), num_classes, scope="logits")
      >>> slim.nets.create("tiny", num_classes=3)(tf.ones([2, 32, 32, 3])).shape
      TensorShape([2, 3])
    """

    def decorate(fn: _F) -> _F:
        if is_ours(fn):  # it has no control flow over tensors: AutoGraph need not look for it
            fn = do_not_convert(fn)
        if not _home(fn).startswith("tf_slim.nets."):
            _load_families()  # which would otherwise take the place of a fork, later
        called = name or fn.__name__
        new = NetSpec(
            name=called,
            fn=fn,
            arg_scope=arg_scope,
            image_size=image_size,
            channels=channels,
            frames=frames,
            num_classes=_classes(fn, called, num_classes),
            preprocessing=preprocessing,
            logits_scopes=tuple(logits_scopes),
            auxiliary_scopes=tuple(auxiliary_scopes),
            defaults=types.MappingProxyType(dict(defaults or {})),
            paper=paper,
        )
        old = _SPECS.get(new.name)
        if old is not None and _home(old.fn) != _home(fn):
            warnings.warn(
                f"The net {new.name!r} of {_home(fn)} takes the place of the one of "
                f"{_home(old.fn)}. Give its function another name to have both.",
                stacklevel=2,
            )
        _SPECS[new.name] = new
        with contextlib.suppress(AttributeError):  # a method has no attributes
            fn.default_image_size = image_size  # pyright: ignore[reportFunctionMemberAccess]
        return fn

    return decorate


@checked
def names(pattern: str = "*") -> list[str]:
    """The names of the nets.

    Args:
      pattern: a glob, such as "vgg*".

    Returns:
      Those that match, sorted.

    Raises:
      TypeError: `pattern` is no text.

    Examples:
      >>> slim.nets.names("vgg*")
      ['vgg_16', 'vgg_19', 'vgg_a']
    """
    _load_families()
    return sorted(name for name in _SPECS if fnmatch.fnmatchcase(name, pattern))


def spec(name: str) -> NetSpec:
    """What there is to know of a net.

    Args:
      name: one of `names()`.

    Returns:
      Its spec.

    Raises:
      ValueError: there is no such net.

    Examples:
      >>> spec = slim.nets.spec("inception_v3")
      >>> spec.image_size, spec.num_classes, spec.preprocessing, spec.input_shape
      (299, 1000, 'inception', [None, 299, 299, 3])
    """
    _load_families()
    if name not in _SPECS:
        raise ValueError(unknown_name("net", name, _SPECS))
    return _SPECS[name]


@functools.cache
def _load_families() -> None:
    """Imports all that `slim.nets` offers: each family registers its nets."""
    pending = ["tf_slim.nets"]
    for package in pending:
        module = importlib.import_module(package)
        for name in module.__all__:
            if inspect.ismodule(offered := getattr(module, name)) and hasattr(offered, "__path__"):
                pending.append(offered.__name__)


def _classes(fn: Callable, called: str, given: int | None) -> int | None:
    """The number of classes that a net has unless told otherwise; None if it takes none."""
    parameter = inspect.signature(fn).parameters.get("num_classes")
    if parameter is None and given is None:
        return None
    if not takes(fn, "num_classes"):
        raise ValueError(
            f"The function of the net {called!r} has no argument num_classes; got "
            f"num_classes={given!r}. Leave it out for a net without classes, or give the function "
            "the argument."
        )
    default: Any = None if parameter is None else parameter.default
    classes = given or (None if default is inspect.Parameter.empty else default)
    if not classes:
        raise ValueError(
            f"The function of the net {called!r} has no number of classes by default: pass "
            "num_classes to register."
        )
    return classes


def _default(fn: Callable, parameter: str) -> Any:
    return inspect.signature(fn).parameters[parameter].default


def _home(fn: Callable) -> str:
    """The module of a function, or of the function that it is a part of."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return fn.__module__
