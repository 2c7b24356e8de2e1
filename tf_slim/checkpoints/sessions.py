"""Values of v1 graphs: they are in a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import modes


def session_to(action: str):
    """The session of the current v1 graph.

    Args:
      action: what it is needed for, for the message.

    Raises:
      RuntimeError: there is none.
    """
    session = tf.compat.v1.get_default_session()
    if session is None or session.graph is not tf.compat.v1.get_default_graph():
        raise RuntimeError(
            f"To {action} variables of a tf.compat.v1 graph there must be a session: call this "
            "inside `with tf.compat.v1.Session().as_default():`, or use tf.compat.v1.train.Saver."
        )
    return session


def values_of(named: Mapping[str, Any]) -> dict[str, Any]:
    """Values for what may be a variable or a tensor of a v1 graph.

    Args:
      named: variables, tensors or arrays by name.

    Returns:
      In a v1 graph arrays; elsewhere what was given.

    Raises:
      RuntimeError: the graph has no session.
    """
    if not modes.in_v1_graph():
        return dict(named)
    in_graph = {
        name: tf.convert_to_tensor(value)
        for name, value in named.items()
        if not isinstance(value, np.ndarray) and not np.isscalar(value)
    }
    return {**named, **(session_to("save").run(in_graph) if in_graph else {})}
