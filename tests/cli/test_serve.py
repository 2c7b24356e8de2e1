"""`tf-slim serve`: what it says when it cannot."""

from __future__ import annotations

import importlib.util
import socket

import pytest

from tests.cli.conftest import tf_slim

FAULTS = {
    "no run": (["nowhere"], 1, "no run folder 'nowhere'"),
    "a file for a run": (["RUN/config.toml"], 1, "is a file"),
    "no port": (["RUN", "--port", "70000"], 2, "--port"),
    "a taken port": (["RUN", "--port", "TAKEN"], 1, "Something else listens there"),
    "no host": (["RUN", "--host", "no such host"], 1, "There is no host 'no such host'"),
    "a host elsewhere": (["RUN", "--host", "192.0.2.1"], 1, "This machine has no such address"),
    "no place": (["RUN", "--queue", "0"], 2, "--queue"),
    "no time": (["RUN", "--timeout", "0"], 1, "--timeout 0: expected seconds above 0"),
    "a name": (["RUN", "--name", "a/b"], 1, "name: expected letters"),
    "a page with a path": (["RUN", "--cors", "https://a.example/b"], 1, "without a path"),
    "labels": (["RUN", "--labels", "nowhere.txt"], 1, "nowhere.txt"),
    "never published": (["lenet"], 1, "was published"),
}


@pytest.fixture(scope="module")
def taken():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield str(made.getsockname()[1])


@pytest.mark.parametrize("fault", FAULTS)
def test_what_it_says_when_it_cannot(cli, trained, taken, fault):
    arguments, status, words = FAULTS[fault]
    given = [one.replace("RUN", str(trained[0])).replace("TAKEN", taken) for one in arguments]
    port = [] if "--port" in given else ["--port", "0"]
    result = cli("serve", *given, *port)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert "Traceback" not in result.err


def test_what_is_missing_is_named_before_any_work(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name)
    )
    result = tf_slim("serve", "nowhere")
    assert result.status == 1
    assert "To serve needs uvicorn, not installed here: pip install 'tf-slim2[serve]'" in result.err
