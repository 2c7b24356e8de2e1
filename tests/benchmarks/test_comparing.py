"""Two revisions of a small repository, compared from end to end with times that are made up."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess

import pytest

from benchmarks import comparing, machine, recording, running
from benchmarks.recording import Result

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed here")


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """The package says which revision it is; what is measured came with the new one."""
    root = tmp_path / "root"
    for folder in ("tf_slim", "benchmarks"):
        (root / folder).mkdir(parents=True)
    git(root, "init", "--quiet")
    for revision in ("old", "new"):
        (root / "tf_slim" / "__init__.py").write_text(f"revision = {revision!r}\n")
        (root / "benchmarks" / "bench_x.py").write_text(f"# {revision}\n")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", revision)
    monkeypatch.setattr(machine, "ROOT", root)
    return root


def test_the_old_package_is_measured_by_the_new_benchmarks(repository):
    with comparing.worktree("HEAD~1") as folder:
        assert "old" in (folder / "tf_slim" / "__init__.py").read_text()
        assert "new" in (folder / "benchmarks" / "bench_x.py").read_text()
    assert not folder.exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "status", "verdict"),
    [({"old": 1.0, "new": 1.2}, 1, "SLOWER"), ({"old": 1.2, "new": 1.0}, 0, "faster")],
)
def test_from_end_to_end(seconds, status, verdict, repository, monkeypatch, capsys):
    asked = []

    def measure(folder, record, arguments, environment=None, quiet=False):
        text = (folder / "tf_slim" / "__init__.py").read_text()
        (revision,) = [name for name in seconds if name in text]
        asked.append(revision)
        result = Result("a step", "slim", seconds[revision] + 0.001 * len(asked), "s", "bench_x")
        recording.append(record, dataclasses.asdict(result))
        return 0

    monkeypatch.setattr(running, "measure", measure)
    assert comparing.compare("HEAD~1", [], rounds=6) == status
    assert asked == ["old", "new", "new", "old"] * 3
    assert verdict in capsys.readouterr().out


def test_what_is_stopped_tells_of_its_whole_turns(repository, monkeypatch, capsys):
    statuses = iter([0, 0, 0, running.INTERRUPTED])

    def measure(folder, record, arguments, environment=None, quiet=False):
        recording.append(record, dataclasses.asdict(Result("a step", "slim", 1.0, "s", "bench_x")))
        return next(statuses)

    monkeypatch.setattr(running, "measure", measure)
    assert comparing.compare("HEAD~1", [], rounds=6) == 0
    said = capsys.readouterr().out
    assert "Stopped after" in said and "nothing can be told before 6 turns" in said


def test_nothing_measured_is_a_failure(repository, monkeypatch, capsys):
    monkeypatch.setattr(running, "measure", lambda *_, **__: 5)
    assert comparing.compare("HEAD~1", ["-k", "nothing"], rounds=1) == 1
    assert "Nothing was measured" in capsys.readouterr().out
