"""What `tf.saved_model.save(model, path)` finds in a model: a function to serve it by."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops import modes, precision
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.outputs import mapped, split_outputs
from tf_slim.ops.specs import named
from tf_slim.ops.tracing import settled


def function(model: Any) -> Any:
    """The net in inference, for what the model was built for, as a `tf.function`.

    It takes the inputs as tensors and returns the outputs by name: `logits` for a tensor `[batch,
    classes]`, `output` for another one, and otherwise names made of keys and numbers.

    Args:
      model: a built `slim.Model`.

    Returns:
      The function; None in a v1 graph, or if the net cannot be traced, which the log tells.
    """
    if modes.in_v1_graph():
        return None
    specs = named(model.input_specs)
    flat = tf.nest.flatten(specs)

    def serve(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        with default_is_training(False):
            outputs, _ = split_outputs(model(*tf.nest.pack_sequence_as(specs, list(inputs))))
        found: dict[str, tf.Tensor] = {}
        is_logits = tf.is_tensor(outputs) and outputs.shape.rank == 2
        mapped(found.__setitem__, precision.in_full(outputs), "logits" if is_logits else "output")
        return found

    made = tf.function(serve, input_signature=flat, autograph=False)
    try:
        settled(made.get_concrete_function)
    except Exception as error:
        # No warning: TensorFlow silences them while it looks for functions.
        tf.get_logger().warning(
            "%s is saved without a signature: called for inference on %s, it failed with %s: %s",
            *(model.name, flat, type(error).__name__, error),
        )
        return None
    return made
