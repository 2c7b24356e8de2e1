"""A run folder is the same on a disk, in a file system of TensorFlow, and in an object store."""

from __future__ import annotations

import itertools
import json
import os
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests import object_store
from tests.learning import toy
from tf_slim import checkpoints
from tf_slim.learning import RunInUseError, RunLostError, far_lock, history
from tf_slim.learning.run_folder import RunFolder
from tf_slim.learning.run_lock import LOCK
from tf_slim.ops import files, paths

VALUE = {"w": np.float32([1, 2]), "b": np.float32(0)}

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def store():
    with object_store.running() as environment:
        yield environment


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """A lock that settles at once, and is given up soon."""
    monkeypatch.setattr(far_lock, "_SETTLING_SECONDS", 0.0)
    monkeypatch.setattr(far_lock, "_BEAT_SECONDS", 0.3)
    monkeypatch.setattr(far_lock, "_SILENCE_SECONDS", 0.5)


@pytest.fixture(params=["disk", "ram", "gs"])
def root(request, tmp_path, monkeypatch):
    """An empty place that is not there yet."""
    monkeypatch.chdir(tmp_path)
    if request.param == "disk":
        yield str(tmp_path / "run")
        return
    if request.param == "gs":
        for name, value in request.getfixturevalue("store").items():
            monkeypatch.setenv(name, value)
    scheme, number = request.param, next(_NUMBERS)
    yield f"{scheme}://bucket-{os.getpid()}-{number}/runs/run"
    assert not os.listdir(tmp_path), "what is for far away was written here"


only_far = pytest.mark.parametrize("root", ["ram", "gs"], indirect=True)
# To ram:// a file that is set aside makes a folder of the beginning of its name.
not_in_ram = pytest.mark.parametrize("root", ["disk", "gs"], indirect=True)


def fit(root, steps, **options):
    model, step = toy.step()
    given = {"hooks": [], "log_every_steps": 1, "summary_every_steps": 2, **options}
    run = slim.learning.fit(step, toy.data(), root, steps, **given)
    return model, run


def rows(root):
    return [
        {key: value for key, value in row.items() if key != "steps_per_second"}
        for row in slim.learning.read_history(root)
    ]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(root, tmp_path_factory):
    options = {"validation": (toy.X, toy.Y), "validate_every": 2, "restore_best": False}
    twin = str(tmp_path_factory.mktemp("twin") / "run")
    undisturbed, _ = fit(None, 9, **options)
    for folder in (twin, root):
        fit(folder, 5, **options)
        got, run = fit(folder, 9, **options)
        assert (run.first_step, run.step, run.logdir) == (5, 9, folder)
        for one, two in zip(undisturbed.variables, got.variables, strict=True):
            np.testing.assert_array_equal(one, two)
    assert rows(root) == rows(twin)
    left = paths.names(root)
    of_twin = [name for name in os.listdir(twin) if not name.startswith("events")]
    assert [name for name in left if not name.startswith("events")] == sorted(of_twin)
    events = [name for name in left if name.startswith("events")]
    steps = [
        event.step
        for name in sorted(events)
        for event in tf.compat.v1.train.summary_iterator(f"{root}/{name}")
        if event.summary.value and event.summary.value[0].tag == "loss"
    ]
    assert steps == [2, 4, 6, 8]
    again = slim.load(root, model=toy.model())
    assert len(again.history) == 9 and again.checkpoint == checkpoints.best(root).path


def test_the_latest_and_the_best_are_kept(root):
    best = 0
    with RunFolder(root, keep=2) as folder:
        for step, score in enumerate([0.1, 0.8, 0.3, 0.2, 0.9, 0.0, 0.0]):
            path = folder.save(step, VALUE)
            there = [checkpoints.step_of(one) for one in checkpoints.prefixes(root)]
            assert there == sorted({best, step, max(step - 1, 0)})
            if checkpoints.mark_best(path, score):
                best = step
    assert checkpoints.latest(root) == f"{root}/model.ckpt-6"
    assert checkpoints.best(root).path == f"{root}/model.ckpt-4"
    state = tf.train.get_checkpoint_state(root)
    assert [os.path.basename(path)[-1] for path in state.all_model_checkpoint_paths] == list("456")


def test_an_unused_folder_is_taken_away(root):
    RunFolder(root).close()
    assert not paths.exists(root) or not paths.names(root)  # TensorFlow remembers for 5 s


