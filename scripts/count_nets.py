"""Writes tf_slim/cli/net_statistics.json: what `tf-slim nets` says of each net, counted once.

    python scripts/count_nets.py

To be run again when a net was added or changed: a test compares the file with the nets.
"""

from __future__ import annotations

import json

import tf_slim as slim
from tf_slim.cli import net_statistics


def main() -> None:
    rows = {name: net_statistics.counted(name) for name in slim.nets.names()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    net_statistics.FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
