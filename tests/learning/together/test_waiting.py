"""Calls that wait for other processes: told, ended in time, and open to signals."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from tf_slim.learning.together import waiting


def test_what_it_returns_and_raises():
    assert waiting.wait_for(lambda: 3, "waits", 60) == 3
    with pytest.raises(KeyError, match="not here"):
        waiting.wait_for(lambda: {}["not here"], "waits", 60)


def test_it_is_told_and_ends(monkeypatch, capsys):
    monkeypatch.setattr(waiting, "_TOLD_AFTER_SECONDS", 0.0)
    before = signal.getsignal(signal.SIGTERM)
    there = threading.Event()
    with pytest.raises(TimeoutError, match="worker 1 waits for worker 0: not there after 0 s"):
        waiting.wait_for(there.wait, "worker 1 waits for worker 0", 0.3)
    there.set()
    told = r"worker 1 waits for worker 0 \(\d+ s so far, at most 0 s\)"
    assert re.search(told, capsys.readouterr().err)
    assert signal.getsignal(signal.SIGTERM) == before


PROGRAM = """
import ctypes, signal, sys, time
from tf_slim.learning.together import waiting

def wait():
    # As TensorFlow does, without a word to Python.
    ctypes.CDLL(None).signal(signal.SIGTERM, 1)
    print("waits", flush=True)
    time.sleep(600)

waiting.wait_for(wait, "waits", 600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="signals of C")
def test_sigterm_ends_it_whoever_has_taken_the_signal():
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"waits\n"
            end = time.monotonic() + 100
            while process.poll() is None and time.monotonic() < end:
                process.send_signal(signal.SIGTERM)  # one that comes at once may be lost
                time.sleep(0.1)
            assert process.returncode == -signal.SIGTERM
        finally:
            process.kill()
