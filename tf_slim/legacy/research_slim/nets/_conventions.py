"""Makes a net of TF-Slim callable as the net of the same name in research/slim."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable


def with_signature(net: Callable, *order: str, default_image_size: int | None = None) -> Callable:
    """`net` with its arguments in another order.

    Args:
      net: a function.
      *order: the names of its arguments in the new order; those not named follow.
      default_image_size: of the result, an attribute of it, in pixels.

    Returns:
      A function of the same name that calls `net`.
    """
    parameters = dict(inspect.signature(net).parameters)
    first = [parameters.pop(name) for name in order]
    signature = inspect.Signature([*first, *parameters.values()])

    @functools.wraps(net)
    def reordered(*args, **kwargs):
        return net(**signature.bind(*args, **kwargs).arguments)

    reordered.__signature__ = signature  # pyright: ignore[reportAttributeAccessIssue]
    if default_image_size is not None:
        reordered.default_image_size = default_image_size  # pyright: ignore[reportAttributeAccessIssue]
    return reordered


def not_as_in_contrib(net: Callable, *order: str, default_image_size: int) -> Callable:
    """A net of `tf_slim.nets` that has the conventions of contrib.slim there, without them.

    Args:
      net: what `blocks.in_contrib` made.
      *order: see `with_signature`.
      default_image_size: the same.
    """
    return with_signature(vars(net)["__wrapped__"], *order, default_image_size=default_image_size)
