"""What research/slim calls differently from `slim.nets`, and what its modules had besides."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from tf_slim.nets.dialects import CONTRIB, Call, adapted, row_of
from tf_slim.nets.inception_utils import inception_arg_scope

__all__ = ["MORE", "RESEARCH_SLIM", "in_research_slim", "names_of"]

_IN_TRAINING = Call(defaults={"is_training": True})
_STORE_FIRST = Call(before={"store_non_strided_activations": "spatial_squeeze"})
_NASNET = Call(required=["num_classes"], fixed={"scope": None, "reuse": None})
_PNASNET = Call(required=["num_classes"], fixed={**_NASNET.fixed, "current_step": None})

RESEARCH_SLIM: Mapping[str, Call | Callable] = {
    "inception_v[123]_arg_scope": inception_arg_scope,
    "mobilenet_v1_arg_scope": _IN_TRAINING,
    "nasnet_cifar": _NASNET,
    "nasnet_large": _NASNET,
    "nasnet_mobile": _NASNET,
    "pnasnet_large": _PNASNET,
    "pnasnet_mobile": _PNASNET,
    "resnet_v[12]": Call(image_size=224),
    "resnet_v1_152": _STORE_FIRST,
    "resnet_v1_200": _STORE_FIRST,
    "stack_blocks_dense": Call(before={"store_non_strided_activations": "outputs_collections"}),
    "training_scope": _IN_TRAINING,
    "vgg_a": Call(before={"reuse": "scope"}),
    "vgg_1?": Call(before={"reuse": "scope"}),
}
"""By the name of a function: how it is called, or the function that is there in its place."""

_BUILDERS = frozenset(name for name, row in RESEARCH_SLIM.items() if row in (_NASNET, _PNASNET))


def wrapped_partial(func, *args, **kwargs):
    """`functools.partial` with the name and documentation of the function."""
    return functools.update_wrapper(functools.partial(func, *args, **kwargs), func)


def wrapped_partial_of_v3(func, new_defaults=None, **kwargs):
    """`func` with `kwargs` and, where a call does not say otherwise, `new_defaults`."""

    def with_defaults(*args, **given):
        return func(*args, **{**(new_defaults or {}), **given})

    partial = functools.partial(functools.update_wrapper(with_defaults, func), **kwargs)
    return functools.update_wrapper(partial, func)


MORE: Mapping[str, Mapping[str, Callable]] = {
    "mobilenet.mobilenet_v2": {"wrapped_partial": wrapped_partial},
    "mobilenet.mobilenet_v3": {"wrapped_partial": wrapped_partial_of_v3},
    "mobilenet_v1": {"wrapped_partial": wrapped_partial},
    "resnet_v1": {"NoOpScope": contextlib.nullcontext},
}
"""By the name of a module: what it had that the one of `slim.nets` has not."""


def in_research_slim(thing: Any) -> Any:
    """A net, an arg_scope or another function of `slim.nets` as research/slim has it.

    Args:
      thing: the function. What is none of ours, or no function, is returned as it is.
    """
    if not getattr(thing, "__module__", "").startswith("tf_slim.nets.") or isinstance(thing, type):
        return thing
    return _spoken(getattr(thing, "as_written", thing), thing.__name__)


@functools.cache
def _spoken(function: Callable, name: str) -> Callable:
    row = row_of(RESEARCH_SLIM, name)
    if row is None and row_of(CONTRIB, name):
        row = Call()  # a function of its own, which can be pickled by the name that it has here
    if not isinstance(row, Call):
        return row or function
    module = __name__.rpartition(".")[0] + function.__module__.removeprefix("tf_slim.nets")
    return adapted(function, row, name=_name_of(name), module=module)


def _name_of(name: str) -> str:
    return f"build_{name}" if name in _BUILDERS else name


def names_of(path: str) -> dict[str, Any]:
    """What the module `nets.<path>` of research/slim holds."""
    ours = importlib.import_module(f"tf_slim.nets.{path}")
    names = {_name_of(name): in_research_slim(getattr(ours, name)) for name in ours.__all__}
    names.update(MORE.get(path, {}))
    return {"__doc__": f"`nets.{path}` of research/slim.", "__all__": sorted(names), **names}
