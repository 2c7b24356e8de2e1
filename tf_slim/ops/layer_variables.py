"""What a layer's normalizer and activation make: variables of the model, like the layer's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import tensorflow as tf

from tf_slim.ops import places, variables
from tf_slim.ops.layer_names import LayerNames


def of_layer(
    renamed: Mapping[str, str] | None, taken: Iterable[str]
) -> contextlib.AbstractContextManager[None]:
    """Makes model variables of whatever variables the code inside makes by `get_variable`.

    So a user's activation or normalizer has its variables in checkpoints of the model.

    Args:
      renamed: what variables are called instead, by the last part of the name that they are given;
        None to leave them alone.
      taken: what the layer has made itself, in the scope that is open. A variable that would get
        such a name keeps the one that it is given.
    """
    if renamed is None:
        return contextlib.nullcontext()
    scope = tf.compat.v1.get_variable_scope()
    outer = f"{scope.name}/" if scope.name else ""
    names = LayerNames(renamed, frozenset(outer + name for name in taken))
    return places.current().layer_variables(names, variables.model_variable)
