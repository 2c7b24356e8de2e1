"""Processes look for each other before TensorFlow does: who is missing, and who is someone else."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading

import pytest

from tf_slim.learning.cluster import greeting, ports
from tf_slim.learning.cluster.tasks import Cluster, ClusterError


@pytest.fixture(autouse=True)
def ports_of_their_own(monkeypatch):
    monkeypatch.setenv(ports.REUSE_PORT, "1")


@pytest.fixture
def addresses():
    with ports.reserved(3) as known:
        yield known


def workers(addresses, *indices):
    return [Cluster({"worker": tuple(addresses)}, "worker", i, "TF_CONFIG") for i in indices]


def met(*clusters, seconds=20.0, facts=None):
    """What is raised for each of several that meet at once, "" for nothing; what was said."""
    said, found = [], [""] * len(clusters)

    def meet(number):
        try:
            known = facts[number] if facts else None
            greeting.greet(clusters[number], seconds, said.append, known)
        except ClusterError as error:
            found[number] = str(error)

    threads = [threading.Thread(target=meet, args=(n,)) for n in range(len(clusters))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, said


def test_all_meet(addresses):
    assert met(*workers(addresses, 0, 1, 2)) == ([""] * 3, [])
    for address in addresses:  # given back: TensorFlow is to listen there
        with socket.socket() as one:
            assert one.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def test_one_that_is_missing_is_named(addresses, monkeypatch):
    monkeypatch.setattr(greeting, "_TOLD_AFTER_SECONDS", 0.3)
    (text,), said = met(*workers(addresses[:2], 0), seconds=1.0)
    assert f"worker 1 at {addresses[1]}: connection refused" in text
    assert "within 1 s" in text and "worker 0 at" not in text
    assert f"worker 0: waiting for worker 1 ({addresses[1]}: connection refused)" in said[0]


def test_other_facts_are_told_to_both_by_name(addresses):
    facts = [{"version of Keras": "3.1"}, {"version of Keras": "3.2"}]
    found, _ = met(*workers(addresses[:2], 0, 1), facts=facts)
    for index, text in enumerate(found):
        assert f"worker {1 - index} (process {os.getpid()} on" in text
        assert "has another version of Keras" in text
        assert f"there: {facts[1 - index]['version of Keras']}" in text


def test_another_cluster_is_told_to_both(addresses):
    one, _ = workers(addresses[:2], 0, 1)
    _, other = workers([addresses[2], addresses[1]], 0, 1)
    found, _ = met(one, other)
    # The second looks for the first where there is nobody, and is found by it.
    for text in found:
        assert "has another cluster in TF_CONFIG" in text and addresses[2] in text


def test_two_that_take_themselves_for_the_same(addresses):
    """On two machines: on one of them, the port is taken."""
    here = Cluster({"worker": tuple(addresses[:2])}, "worker", 0, "TF_CONFIG")
    stranger = Cluster({"worker": (addresses[2], addresses[0])}, "worker", 0, "TF_CONFIG")
    found, _ = met(here, stranger)
    assert all("there are two processes that are worker 0" in text for text in found)


def test_an_address_that_leads_back(addresses):
    port = addresses[0].rpartition(":")[2]
    (text,), _ = met(*workers([addresses[0], f"localhost:{port}"], 0))
    assert f"the address of worker 1, localhost:{port}, leads to this process" in text


@pytest.mark.parametrize("reuse", ["", "0"])
def test_a_port_that_is_taken(reuse, monkeypatch, addresses):
    monkeypatch.setenv(ports.REUSE_PORT, reuse)
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        (text,), _ = met(*workers([f"127.0.0.1:{port}", addresses[0]], 0))
    assert f"port {port} of this machine is taken" in text
    assert "Is another process worker 0 too" in text


def test_an_address_of_another_machine(addresses):
    (text,), _ = met(*workers(["203.0.113.1:2222", addresses[0]], 0))
    assert "203.0.113.1 is no address of this machine" in text


def test_a_host_that_nobody_knows(addresses):
    found, _ = met(*workers(["no-such-host.invalid:2222", addresses[0]], 1), seconds=0.5)
    assert "worker 0 at no-such-host.invalid:2222: the name of the host is not known" in found[0]


@contextlib.contextmanager
def answering(address, text):
    """Another program at an address, which says something to all who come."""
    port = int(address.rpartition(":")[2])
    ended = threading.Event()
    with socket.create_server(("", port), reuse_port=True) as server:
        server.settimeout(0.1)

        def serve():
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    line, _ = server.accept()
                    line.sendall(text)
                    line.recv(4096)
                    line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def test_a_worker_that_works_already_is_waited_for(addresses):
    """TensorFlow is there, of a training that goes on without this process; it may end."""
    with answering(addresses[1], b"\0\0\x12\4"):
        found, _ = met(*workers(addresses[:2], 0), seconds=1.0)
    assert f"worker 1 at {addresses[1]}: it works already, and began without this" in found[0]


def test_swapped_addresses(addresses):
    hello = {"task": "worker 2", "process": "process 7 on mars", "nonce": "x", "facts": {}}
    with answering(addresses[1], json.dumps(hello).encode() + b"\n"):
        found, _ = met(*workers(addresses, 0))
    assert (
        f"at the address of worker 1, {addresses[1]}, answers worker 2 (process 7 on mars). "
        "Expected each process to run at the address of its task"
    ) in found[0]


def test_servers_wait_for_nobody_and_their_chief_for_them(addresses):
    jobs = {
        "chief": (addresses[0],),
        "worker": (addresses[1],),
        "ps": (addresses[2],),
    }
    ps, chief = Cluster(jobs, "ps", 0, "TF_CONFIG"), Cluster(jobs, "chief", 0, "TF_CONFIG")
    assert met(ps) == ([""], [])
    (text,), _ = met(chief, seconds=0.5)
    assert "worker 0 at" in text and "ps 0 at" in text
