"""`tf-slim data`: as somebody uses it, and as somebody misuses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.data import made, pictures
from tests.house.sources import ROOT


@pytest.fixture
def folder(tmp_path) -> str:
    source = pictures.folder(tmp_path / "my pictures", 6)
    pictures.write(source, {"cat/notes.txt": b"text"})
    return source


def test_convert_verify_and_inspect(cli, folder, tmp_path):
    out = str(tmp_path / "out put")
    result = cli("data", "convert", folder, out)
    assert result.status == 0, result.err
    assert "train" in result.out and "validation" in result.out
    assert "left out (1):" in result.out and "cat/notes.txt: " in result.out
    assert f"tf-slim train --data '{out}'" in result.out
    again = cli("data", "convert", folder, out, "--json")
    content = json.loads(again.out)
    assert sum(split["records"] for split in content["splits"].values()) == 18
    assert [one["path"] for one in content["skipped"]] == ["cat/notes.txt"]

    result = cli("data", "verify", out)
    assert result.status == 0
    assert "all is as the manifest says" in result.out
    os.unlink(os.path.join(out, content["splits"]["train"]["files"][0]))
    result = cli("data", "verify", out)
    assert result.status == 1 and "not as it should be (1):" in result.out
    result = cli("data", "verify", out, "--json")
    assert result.status == 1 and json.loads(result.out)["faults"][0]["reason"] == "it is missing"

    page = str(tmp_path / "page.html")
    result = cli("data", "inspect", folder, "--html", page)
    assert result.status == 0, result.err
    for words in ("dög é", "cat/notes.txt", "png", page):
        assert words in result.out
    with open(page, encoding="utf-8") as file:
        assert "dög é" in file.read()
    content = json.loads(cli("data", "inspect", folder, "--json").out)
    assert content["pictures"] == 18


def test_what_cannot_be_read(cli, folder, tmp_path):
    pictures.write(folder, {"cat/broken.jpg": pictures.BROKEN})
    out = str(tmp_path / "out")
    result = cli("data", "convert", folder, out)
    assert result.status == 1 and "cat/broken.jpg" in result.err
    assert not os.path.exists(out)
    result = cli("data", "convert", folder, out, "--on-error", "skip")
    assert result.status == 0 and "left out (2):" in result.out and "cat/broken.jpg" in result.out
    assert cli("data", "verify", folder).status == 1


@pytest.mark.parametrize("command", ["inspect", "verify", "convert"])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere", "there is no 'nowhere'"),
        ("empty", "there are no folders of classes in it"),
        ("digit", "Did you mean 'digits'"),
    ],
)
def test_a_source_that_is_none(cli, tmp_path, monkeypatch, command, source, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    result = cli("data", command, source, *(["out"] if command == "convert" else []))
    assert result.status == 1
    assert words in result.err and "Traceback" not in result.err
    assert os.listdir(tmp_path) == ["empty"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["data", "convrt"], 2, "convrt"),
        (["data", "convert", "."], 2, "OUT"),
        (["data", "inspect", "--htm", "x"], 2, "--htm"),
        (["data", "inspect", "digits", "--workers", "0"], 2, "--workers"),
        (["data", "convert", "digits", "x", "--on-error", "ignore"], 1, "expected fail or skip"),
        (["data", "convert", "digits", "x", "--layout", "flower"], 1, "Did you mean 'flowers'"),
        (["data", "inspect", "digits", "--split", "val"], 1, "no split called 'val'"),
        (["data", "inspect", "digits", "--html", "no/folder/x.html"], 1, "there is no folder"),
    ],
)
def test_a_wrong_command_line(cli, tmp_path, monkeypatch, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    result = cli(*arguments)
    assert result.status == status
    assert words in result.err
    assert os.listdir(tmp_path) == []


def test_records_are_data_too(cli, tmp_path):
    pattern = made.write(tmp_path, [3, 4])
    (tmp_path / "labels.txt").write_text("".join(f"{i}:class {i}\n" for i in range(10)))
    content = json.loads(cli("data", "inspect", pattern, "--json").out)
    assert content["splits"]["all"]["pictures"] == 7


SLOWLY = """
import os, sys, time
from tf_slim.data.conversion import writing
from tf_slim.data.sources import ordering
from tf_slim.cli.main import run
ordering.SHARD = 4
before = writing.ShardWriter._record
def slowly(self, stored):
    # When it is time to disturb it there is enough left to do.
    time.sleep(1.0 if os.path.exists(os.path.join(sys.argv[2], ".converting", "done.jsonl")) else 0)
    return before(self, stored)
writing.ShardWriter._record = slowly
sys.exit(run(["data", "convert", sys.argv[1], sys.argv[2], "--workers", "1"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT")
def test_ctrl_c_ends_it_and_the_same_command_goes_on(cli, folder, tmp_path):
    out = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, folder, str(out)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    shards = out / ".converting" / "done.jsonl"
    end = time.monotonic() + 200
    while not shards.exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 130, err
    assert "the same command goes on there" in err and "Traceback" not in err
    assert os.listdir(out) == [".converting"]
    staged = os.listdir(out / ".converting" / "shards")
    assert staged and not [name for name in staged if name.startswith(".")]


def test_a_reader_that_has_seen_enough(folder):
    # Of such a file libjpeg says that it was called improperly.
    pictures.write(folder, {"cat/cut.jpg": pictures.jpeg(99)[:200]})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tf_slim.cli", "data", "inspect", folder]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(timeout=120) == 1
    assert err == "" or err.startswith("reading")
    assert "library" not in err
