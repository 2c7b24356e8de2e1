"""Runs the tests of the last release of the old tf_slim, 1.1.0, against this package.

The tests come out of the wheel that pip fetches, into a folder of their own; nothing of it is part
of this project. Each file of tests runs in a process of its own, which finds this package as
`tf_slim`, and beside it a NumPy that still does what the tests do with it. What else they need of
others that is gone, and the tests that fail for a reason of their own all the same, stand with the
reasons in `tests/conformance_exceptions.toml`. Any other failure is a failure here, and so is an
exception that passes.

    make conformance
    make conformance ARGS="layers/layers_test.py --verbose"
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
import zipfile
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TESTS = 1535  # in that wheel: fewer means that some were not found
PLUGIN = "scripts.conformance_plugin"
SITE = "site"
ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = ROOT / "tests" / "conformance_exceptions.toml"
WHEEL = "tf_slim==1.1.0"
# The tests call int() of arrays of one element, and ndarray.tostring(): the last NumPy with both.
NUMPY = "numpy==2.2.6"
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def read_exceptions() -> dict[str, Any]:
    """What the tests need of others ("mend"), and which of them fail ("exception"), and why."""
    return tomllib.loads(EXCEPTIONS.read_text())


def fetch_tests(folder: Path) -> list[Path]:
    """Takes the test files out of the wheel; returns their paths within `folder`.

    Also puts what the tests import beside them: their helpers, and NumPy into `folder / SITE`.
    """
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    site = [*pip, "install", "--no-deps", "--target", str(folder / SITE), NUMPY]
    subprocess.run(site, check=True)
    with tempfile.TemporaryDirectory() as downloads:
        wheels = [*pip, "download", "--no-deps", "--dest", downloads, WHEEL]
        subprocess.run(wheels, check=True)
        (wheel,) = Path(downloads).glob("*.whl")
        found = []
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(("_test.py", "/test_utils.py")):
                    path = Path(*Path(name).parts[1:])
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(archive.read(name))
                    if name.endswith("_test.py"):
                        found.append(path)
    return found


def run_file(folder: Path, path: Path, plugin: str = PLUGIN) -> dict[str, tuple[str, str]]:
    """Runs one file; returns (outcome, message) by test."""
    report = folder / path.with_suffix(".xml")
    places = f"{folder / SITE}{os.pathsep}{ROOT}"
    environment = dict(os.environ, PYTHONPATH=places, TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(path), "--quiet", "--import-mode=importlib"),
            *("-p", plugin, "-p", "no:cacheprovider", "--timeout=600"),
            *(f"--rootdir={folder}", f"--junitxml={report}"),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        return {f"{path}": (FAILED, (done.stdout + done.stderr).strip()[-2000:])}
    outcomes = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = f"{path}::{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        bad = case.find("failure")
        bad = case.find("error") if bad is None else bad
        if bad is not None:
            outcomes[name] = (FAILED, bad.get("message") or "")
        else:
            outcomes[name] = (PASSED if case.find("skipped") is None else SKIPPED, "")
    return outcomes or {f"{path}": (FAILED, "no tests in it")}


def judge(outcomes: dict[str, tuple[str, str]], exceptions: dict[str, str]) -> list[str]:
    """What is wrong: failures that are not those listed, and listed ones that did not happen.

    Args:
      outcomes: (outcome, message) by test.
      exceptions: what the message must contain, by test that may fail.
    """
    wrong = []
    for name, (outcome, message) in outcomes.items():
        if outcome == FAILED and exceptions.get(name, "\0") not in message:
            other = " in another way than listed" if name in exceptions else ""
            wrong.append(f"failed{other}: {name}\n    {message.strip()[:300]}")
        if outcome == PASSED and name in exceptions:
            wrong.append(f"passes, but is listed as an exception: {name}")
    return wrong


def main() -> int:
    """Runs all files, or those that the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", help="such as layers/layers_test.py; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--verbose", action="store_true", help="list what is skipped and excepted")
    arguments = parser.parse_args()
    listed = read_exceptions()["exception"]
    exceptions = {name: group["message"] for group in listed for name in group["tests"]}
    start = time.monotonic()
    outcomes: dict[str, tuple[str, str]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        paths = fetch_tests(Path(folder))
        if arguments.files:
            unknown = set(arguments.files) - set(map(str, paths))
            if unknown:
                parser.error(f"no such file of tests: {', '.join(sorted(unknown))}")
            paths = [path for path in paths if str(path) in arguments.files]
        waiting = {pool.submit(run_file, Path(folder), path): path for path in paths}
        for number, done in enumerate(concurrent.futures.as_completed(waiting), start=1):
            outcomes.update(done.result())
            bad = len(judge(done.result(), exceptions))
            print(
                f"{number}/{len(paths)} {waiting[done]}: {len(done.result())} tests"
                + (f", {bad} wrong" if bad else ""),
                flush=True,
            )
    wrong = judge(outcomes, exceptions)
    if not arguments.files:
        wrong += [f"listed, but not there: {name}" for name in exceptions if name not in outcomes]
        if len(outcomes) != TESTS:
            wrong.append(f"found {len(outcomes)} tests, expected {TESTS}")
    if arguments.verbose:
        skipped = sorted(name for name, (found, _) in outcomes.items() if found == SKIPPED)
        print("skipped:", *skipped, sep="\n")
        for group in listed:
            tests = [name for name in group["tests"] if name in outcomes]
            if tests:
                print("", *tests, group["reason"].strip(), "", sep="\n")
    for line in sorted(wrong):
        print(line)
    counts = {
        o: sum(found == o for found, _ in outcomes.values()) for o in (PASSED, FAILED, SKIPPED)
    }
    print(
        f"{WHEEL}: {counts[PASSED]} passed, {counts[FAILED]} failed "
        f"({len(wrong)} of all not as they should be), {counts[SKIPPED]} skipped by themselves, "
        f"{time.monotonic() - start:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