def test_leftovers_of_a_killed_process_go_and_those_of_others_stay(root):
    names = ["model.ckpt-3", "model.ckpt-3.index", "checkpoint", "history-2.jsonl", LOCK]
    for name in [*names, "film.mp4"]:
        files.replace_text(_made(root, f".{name}.part-x"), "half")
    RunFolder(root).close()
    assert paths.names(root) == [".film.mp4.part-x"]


def _made(root, name):
    paths.make_folders(root)
    return os.path.join(root, name)


@not_in_ram
def test_what_is_no_note_is_set_aside(root):
    fit(root, 2)
    checkpoints.mark_best(f"{root}/model.ckpt-2", 0.5)
    notes = ("history.jsonl", "checkpoint", "best.json")
    for note in notes:
        files.replace_text(f"{root}/{note}", "bought milk\n")
    with pytest.warns(UserWarning, match="set-aside-1"):
        _, run = fit(root, 3)
    assert (run.first_step, run.step) == (2, 3)
    for note in notes:
        assert files.read_text(f"{root}/{note}.set-aside-1") == "bought milk\n"


# ------------------------------------------------------------------ the history


def test_a_history_in_parts_is_the_one_of_a_disk(root, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(history, "_PART_BYTES", 60)
    here = str(tmp_path_factory.mktemp("here"))
    sizes = []
    for folder in (here, root):
        with RunFolder(folder) as opened:
            opened.open_history(0)
            for step in range(1, 14):
                opened.note({"step": step, "loss": 0.5 * step})
                if step % 2 == 0:
                    opened.save(step, VALUE)
                    opened.note({"step": step, "validation": {"loss": 0.25}})
                if step % 3 == 0:
                    opened.save(step + 100, VALUE)
            opened.note({"step": 14})
            sizes.append(len([n for n in paths.names(folder) if n.startswith("history")]))
            seen = slim.learning.read_history(folder)
            assert seen[:-1] == slim.learning.read_history(here)[: len(seen) - 1]
            assert len(seen) == (12 if paths.is_far(folder) else 14)
    assert (sizes[1] > 3) == paths.is_far(root)
    assert [n for n in paths.names(root) if n.startswith("history")] == ["history.jsonl"]
    assert files.read_text(f"{root}/history.jsonl") == files.read_text(f"{here}/history.jsonl")


def test_what_a_killed_run_noted_after_its_checkpoint_is_dropped(root, monkeypatch):
    monkeypatch.setattr(history, "_PART_BYTES", 60)
    first = history.of(_made(root, "")[:-1])
    first.open(0)
    for step in range(1, 20):
        first.note({"step": step})
        first.flush()
    second = history.of(root)
    second.open(7)
    second.note({"step": 8, "again": True})
    second.close()
    assert rows(root) == [{"step": step} for step in range(1, 8)] + [{"step": 8, "again": True}]


@only_far
def test_killed_while_it_unites_its_history_a_run_loses_nothing(root, monkeypatch):
    monkeypatch.setattr(history, "_PART_BYTES", 60)
    noted = history.FarHistory(root)
    noted.open(0)
    for step in range(1, 20):
        noted.note({"step": step})
        noted.flush()
    expected = rows(root)
    monkeypatch.setattr(paths, "remove", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        noted.close()
    assert len(paths.names(root)) > 3 and rows(root) == expected
    assert [row["step"] for row in expected] == list(range(1, 20))


# ------------------------------------------------------------------ the lock


def lock_of(root):
    return json.loads(files.read_text(f"{root}/{LOCK}"))


def test_a_second_one_of_the_same_process_is_refused(root):
    with RunFolder(root):
        with pytest.raises(RunInUseError, match=f"process {os.getpid()} on"):
            RunFolder(f"{root}/")
        assert slim.learning.read_history(root) == []
    RunFolder(root).close()


def _left_lock(root, **known):
    """A lock of a run that is not there any more, or not here."""
    lock = far_lock.FarLock(root)
    text = {**lock_of(root), "machine": "another", "pid": 7, "host": "far", "token": "t", **known}
    lock.release()
    files.replace_text(f"{root}/{LOCK}", json.dumps(text))
    return text


@only_far
def test_the_lock_of_a_machine_that_is_gone_is_taken_over_after_a_silence(root):
    _left_lock(root)
    with pytest.warns(UserWarning, match=r"process 7 on far.* last sign of life is of 20.*UTC"):
        RunFolder(root).close()
    assert not paths.exists(f"{root}/{LOCK}")


@only_far
def test_a_machine_that_is_alive_is_respected(root, monkeypatch):
    text = _left_lock(root)
    reads = itertools.count()
    read = far_lock._read

    def beating(path):
        text["beats"] = next(reads)
        files.replace_text(path, json.dumps(text))
        return read(path)

    monkeypatch.setattr(far_lock, "_read", beating)
    with (
        pytest.warns(UserWarning, match="Watching for"),
        pytest.raises(RunInUseError, match=r"process 7 on far.*gave a sign of life at 20"),
    ):
        RunFolder(root)
    assert lock_of(root)["pid"] == 7


@only_far
def test_of_a_process_of_this_machine_the_system_tells(root):
    me = far_lock._myself()
    _left_lock(root, machine=me.machine, pid=me.pid, started=me.started)
    with pytest.raises(RunInUseError):
        RunFolder(root)
    paths.remove(f"{root}/{LOCK}")
    _left_lock(root, machine=me.machine, pid=me.pid, started="then")  # its number, another process
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RunFolder(root).close()


@only_far
def test_of_two_that_begin_at_once_one_gives_way(root, monkeypatch):
    other = {**_left_lock(root), "token": "other"}
    paths.remove(f"{root}/{LOCK}")

    def overtaken(_):
        files.replace_text(f"{root}/{LOCK}", json.dumps(other))

    monkeypatch.setattr(far_lock.time, "sleep", overtaken)
    with pytest.raises(RunInUseError, match="process 7 on far"):
        RunFolder(root)
    assert lock_of(root)["token"] == "other"


@only_far
def test_what_is_no_lock_is_named_and_left_alone(root):
    files.replace_text(_made(root, LOCK), "key 7")
    with pytest.raises(OSError, match=r"training\.lock.*no lock of TF-Slim"):
        RunFolder(root)
    assert files.read_text(f"{root}/{LOCK}") == "key 7"


@pytest.mark.parametrize("how", ["removed", "lock removed", "lock taken"])
@pytest.mark.parametrize("noticed", ["at a checkpoint", "at a beat"])
@only_far
def test_a_folder_that_vanishes_ends_the_training(root, how, noticed, monkeypatch):
    if noticed == "at a checkpoint":  # a beat that has begun might bring the lock back
        monkeypatch.setattr(far_lock, "_BEAT_SECONDS", 1000.0)

    class Vandal(slim.hooks.Hook):
        def after_step(self, run):
            if run.step == 3 or (run.step > 3 and noticed == "at a beat"):
                far_lock.time.sleep(0.05)
                if how == "removed":
                    paths.remove_folder(root)
                elif not paths.exists(f"{root}/{LOCK}"):
                    pass
                elif how == "lock removed":
                    paths.remove(f"{root}/{LOCK}")
                else:
                    text = {**lock_of(root), "token": "t"}
                    files.replace_text(f"{root}/{LOCK}", json.dumps(text))

    options = {"save_every_steps": 4} if noticed == "at a checkpoint" else {}
    with pytest.raises(RunLostError, match="no longer what it was"):
        fit(root, 10_000, hooks=[Vandal()], summary_every_steps=0, **options)
    left = paths.names(root) if paths.exists(root) else []
    assert not [name for name in left if how == "removed"]
    assert "model.ckpt-4.index" not in left
    if how == "lock taken":
        assert lock_of(root)["token"] == "t"


# ------------------------------------------------------------------ at the door


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (
            "zz://bucket/run",
            r"no file system for zz://.*it has .*gs://.*register_filesystem_plugin",
        ),
        ("gs://none/run", r"no such bucket"),
        ("gs://forbidden/run", r"may not write there.*GOOGLE_APPLICATION_CREDENTIALS"),
        ("gs://bucket-read-only/run", r"may not write there"),
    ],
)
def test_what_is_wrong_with_a_place_is_said_before_training_starts(
    place, words, store, monkeypatch
):
    for name, value in store.items():
        monkeypatch.setenv(name, value)

    class Never(slim.hooks.Hook):
        def begin(self, run):
            raise AssertionError("it has begun")

    with pytest.raises(OSError, match=words) as caught:
        fit(place, 2, hooks=[Never()])
    assert place in str(caught.value)
