"""What workers of a far run print is where the run is, for whoever looks there."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading

import pytest
import tensorflow as tf

from tf_slim.cli import quiet, worker_logs
from tf_slim.ops import files, paths

_NUMBERS = itertools.count()


@pytest.fixture
def run(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    # Which would change how it logs in all tests after these.
    monkeypatch.setattr(quiet, "import_tensorflow", lambda: None)
    return f"ram://logs-{os.getpid()}-{next(_NUMBERS)}/run"


def say(folder: str, text: str, name: str = "worker-1.log") -> None:
    with open(os.path.join(folder, name), "a") as file:
        file.write(text)


def there(run: str, name: str = "worker-1.log") -> str:
    return files.read_text(f"{run}/workers/{name}")


def test_of_a_run_on_a_disk_they_are_in_its_folder(tmp_path):
    with worker_logs.kept(str(tmp_path)) as words:
        assert words == worker_logs.folder_of(str(tmp_path)) == str(tmp_path / "workers")
        say(words, "on the disk")
    assert (tmp_path / "workers" / "worker-1.log").read_text() == "on the disk"


@pytest.mark.parametrize("fails", [False, True])
def test_they_are_copied_at_the_end_and_if_it_fails(run, capsys, fails):
    with pytest.raises(KeyError) if fails else contextlib.nullcontext():
        with worker_logs.kept(run) as words:
            assert f"copied to {run}/workers each minute" in words
            say(worker_logs.folder_of(run), "why it ended\n")
            say(worker_logs.folder_of(run), "", "ps-0.log")
            if fails:
                raise KeyError
    assert (there(run), there(run, "ps-0.log")) == ("why it ended\n", "")
    assert f"The logs of the workers are in {run}/workers." in capsys.readouterr().err


def test_they_are_copied_while_it_goes_on(run, monkeypatch):
    monkeypatch.setattr(worker_logs, "EVERY_SECONDS", 0.01)
    copied, copy = threading.Event(), paths.copy

    def noticed(path: str, target: str) -> None:
        copy(path, target)
        copied.set()

    monkeypatch.setattr(paths, "copy", noticed)
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "begun\n")
        assert copied.wait(60)
        assert there(run) in ("begun\n", "")


def test_on_another_machine_new_lines_follow_the_old_ones(run, tmp_path, monkeypatch):
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "first\n")
    say(worker_logs.folder_of(run), "killed before it was copied\n")
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "second\n")
    both = "first\nkilled before it was copied\nsecond\n"
    assert there(run) == both
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "other"))
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "third\n")
    assert there(run) == both + "third\n"
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "fourth\n")
    assert there(run) == both + "third\nfourth\n"


def test_a_store_that_takes_nothing_ends_nothing(run, capsys, monkeypatch):
    def refused(path: str, target: str) -> None:
        raise PermissionError(13, "no permission", target)

    monkeypatch.setattr(paths, "copy", refused)
    with worker_logs.kept(run):
        say(worker_logs.folder_of(run), "kept\n")
    folder = worker_logs.folder_of(run)
    said = capsys.readouterr().err
    assert f"could not be copied to {run}/workers" in said and "no permission" in said
    assert f"They are in {folder}." in said and os.listdir(folder) == ["worker-1.log"]
    assert not tf.io.gfile.exists(f"{run}/workers/worker-1.log")
