"""The same measurements at another revision, in turns with those of the files as they are."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

from benchmarks import difference, machine, recording, running
from benchmarks.difference import FASTER, SLOWER, UNKNOWN, Change

DEFAULT = ("benchmarks/bench_lenet.py", "benchmarks/bench_tracing.py", "benchmarks/bench_nets.py")
"""What is compared if nothing is asked for: what most people notice."""

Key = tuple[str, str, str]
Round = dict[Key, recording.Result]


def compare(base: str, arguments: Sequence[str], rounds: int) -> int:
    """Measures both in turns, and prints what got slower or faster than noise.

    Args:
      base: a revision of git.
      arguments: of pytest, which choose what is measured.
      rounds: how often each is measured.

    Returns:
      The status to exit with: 1 if something got slower, or if nothing was measured.
    """
    found: list[tuple[Round, Round]] = []
    status = 0
    with worktree(base) as there:
        sides = {there: f"{base} ({machine.head(there)})", machine.ROOT: machine.commit()}
        print(f"{' against '.join(map(str, sides.values()))}, {rounds} turns each")
        for turn in range(rounds):
            pair: dict[pathlib.Path, Round] = {}
            # Each second time in the opposite order: a machine that slows down slows both.
            for side in list(sides)[:: -1 if turn % 2 else 1]:
                print(f"turn {turn + 1} of {rounds}: {sides[side]} ...", flush=True)
                record = there.parent / f"{turn}-{side.name}.jsonl"
                record.touch()
                status = running.measure(
                    side,
                    record,
                    arguments or DEFAULT,
                    environment={"SLIM_BENCH_PEERS": "none"},
                    quiet=True,
                )
                pair[side] = by_key(recording.read(record))
                if status == running.INTERRUPTED:
                    break
            if len(pair) == len(sides):
                found.append((pair[there], pair[machine.ROOT]))
            if status == running.INTERRUPTED:
                print(f"Stopped after {len(found)} whole turns.")
                break
    status = tell(found)
    if not found or not any(new for _, new in found):
        print("Nothing was measured: see what `make bench` says with the same ARGS.")
        return 1
    return status


def by_key(results: Sequence[recording.Result]) -> Round:
    """The results of this package, by what they are of."""
    return {(one.source, one.name, one.contestant): one for one in results if one.ours}


def changes(found: Sequence[tuple[Round, Round]]) -> dict[Key, Change]:
    """How each measurement changed that both sides have in some turn, by its key.

    Args:
      found: of each turn, the results of the old revision and of the new one.
    """
    keys = dict.fromkeys(key for _, new in found for key in new)
    ratios = {
        key: [new[key].better_than(old[key]) for old, new in found if key in old and key in new]
        for key in keys
    }
    return {key: difference.change(all_) for key, all_ in ratios.items() if all_}


def tell(found: Sequence[tuple[Round, Round]]) -> int:
    """Prints the changes, the worst first; returns 1 if something got slower."""
    rows = sorted(changes(found).items(), key=lambda row: row[1].ratio)
    print(f"\n{'old':>12} {'new':>12} {'speed':>7}  95 % sure it is    verdict")
    for (_, name, contestant), one in rows:
        key = (_, name, contestant)
        sides = [[side[key] for side in turn] for turn in found if all(key in s for s in turn)]
        old, new = (statistics.median(s[place].value for s in sides) for place in (0, 1))
        unit = sides[0][0].unit
        values = " ".join(f"{recording.written(value, unit):>12}" for value in (old, new))
        sure = "too few turns" if one.verdict == UNKNOWN else f"{one.low:.3f} to {one.high:.3f}"
        mark = {SLOWER: "SLOWER", FASTER: "faster", UNKNOWN: "?"}.get(one.verdict, "")
        print(f"{values} {one.ratio:6.3f}x  {sure:<18} {mark:<7} {name}, {contestant}")
    sides = list(zip(*found)) or [(), ()]
    gone = {key for side in sides[0] for key in side} - {key for side in sides[1] for key in side}
    new = {key for side in sides[1] for key in side} - {key for side in sides[0] for key in side}
    for keys, where in ((gone, "the old one alone"), (new, "the new one alone")):
        for _, name, contestant in sorted(keys):
            print(f"  measured in {where}: {name}, {contestant}")
    slower = sum(one.verdict == SLOWER for _, one in rows)
    if rows:
        few = rows[0][1].verdict == UNKNOWN
        print(
            f"\n{slower} of {len(rows)} got slower"
            + (f": nothing can be told before {difference.turns_needed()} turns" if few else "")
        )
    return int(slower > 0)


@contextlib.contextmanager
def worktree(base: str) -> Iterator[pathlib.Path]:
    """A checkout of a revision in a temporary folder, with the benchmarks that are here.

    Raises:
      SystemExit: there is no such revision.
    """
    git = ["git", "-C", str(machine.ROOT)]
    known = subprocess.run(
        [*git, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if known.returncode:
        raise SystemExit(
            f"There is no revision {base!r} in {machine.ROOT}. Say which one to compare with, such "
            "as BASE=main or BASE=v2.1.0."
        )
    with tempfile.TemporaryDirectory(prefix="bench-compare-") as temporary:
        folder = pathlib.Path(temporary) / "base"
        subprocess.run(
            [*git, "worktree", "add", "--quiet", "--detach", folder, known.stdout.strip()],
            check=True,
        )
        try:
            # What the old commit measured was other things, or the same in another way.
            shutil.rmtree(folder / "benchmarks", ignore_errors=True)
            shutil.copytree(machine.ROOT / "benchmarks", folder / "benchmarks")
            _check(folder)
            yield folder
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", folder], check=False)


def _check(folder: pathlib.Path) -> None:
    """Looks whether Python finds the package of that folder when it is started there.

    Raises:
      SystemExit: it finds another one.
    """
    code = "import tf_slim; print(tf_slim.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    if not done.stdout.startswith(str(folder)):
        raise SystemExit(f"In {folder}, Python finds tf_slim in {done.stdout.strip()}.")
