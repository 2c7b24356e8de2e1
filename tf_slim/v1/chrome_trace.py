"""What a session's step spent its time on, as a file for the trace viewer of Chrome.

The format is that of chrome://tracing and https://ui.perfetto.dev ("Trace Event Format", Google).
"""

from __future__ import annotations

import json
from typing import Any

import tensorflow as tf


def write(path: str, step_stats) -> None:
    """Writes a trace.

    Args:
      path: the file, usually `*.json`.
      step_stats: `run_metadata.step_stats` of a `session.run` with full tracing.
    """
    trace = {"traceEvents": events(step_stats)}
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(json.dumps(trace))


def events(step_stats) -> list[dict[str, Any]]:
    """The events of a step: a process for each device, with a row for each op that runs at a time.

    Args:
      step_stats: as in `write`.

    Returns:
      Events with times in microseconds.
    """
    found: list[dict[str, Any]] = []
    for process, device in enumerate(step_stats.dev_stats):
        about = {"name": f"{device.device} Compute"}
        found.append({"name": "process_name", "ph": "M", "pid": process, "args": about})
        row_ends: list[int] = []
        for node in sorted(device.node_stats, key=lambda node: node.all_start_micros):
            end = node.all_start_micros + node.all_end_rel_micros
            free = (row for row, at in enumerate(row_ends) if at <= node.all_start_micros)
            row = next(free, len(row_ends))
            row_ends[row : row + 1] = [end]
            found.append(_event(process, row, node))
    return found


def _event(process: int, row: int, node) -> dict[str, Any]:
    kind = _op_type(node.timeline_label) or node.node_name
    return {
        "name": kind,
        "cat": "Op",
        "ph": "X",
        "pid": process,
        "tid": row,
        "ts": node.all_start_micros,
        "dur": node.all_end_rel_micros,
        "args": {"name": node.node_name, "op": kind},
    }


def _op_type(label: str) -> str:
    # A label is written `name = Type(inputs)`.
    return label.partition(" = ")[2].partition("(")[0].strip()
