"""The lock of a run folder: one holder, none that is dead, and no end but its own."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import threading

import pytest

import tf_slim as slim
from tests.learning import toy
from tf_slim.learning import RunInUseError, RunLostError, run_lock
from tf_slim.learning.run_folder import RunFolder
from tf_slim.learning.run_lock import LOCK, RunLock

# The file is loaded by its path: what is tested needs no TensorFlow.
HOLD = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("run_lock", sys.argv[1])
run_lock = sys.modules["run_lock"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_lock)
lock = run_lock.RunLock(sys.argv[2])
if sys.argv[3:] and os.fork() == 0:  # a child that outlives its parent
    os.write(1, b"held\\n")
    sys.stdin.readline()
    os._exit(0)
os.write(1, b"held\\n")
sys.stdin.readline()
lock.release()
"""


def another_process(folder, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, run_lock.__file__, str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(1 + len(arguments)):
        assert process.stdout.readline() == "held\n"
    return process


def finished(process):
    process.communicate("\n", timeout=200)


@pytest.fixture
def fast(monkeypatch):
    """Beats of 50 ms."""
    monkeypatch.setattr(run_lock, "_BEAT_SECONDS", 0.05)
    monkeypatch.setattr(run_lock, "_SETTLING_SECONDS", 0.02)


@pytest.fixture(params=["none", "of one machine"])
def weak_locks(request, monkeypatch, fast):
    """A network folder whose locks are missing, or reach no other machine."""

    def flock(handle, operation):
        if request.param == "none":
            raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_second_process_is_refused_at_once_and_harms_nothing(tmp_path):
    process = another_process(tmp_path)
    (tmp_path / ".model.ckpt-3.part-abc").mkdir()  # being written by the first one
    with pytest.raises(RunInUseError) as caught:
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 2, hooks=[])
    assert f"process {process.pid} on {socket.gethostname()}" in str(caught.value)
    assert str(tmp_path) in str(caught.value) and "choose another folder" in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == [".model.ckpt-3.part-abc", LOCK]
    finished(process)
    assert not (tmp_path / LOCK).exists()
    assert slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 2, hooks=[]).step == 2
    assert not (tmp_path / LOCK).exists()


@pytest.mark.parametrize("other_way", [str, os.path.realpath])
def test_a_second_one_of_the_same_process_is_refused(other_way, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    refused = []

    def second():
        try:
            RunFolder(other_way(tmp_path / "link")).close()
        except RunInUseError as error:
            refused.append(error)

    with RunFolder(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        with pytest.raises(RunInUseError, match=str(os.getpid())):
            RunFolder(tmp_path)
        assert len(refused) == 1
    RunFolder(tmp_path).close()


def test_the_lock_of_a_killed_process_is_no_lock(tmp_path):
    process = another_process(tmp_path)
    process.kill()
    process.wait()
    assert (tmp_path / LOCK).exists()
    RunLock(str(tmp_path)).release()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_that_outlives_its_parent_holds_no_lock(tmp_path):
    process = another_process(tmp_path, "fork")
    process.kill()
    process.wait()
    RunLock(str(tmp_path)).release()


def write(folder, host="another-machine"):
    holder = {"host": host, "pid": 7, "since": "2026-01-01 00:00:00"}
    (folder / LOCK).write_text(json.dumps(holder))


def test_another_machine_that_is_alive_is_respected(tmp_path, weak_locks, monkeypatch):
    monkeypatch.setattr(run_lock, "_BEAT_SECONDS", 3.0)  # long enough to be heard of
    write(tmp_path)
    stop = threading.Event()

    def beat():
        while not stop.wait(0.01):
            os.utime(tmp_path / LOCK)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with (
            pytest.warns(UserWarning, match="did not end in order"),
            pytest.raises(RunInUseError, match="process 7 on another-machine"),
        ):
            RunLock(str(tmp_path))
    finally:
        stop.set()
        thread.join()
    assert json.loads((tmp_path / LOCK).read_text())["pid"] == 7


def test_another_machine_that_is_gone_is_followed(tmp_path, weak_locks):
    write(tmp_path)
    with pytest.warns(UserWarning, match="Watching for"):
        lock = RunLock(str(tmp_path))
    assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    lock.release()
    assert os.listdir(tmp_path) == []


def test_the_holder_touches_the_file_now_and_then(tmp_path, fast):
    lock = RunLock(str(tmp_path))
    os.utime(tmp_path / LOCK, (0, 0))
    for _ in range(2000):
        if os.path.getmtime(tmp_path / LOCK):
            break
        threading.Event().wait(0.05)
    assert os.path.getmtime(tmp_path / LOCK)
    lock.release()


@pytest.mark.parametrize("content", ["", "\0" * 80])
def test_a_lock_that_was_never_written_is_none(content, tmp_path):
    (tmp_path / LOCK).write_text(content)
    RunLock(str(tmp_path)).release()


@pytest.mark.parametrize("kind", ["text", "json", "link", "folder"])
def test_what_is_no_lock_is_named_and_left_alone(kind, tmp_path):
    victim, lock, run = tmp_path / "victim", tmp_path / "run" / LOCK, tmp_path / "run"
    victim.write_text("dear diary")
    run.mkdir()
    if kind == "link":
        lock.symlink_to(victim)
    elif kind == "folder":
        lock.mkdir()
    else:
        lock.write_text({"text": "key 7", "json": '{"host": 1}'}[kind])
    with pytest.raises(OSError, match=r"training\.lock"):
        RunFolder(run)
    assert victim.read_text() == "dear diary"
    assert os.listdir(run) == [LOCK]


@pytest.mark.parametrize("how", ["removed", "moved", "lock removed", "lock taken"])
def test_a_folder_that_vanishes_ends_the_training(how, tmp_path):
    run = tmp_path / "run"

    class Vandal(slim.hooks.Hook):
        def after_step(self, fit):
            if fit.step != 3:
                return
            if how == "lock taken":
                (run / LOCK).unlink()
                write(run)
            elif how == "lock removed":
                (run / LOCK).unlink()
            elif how == "moved":
                run.rename(tmp_path / f"moved-{len(os.listdir(tmp_path))}")
            else:
                shutil.rmtree(run)

    for every in ({"log_every_steps": 1}, {"log_every_steps": 0, "save_every_steps": 4}):
        with pytest.raises(RunLostError, match="no longer what it was"):
            slim.learning.fit(toy.step()[1], toy.data(), run, 9, hooks=[Vandal()], **every)
        if how in ("removed", "moved"):
            assert not run.exists()
        if how == "lock taken":
            assert json.loads((run / LOCK).read_text())["pid"] == 7
            (run / LOCK).unlink()
