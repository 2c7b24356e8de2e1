"""Workers that a launcher starts and watches over. They are made up: they train nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import object_store
from tests.workers import cluster
from tf_slim.ops import files

pytestmark = pytest.mark.timeout(300)

PROGRAM = Path(__file__).with_name("made_up_worker.py")
LAUNCH = """
import os, sys, threading, time
from tf_slim.cli import launching
assert "tensorflow" not in sys.modules
folder, run, workers, servers, restarts, *words = sys.argv[1:]

def notice():  # soon, but not that one takes its time to begin
    while not os.path.exists(os.path.join(folder, "frozen")):
        time.sleep(0.02)
    launching.FROZEN_SECONDS = 3

threading.Thread(target=notice, daemon=True).start()
program = [sys.executable, words.pop(0)]
sys.exit(launching.launch(launching.Launch(
    [folder, *words], run, int(workers), int(servers), int(restarts), program)))
"""


class Launched:
    """A launcher in a process of its own."""

    def __init__(
        self,
        folder: Path,
        *words: str,
        workers: int = 2,
        servers: int = 0,
        restarts: int = 0,
        run: str | None = None,
        **environ: str,
    ):
        self.folder = folder
        names = [f"worker-{index}" for index in range(workers)]
        self.names = [*["chief"][:servers], *names, *(f"ps-{index}" for index in range(servers))]
        environ = cluster.environment(**environ)
        del environ["TF_NUM_INTRAOP_THREADS"]
        given = [folder, run or folder, workers, servers, restarts, PROGRAM, *words]
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *map(str, given)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def pids(self) -> list[int]:
        """The processes of all workers, once they train."""
        marks = [self.folder / f"trains-{name}" for name in self.names]
        _wait(lambda: all(mark.exists() and mark.read_text() for mark in marks))
        return [int(mark.read_text()) for mark in marks]

    def ended(self) -> tuple[int, str, str]:
        """The exit status, and what was printed."""
        out, err = self.process.communicate(timeout=200)
        return self.process.returncode, out, err

    def log(self, name: str | int) -> str:
        name = name if isinstance(name, str) else f"worker-{name}"
        return (self.folder / "workers" / f"{name}.log").read_text()

    def saved(self) -> list[bool]:
        return [(self.folder / f"saved-{name}").exists() for name in self.names]


@pytest.fixture
def launched(tmp_path):
    started: list[Launched] = []

    def start(*words, **options):
        started.append(Launched(tmp_path, *words, **options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()
        for mark in tmp_path.glob("trains-*"):
            if _lives(pid := int(mark.read_text() or 0)):
                os.kill(pid, signal.SIGKILL)


def _wait(is_so, seconds=100.0):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Whether a process is there, one that has ended and was not waited for apart."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text() if os.path.isdir("/proc/1") else ""
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return pid > 0 and text.rpartition(")")[2].split()[:1] != ["Z"]


def test_the_first_worker_is_shown_and_the_others_are_kept(launched, tmp_path):
    one = launched(workers=3)
    pids = one.pids()
    (tmp_path / "end").touch()
    status, out, err = one.ended()
    assert (status, out) == (0, "worker 0 prints\n")
    threads = max(1, len(os.sched_getaffinity(0)) // 3)
    assert f"worker 0 tells; {threads} threads" in err
    assert "worker 1" not in err
    for index in (1, 2):
        assert f"worker {index} prints\nworker {index} tells; {threads} threads" in one.log(index)
    assert not any(map(_lives, pids))


def test_the_one_that_failed_is_told_and_not_those_that_lost_it(launched):
    status, out, err = launched("worker 1:fail", "worker 0:lose").ended()
    assert (status, out) == (1, "")
    assert re.search(
        r"error: worker 1 \(process \d+\): the flux is negative\nIts log is .*1.log", err
    )
    assert "connection reset" not in err and "Traceback" not in err


def test_of_a_bug_the_traceback_is_told_and_of_another_that_waits_nothing(launched):
    one = launched("worker 1:break_down")
    status, _, err = one.ended()
    assert status == 1
    assert "worker 1" in err and "Traceback" in err and "KeyError: 'a bug'" in err
    assert "in break_down" in err
    assert "Traceback" in one.log(1) and "Traceback" not in one.log(0)
    assert one.saved() == [True, False]  # the other one had the time to


def test_a_worker_that_is_killed_is_told_by_name(launched):
    status, _, err = launched("worker 1:die", "worker 0:lose").ended()
    assert status == 1
    assert re.search(r"error: worker 1 \(process \d+\) was killed by SIGKILL", err)
    # There is nothing in its log.
    assert err.endswith(
        "worker-1.log.\nNo checkpoint was written yet: the same command begins anew.\n"
    )


def test_the_log_of_one_that_failed_is_in_a_far_run_folder(launched, tmp_path, monkeypatch):
    with object_store.running() as store:
        run = f"gs://bucket-of-{tmp_path.name}/run"
        one = launched("worker 1:break_down", run=run, TF_SLIM_CACHE=str(tmp_path), **store)
        status, _, err = one.ended()
        for name, value in store.items():
            monkeypatch.setenv(name, value)
        log = files.read_text(f"{run}/workers/worker-1.log")
    assert status == 1 and "KeyError: 'a bug'" in log
    assert err.index("error: worker 1") < err.index(f"The logs of the workers are in {run}/workers")


def test_that_the_same_command_goes_on_is_said(launched, tmp_path):
    (tmp_path / "model.ckpt-40.index").touch()
    status, _, err = launched("worker 1:die").ended()
    assert status == 1
    assert err.endswith("The same command goes on from the last checkpoint.\n")


def test_all_are_started_anew(launched, tmp_path):
    one = launched("worker 1:die_once", restarts=1)
    pids = one.pids()
    (tmp_path / "end").touch()
    status, _, err = one.ended()
    assert status == 0
    assert "note: worker 1" in err and "restart 1 of 1" in err
    assert one.log(0).count("--- worker 0 (process") == 2
    assert not any(map(_lives, pids))


def test_restarts_come_to_an_end(launched):
    status, _, err = launched("worker 0:die", restarts=1).ended()
    assert status == 1
    assert err.count("was killed by SIGKILL") == 2 and "error: worker 0" in err


def test_what_would_fail_again_is_not_started_anew(launched):
    one = launched("worker 1:fail", restarts=3)
    status, _, err = one.ended()
    assert status == 1
    assert "the flux is negative" in err and "restart" not in err
    assert one.log(1).count("--- worker 1 (process") == 1


def test_a_frozen_worker_is_told_by_name(launched):
    one = launched("worker 1:freeze")
    status, _, err = one.ended()
    assert status == 1
    assert re.search(r"error: worker 1 \(process \d+\) has given no sign of life for \d+ s", err)
    assert one.saved() == [True, False]


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except (ProcessLookupError, FileNotFoundError):  # it has lost the other one, and ended
        return False


@pytest.mark.skipif(not os.path.isdir("/proc/1"), reason="asks /proc which processes are stopped")
@pytest.mark.parametrize("loses", [False, True])
def test_all_are_stopped_and_go_on_with_the_launcher(launched, tmp_path, loses):
    """Also where they have lost each other meanwhile, which is no failure that counts."""
    one = launched(*["worker 1:lose_once_continued"] * loses)
    pids = one.pids()
    one.process.send_signal(signal.SIGTSTP)
    _wait(lambda: all(map(_is_stopped, [*pids, one.process.pid])))
    one.process.send_signal(signal.SIGCONT)
    _wait(lambda: not any(map(_is_stopped, pids)))
    if loses:
        _wait(lambda: one.log(1).count("--- worker 1 (process") == 2)
    (tmp_path / "end").touch()
    status, _, err = one.ended()
    assert status == 0 and "error" not in err
    assert ("note: The workers were stopped for" in err) == loses
    assert not any(map(_lives, pids))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_all_workers_which_save(launched, name):
    one = launched()
    pids = one.pids()
    os.kill(one.process.pid, getattr(signal, name))
    status, _, err = one.ended()
    assert status == 128 + getattr(signal, name)
    assert "error" not in err
    assert one.saved() == [True, True]
    assert not any(map(_lives, pids))


def test_a_worker_that_is_told_to_end_ends_the_command_as_if_it_was_told(launched, tmp_path):
    one = launched()
    for pid in one.pids():
        os.kill(pid, signal.SIGTERM)
    status, _, err = one.ended()
    assert status == 143 and "error" not in err


def test_no_worker_outlives_a_launcher_that_is_killed(launched):
    one = launched()
    pids = one.pids()
    one.process.kill()
    _wait(lambda: not any(map(_lives, pids)))
    assert one.saved() == [True, True]
    assert "The launcher is gone" in one.log(1)


def test_parameter_servers_outlast_their_chief(launched, tmp_path):
    one = launched(servers=1)
    pids = one.pids()
    os.kill(one.process.pid, signal.SIGTERM)
    status, _, err = one.ended()
    assert status == 143
    assert one.saved() == [True, False, False, False]  # which the others are not asked to
    assert "2 workers and 1 parameter servers" in err and "the progress of chief" in err
    assert not any(map(_lives, pids))


def test_servers_end_with_a_chief_that_is_done(launched, tmp_path):
    one = launched("chief:end", servers=1, workers=1)
    status, out, _ = one.ended()
    assert (status, out) == (0, "chief prints\n")
    assert "ps 0 prints" in one.log("ps-0")


def test_a_worker_of_parameter_servers_is_started_anew_alone(launched, tmp_path):
    one = launched("worker 1:die_once", servers=1, restarts=1)
    one.pids()
    (tmp_path / "end").touch()
    status, _, err = one.ended()
    assert status == 0
    assert "note: worker 1" in err and "It is started anew (restart 1 of 1)" in err
    assert one.log("worker-1").count("--- worker 1 (process") == 2
    assert one.log("chief").count("--- chief (process") == 1


def test_without_a_parameter_server_all_ends(launched):
    status, _, err = launched("ps 0:die", servers=1, workers=1).ended()
    assert status == 1
    assert re.search(r"error: ps 0 \(process \d+\) was killed by SIGKILL", err)
