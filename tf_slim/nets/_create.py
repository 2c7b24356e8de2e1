"""Nets made by their name: `create` and `get_network_fn`."""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.layers import moving_average
from tf_slim.nets import _registry
from tf_slim.nets._features import with_features
from tf_slim.nets._fetch import fetch, published
from tf_slim.nets._restore import restore
from tf_slim.ops.arg_scope import arg_scope as enter_arg_scope
from tf_slim.ops.arguments import checked, takes
from tf_slim.ops.model import Model
from tf_slim.ops.origin import Origin
from tf_slim.ops.types import Patterns
from tf_slim.ops.wording import did_you_mean

_OPTIONS = (
    "num_classes", "weight_decay", "batch_norm_decay", "features", "checkpoint", "precision",
    "quantize", "recompute",
)  # fmt: skip

# What keras.applications takes, and what to write.
_OF_KERAS = {
    "classes": "num_classes=...",
    "include_top": "num_classes=None for features, or features=[names of end points]",
    "input_shape": "model.build(tf.TensorSpec([None, height, width, channels]))",
    "pooling": "num_classes=None, global_pool=True, where the net has it",
    "weights": "checkpoint=True for the published one, or a path",
}

# Families of nets have two names for the decay of batch norm in their scopes.
_DECAYS = ("batch_norm_decay", "bn_decay")

_OWN: Any = type("own", (), {"__repr__": lambda self: "<its own>"})()


@checked
def create(
    name: str,
    num_classes: int | None = _OWN,
    *,
    weight_decay: float | None = None,
    batch_norm_decay: float | None = None,
    features: Iterable[str] | None = None,
    checkpoint: bool | str | os.PathLike | None = None,
    precision: str | None = None,
    quantize: bool | Mapping[str, Any] | None = None,
    recompute: bool | Patterns = None,
    **kwargs: Any,
) -> Model:
    """Makes a net by its name.

    Heads on inner layers are a function round it, for models may call models.

    Args:
      name: one of `names()`.
      num_classes: the number of classes; None or 0 for features instead of logits. Left out, the
        number of the checkpoint or else the net's own; none if there are `features`. A net
        without classes takes none.
      weight_decay: the factor of the L2 regularization; None for the net's own.
      batch_norm_decay: how much the moving averages of batch norm keep in an update; None for the
        net's own, which is made for a million steps (0.9997 in many). In training it is at most
        `(1 + n) / (10 + n)` in the update after n others, whichever it is, so that a short
        training ends with averages that are its own. A lower one, such as 0.9, follows closer.
      features: names of end points, or globs. The model then returns a dict of them alone, in the
        order in which they are named here; with `num_classes`, (logits, that dict). A name may
        leave out what stands before a slash ("block4" for "resnet_v1_50/block4") and is then the
        outermost that ends so. It is the key in the dict; for a glob the end points' names are.
      checkpoint: restores the variables, which are made at once. True is the published checkpoint
        of the net, a name one of `spec(name).checkpoints`; both are fetched if needed (see
        `fetch`). Anything else is the path of a checkpoint. If `num_classes` is given and is not
        that of the checkpoint, the logits keep their initial values. Averages of the weights that
        are in it take the place of the weights.
      precision: what the layers compute in, such as "mixed_bfloat16" (see `slim.precision`).
      quantize: True, or a mapping of options (`{"delay": 1000}`), for layers that learn to be
        computed in integers (see `slim.quantize`). A `checkpoint` need not have the ranges.
      recompute: True, to train in less memory: activations within the blocks of the net (the units
        of a ResNet, the modules of Inception, the layers of MobileNet ...) are computed a second
        time for the gradient, in place of being kept. Or patterns over the names of the blocks
        that this is for: `["resnet_v1_50/block1/*"]`.
      **kwargs: keyword arguments of the net, for every call. Those not given here, `is_training`
        above all, can be given in each call. Many nets take `output_stride`, `global_pool` or
        `spatial_squeeze`, for feature maps and for images of other sizes than their own.

    Returns:
      A `slim.Model` of the net in its own arg_scope. It returns `[batch, num_classes]` logits and a
      dict of end points, if nothing else is asked for. Its variables are made by the first call, or
      by `model.build(tf.TensorSpec([None, height, width, channels]))`, or by `checkpoint`.

    Raises:
      ValueError: there is no such net, checkpoint or precision, the checkpoint is of another net,
        or a decay is out of its range or of no use to the net.
      TypeError: the net has no such keyword.
      OSError: the checkpoint cannot be fetched.

    Examples:
      >>> model = slim.nets.create("mobilenet_v2", num_classes=5, depth_multiplier=0.35)
      >>> logits, end_points = model(tf.ones([2, 64, 64, 3]))
      >>> logits.shape, end_points["layer_7"].shape
      (TensorShape([2, 5]), TensorShape([2, 8, 8, 16]))
      >>> trunk = slim.nets.create("lenet", features=["pool1", "pool2"])
      >>> {name: one.shape.as_list() for name, one in trunk(tf.ones([2, 28, 28, 1])).items()}
      {'pool1': [2, 14, 14, 32], 'pool2': [2, 7, 7, 64]}
      >>> def heads(images):
      ...     return [slim.linear(tf.reduce_mean(m, [1, 2]), 5) for m in trunk(images).values()]
      >>> [one.shape.as_list() for one in slim.Model(heads)(tf.ones([2, 28, 28, 1]))]
      [[2, 5], [2, 5]]
    """
    found = _registry.spec(name)
    _check_keywords(found, kwargs)
    known = published(found, checkpoint)
    shape = found.input_shape
    classes = found.num_classes
    if known is not None:
        kwargs = {**known.keywords, **kwargs}
        shape = [known.image_size if side == found.image_size else side for side in shape]
        classes = known.num_classes
    if num_classes is not _OWN:
        classes = num_classes
    elif features is not None:
        classes = None
    fixed = {**found.defaults, **kwargs, **_classes_argument(found, classes)}
    net = _warmed_up(found.fn)
    if isinstance(features, Iterable) and not isinstance(features, str):
        features = tuple(features)  # read twice
    if features is not None:
        net = with_features(found, net, features, has_logits=bool(classes))
    path = None
    if known is not None:
        path = fetch(known.name)
    elif checkpoint is not None and not isinstance(checkpoint, bool):
        path = checkpoints.resolve(checkpoint)
    scope = _scope(found.arg_scope, weight_decay, **_decay_argument(found, batch_norm_decay))
    model = Model(
        net,
        scope,
        precision=precision,
        quantize=quantize,
        recompute=recompute,
        **fixed,
    )
    options = {
        "weight_decay": weight_decay,
        "batch_norm_decay": batch_norm_decay,
        "features": features,
    }
    asked = {key: value for key, value in options.items() if value is not None}
    model.origin = Origin(found.name, classes, types.MappingProxyType({**asked, **kwargs}))
    if path is not None:
        model.build(tf.TensorSpec(shape))
        restore(model, path, found, other_logits=num_classes is not _OWN)
    return model


