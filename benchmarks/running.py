"""A run of benchmarks: measured by pytest in a process of its own, recorded, put together."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import machine, page, recording, report
from tf_slim.ops import files

INTERRUPTED = 130


def run(home: pathlib.Path, name: str, arguments: Sequence[str], add: bool = False) -> int:
    """Measures, and writes `NAME.json`, `NAME.html` and `NAME.md`, also of a run that is stopped.

    Args:
      home: the folder for them.
      name: of the files.
      arguments: of pytest.
      add: whether the results take their place among those of the last run.

    Returns:
      The status to exit with.

    Raises:
      SystemExit: the last run measured another commit.
    """
    home.mkdir(parents=True, exist_ok=True)
    record, around = home / f"{name}.jsonl", home / f"{name}.machine.json"
    described = machine.describe()
    if add and record.is_file() and around.is_file():
        before = json.loads(around.read_text())
        if before["commit"] != described["commit"]:
            raise SystemExit(
                f"The results in {record} are of commit {before['commit']}, this is "
                f"{described['commit']}: a table is of one commit. Run without --add."
            )
        described["matrix rates"] = before["matrix rates"]
    else:
        record.write_text("")
    measure_rates(described)
    around.write_text(json.dumps(described))
    status = measure(machine.ROOT, record, arguments)
    results = recording.read(record)
    if status != INTERRUPTED:
        measure_rates(described)
        around.write_text(json.dumps(described))
    if results:
        write(home, name, described, results)
    if status == INTERRUPTED:
        print(f"Stopped: {len(results)} results are kept. Go on with: --add")
    return status


def measure_rates(described: dict[str, Any]) -> None:
    """Measures the chip's matrix rates, and keeps the largest that were seen: a share of what a
    busy machine had left would flatter."""
    before = described.get("matrix rates", {})
    found = {kind: max(rate, before.get(kind, 0)) for kind, rate in machine.matrix_rates().items()}
    described["matrix rates"] = found
    rates = ", ".join(f"{rate:,.0f} GFLOP/s in {kind}" for kind, rate in found.items())
    print(f"The chip's matrix rate: {rates}", flush=True)


def measure(
    folder: pathlib.Path,
    record: pathlib.Path,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> int:
    """Runs the benchmarks of a folder, which record what they find.

    Args:
      folder: the root of a checkout.
      record: the file to record to.
      arguments: of pytest.
      environment: more variables of the environment.
      quiet: whether to keep what they print to themselves.

    Returns:
      The status of pytest, or `INTERRUPTED`.
    """
    variables = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
        **(environment or {}),
        recording.FILE: str(record.absolute()),
        "PYTHONPATH": str(folder),
    }
    command = [sys.executable, "-m", "pytest", "-o", "testpaths=benchmarks", "--timeout", "0"]
    command += ["-p", "no:cacheprovider", "-q", *arguments]
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # It was told by the same key, and ends what it started.
        try:
            process.wait(30)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        return INTERRUPTED


def write(
    home: pathlib.Path,
    name: str,
    described: Mapping[str, Any],
    results: Sequence[recording.Result],
) -> None:
    """Writes what was found, in three forms, and prints the table."""
    files.replace_text(home / f"{name}.json", report.to_json(described, results))
    files.replace_text(home / f"{name}.html", page.html(described, results))
    table = report.markdown(described, results)
    files.replace_text(home / f"{name}.md", table)
    print(f"\n{table}")
    print("Written: " + ", ".join(str(home / f"{name}.{end}") for end in ("json", "html", "md")))
