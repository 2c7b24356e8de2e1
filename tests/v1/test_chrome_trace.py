"""The rows of a trace: operations that run at the same time get rows of their own."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.v1 import chrome_trace


def test_rows_do_not_overlap():
    stats = tf.compat.v1.RunMetadata().step_stats
    device = stats.dev_stats.add(device="/device:CPU:0")
    for name, start, length in (("b", 5, 10), ("a", 0, 10), ("c", 10, 2), ("d", 30, 1)):
        device.node_stats.add(
            node_name=name,
            all_start_micros=start,
            all_end_rel_micros=length,
            timeline_label=f"{name} = Add(x, y)" if name != "d" else "",
        )
    process, *events = chrome_trace.events(stats)
    assert process["args"]["name"] == "/device:CPU:0 Compute"
    assert [(e["args"]["name"], e["tid"], e["ts"], e["dur"], e["name"]) for e in events] == [
        ("a", 0, 0, 10, "Add"),
        ("b", 1, 5, 10, "Add"),
        ("c", 0, 10, 2, "Add"),
        ("d", 0, 30, 1, "d"),
    ]