@checked
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

    Examples:
      >>> network = slim.nets.get_network_fn("lenet", num_classes=10, is_training=False)
      >>> logits, end_points = network(tf.ones([2, 28, 28, 1]))
      >>> logits.shape, network.default_image_size
      (TensorShape([2, 10]), 28)
    """
    found = _registry.spec(name)
    bound = {**found.defaults, **_classes_argument(found, num_classes)}
    if takes(found.fn, "is_training"):
        bound["is_training"] = is_training
    network_fn = bind(name, found.fn, found.arg_scope, weight_decay, **bound)
    network_fn.default_image_size = found.image_size  # pyright: ignore[reportFunctionMemberAccess]
    return network_fn


def bind(
    name: str,
    net: Callable,
    arg_scope: Callable[..., Mapping],
    weight_decay: float | None,
    **bound: Any,
) -> Callable:
    """`net` in its scope, with arguments that a call may override."""

    @functools.wraps(net)
    def network_fn(images, **kwargs):
        # Made here, so that it adds to the scope of the call: there model_deploy says on which
        # device variables are.
        with enter_arg_scope(_scope(arg_scope, weight_decay)):
            return net(images, **{**bound, **kwargs})

    network_fn.__name__ = name
    # As a functools.partial has them: a Model reads there what all its calls are.
    network_fn.keywords = bound  # pyright: ignore[reportAttributeAccessIssue]
    return network_fn


def _check_keywords(found: _registry.NetSpec, kwargs: Mapping[str, Any]) -> None:
    for name in kwargs:
        if name in _OF_KERAS and name not in found.keywords:
            raise TypeError(
                f"The net {found.name!r} has no keyword {name!r}: write {_OF_KERAS[name]}."
            )
    parameters = inspect.signature(found.fn).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    for name in kwargs:
        if name not in found.keywords:
            hint = did_you_mean(name, [*_OPTIONS, *found.keywords], most=1)
            raise TypeError(
                f"The net {found.name!r} has no keyword {name!r}.{hint} It has: "
                f"{', '.join(_OPTIONS)}, {', '.join(found.keywords)}."
            )


def _classes_argument(found: _registry.NetSpec, classes: int | None) -> dict[str, int | None]:
    """The number of classes as a keyword argument of the net, if it takes one.

    Raises:
      TypeError: it takes none, and there is one.
    """
    if found.num_classes is not None:
        return {"num_classes": classes}
    if classes:
        raise TypeError(
            f"The net {found.name!r} has no classes: its function takes no num_classes; got "
            f"num_classes={classes!r}. Leave it out, and make a head in a function round the net."
        )
    return {}


def _warmed_up(net: Callable) -> Callable:
    """`net` with averages that warm up where no training step sees to that: in loops of others."""
    counter = moving_average.Counter()

    @functools.wraps(net)
    def counted(*args, **kwargs):
        with counter.warm_up():
            return net(*args, **kwargs)

    return counted


def _decay_argument(found: _registry.NetSpec, decay: float | None) -> dict[str, float]:
    """The decay under the name that the scope of the net has for it.

    Raises:
      ValueError: it is no decay, or the scope takes none.
    """
    if decay is None:
        return {}
    if not 0 <= decay <= 1:
        raise ValueError(
            f"nets.create({found.name!r}): batch_norm_decay must be in [0, 1]; got {decay!r}."
        )
    parameters = inspect.signature(found.arg_scope).parameters
    for name in _DECAYS:
        if name in parameters:
            return {name: decay}
    raise ValueError(
        f"nets.create({found.name!r}): the scope of this net takes no batch_norm_decay, for it has "
        f"no batch norm; got {decay!r}. Leave it out."
    )


def _scope(arg_scope: Callable[..., Mapping], weight_decay: float | None, **kwargs) -> Mapping:
    if weight_decay is not None:
        kwargs["weight_decay"] = weight_decay
    return arg_scope(**kwargs)
