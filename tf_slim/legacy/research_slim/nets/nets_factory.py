"""`nets.nets_factory` of research/slim: nets and their arg_scopes by name.

It offers all registered nets: research/slim's forty, ours, and those of a program.
"""

from __future__ import annotations

from collections.abc import Callable

from tf_slim.legacy.research_slim.nets.dialect import in_research_slim
from tf_slim.nets import names, spec
from tf_slim.nets._create import bind
from tf_slim.ops.wording import unknown_name

__all__ = ["arg_scopes_map", "get_network_fn", "networks_map"]

networks_map = {name: in_research_slim(spec(name).fn) for name in names()}
arg_scopes_map = {name: in_research_slim(spec(name).arg_scope) for name in names()}


def get_network_fn(
    name: str, num_classes: int | None, weight_decay: float = 0.0, is_training: bool = False
) -> Callable:
    """A net as a function of the images alone.

    Args:
      name: a key of `networks_map`, or of a net that was registered since.
      num_classes: the number of classes; 0 or None for features instead of logits.
      weight_decay: the factor of the L2 regularization. Its default, 0, takes the place of the
        default of the net's own arg_scope.
      is_training: whether dropout and batch norm work as in training.

    Returns:
      `network_fn(images, **kwargs) -> (logits, end_points)`. It has the attribute
      `default_image_size` if the function of the net has it.

    Raises:
      ValueError: there is no such net.
    """
    if name not in networks_map:
        if name not in names():
            raise ValueError(unknown_name("net", name, networks_map))
        networks_map[name], arg_scopes_map[name] = spec(name).fn, spec(name).arg_scope
    net, arg_scope = networks_map[name], arg_scopes_map[name]
    return bind(
        name, net, arg_scope, weight_decay, num_classes=num_classes, is_training=is_training
    )
