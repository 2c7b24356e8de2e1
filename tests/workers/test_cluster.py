"""What other tests rely on: processes find each other, ports are reserved, nothing is left."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from tests.workers import cluster
from tf_slim.learning.cluster import ports

pytestmark = pytest.mark.timeout(300)


def test_two_workers_find_each_other(tmp_path):
    with cluster.started("hello.py", folder=tmp_path) as procs:
        assert procs.wait(120) == [0, 0], procs.logs()
        for index, one in enumerate(procs):
            assert f"worker {index} of 2: sum 3" in one.log()


def test_none_is_left_behind(tmp_path):
    with pytest.raises(KeyError), cluster.started("hello.py", args=["wait"]) as procs:
        pids = [one.pid for one in procs]
        procs[0].wait_for("sum 3", 120)
        procs[1].send(signal.SIGSTOP)
        raise KeyError("a test that fails")
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_ports_are_reserved():
    with ports.reserved(3) as addresses:
        assert len(set(addresses)) == 3
        for address in addresses:
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("", int(address.rpartition(":")[2])))


def test_a_process_that_does_not_end_is_told_with_its_log(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text("import time\nprint('begun')\ntime.sleep(600)\n")
    with cluster.started(script, workers=1, folder=tmp_path) as procs:
        procs[0].wait_for("begun", 60)
        with pytest.raises(TimeoutError, match="worker-0 has not ended(.|\n)*begun"):
            procs[0].wait(0.01)
