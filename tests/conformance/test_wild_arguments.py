"""A wild argument is refused by the package, by name, and neither by TensorFlow nor by Python."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys

from tests.conformance import wild

EVERY = 8
UPPER = "checkpoints|data|^nets|^Model$|learning|evaluation|hooks"
ONLY = f"layers|losses|metrics|variab|scope|{UPPER}"
_CHILD = """
import json, sys
from tests.conformance import wild
for outcome in wild.outcomes(int(sys.argv[1]), sys.argv[2]):
    print("outcome", json.dumps(outcome), flush=True)
"""


def test_nearly_all_wild_arguments_are_refused_by_name(tmp_path):
    # In a process of its own: some arguments have made TensorFlow abort, or hang.
    log = tmp_path / "calls"
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, str(EVERY), ONLY],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "WILD_LOG": str(log),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        cwd=tmp_path,  # some words are taken for a path
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
    )
    last = log.read_text().splitlines()[-1]
    assert child.returncode == 0, f"the process ended at: {last}\n{child.stdout[-2000:]}"
    lines = [line for line in child.stdout.splitlines() if line.startswith("outcome ")]
    found = [wild.Outcome(*json.loads(line.removeprefix("outcome "))) for line in lines]
    kinds = collections.Counter(outcome.kind for outcome in found)
    shown = "\n".join(map(str, [o for o in found if o.kind == "raw"][:40]))
    assert len(found) > 3000
    assert kinds["refused"] > len(found) / 2
    assert kinds["raw"] < 0.02 * len(found), f"{kinds}\n{shown}"
    for floor in ("checkpoints", "data"):  # few calls among so many
        of_floor = [o.kind for o in found if o.function.startswith(f"{floor}.")]
        assert of_floor.count("raw") <= 0.02 * len(of_floor) and len(of_floor) > 50, shown
