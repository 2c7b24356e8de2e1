"""`tf.contrib.tfprof.model_analyzer`, by `tf.compat.v1.profiler`."""

from __future__ import annotations

import tensorflow as tf

__all__ = [
    "FLOAT_OPS_OPTIONS",
    "PRINT_ALL_TIMING_MEMORY",
    "TRAINABLE_VARS_PARAMS_STAT_OPTIONS",
    "print_model_analysis",
]

_builder = tf.compat.v1.profiler.ProfileOptionBuilder

TRAINABLE_VARS_PARAMS_STAT_OPTIONS = _builder.trainable_variables_parameter()
FLOAT_OPS_OPTIONS = _builder.float_operation()
PRINT_ALL_TIMING_MEMORY = _builder.time_and_memory()


def print_model_analysis(
    graph,
    run_meta=None,
    op_log=None,
    tfprof_cmd="scope",
    tfprof_options=TRAINABLE_VARS_PARAMS_STAT_OPTIONS,
):
    """Prints parameters or operations of `graph` by scope.

    Args:
      graph: a graph.
      run_meta: a `RunMetadata` with times, from `session.run`, or None.
      op_log: further statistics, or None.
      tfprof_cmd: "scope", "graph", "code" or "op".
      tfprof_options: what to show.

    Returns:
      A protocol buffer with the numbers that were printed.
    """
    return tf.compat.v1.profiler.profile(
        graph, run_meta=run_meta, op_log=op_log, cmd=tfprof_cmd, options=tfprof_options
    )
