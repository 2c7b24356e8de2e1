"""`tf-slim info`."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import info


@pytest.fixture
def without_tensorflow(monkeypatch):
    """What is asked of TensorFlow takes seconds, and is tested by itself."""
    monkeypatch.setattr(info, "_tensorflow", lambda: {"devices": "CPU:0"})


def test_versions_and_devices(cli):
    result = cli("info", "--json")
    assert (result.status, result.err) == (0, "")
    found = json.loads(result.out)
    versions = found["versions"]
    assert versions["tf_slim"] == slim.__version__
    assert (versions["tensorflow"], versions["numpy"]) == (tf.__version__, np.__version__)
    assert versions["keras"] == tf.keras.__version__
    assert "CPU:0" in found["tensorflow"]["devices"]
    assert found["machine"]["cores"].startswith(str(os.cpu_count()))


def test_extras_that_are_there(monkeypatch):
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda name: [
            "numpy",
            "rich>=13; extra == 'made-up'",
            "no-such-package>=2; extra == 'made-up'",
            'ruff~=0.17; extra == "dev"',
        ],
    )
    assert info._optional() == ["no-such-package", "rich"]
    versions = dict(info._versions())
    assert versions["rich"] == importlib.metadata.version("rich")
    assert "no-such-package" not in versions and "ruff" not in versions


def test_it_can_be_shown_to_anyone(cli, monkeypatch, without_tensorflow):
    cluster = {"worker": ["secret-host-1:2222", "secret-host-2:2222"], "ps": ["10.1.2.3:2222"]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/somebody")
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    monkeypatch.setenv("TF_DUMP_GRAPH_PREFIX", "/home/somebody/graphs")
    monkeypatch.setenv("TF_GPU_ALLOCATOR", "cuda_malloc_async")
    monkeypatch.setenv("TF_ENABLE_SOMETHING", "grpc://secret-host-3")
    monkeypatch.setenv("TF_VAR_password", "secret-word")
    result = cli("info")
    assert (result.status, result.err) == (0, "")
    rows = dict(line.split(None, 1) for line in result.out.splitlines() if line.strip())
    assert rows["TF_CONFIG"] == "set: 2 worker, 1 ps; this is worker 1"
    assert rows["TF_DUMP_GRAPH_PREFIX"] == "~/graphs"
    assert rows["TF_GPU_ALLOCATOR"] == "cuda_malloc_async"
    assert rows["TF_ENABLE_SOMETHING"] == "set (not shown)"
    for hidden in ("secret", "somebody", "10.1.2.3", "TF_VAR"):
        assert hidden not in result.out


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cluster": 3}', '{"cluster": {"worker": 2}}'])
def test_a_wrong_tf_config_is_no_reason_to_fail(text):
    assert info._cluster(text) == "set, but no JSON of a cluster"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('libsomething.so is missing')", "libsomething.so is missing"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGILL)})", f"status -{int(signal.SIGILL)}"),
        ("print('no JSON'); raise SystemExit", "status 0"),
    ],
)
def test_a_tensorflow_that_does_not_start_is_told(cli, tmp_path, monkeypatch, code, words):
    (tmp_path / "tensorflow.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = cli("info")
    assert result.status == 0
    assert "unknown, since TensorFlow does not start" in result.out
    assert words in result.out


def test_a_machine_that_tells_nothing_of_itself(monkeypatch, without_tensorflow):
    def missing(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("pathlib.Path.read_text", missing)
    monkeypatch.setattr(info.platform, "freedesktop_os_release", missing)
    monkeypatch.setattr(os, "sysconf", missing)
    machine = dict(info._machine())
    assert machine["processor"]
    assert "memory" not in machine and "release" not in machine
