"""The run folder keeps the latest checkpoints and the best one, and no leftovers."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim import checkpoints
from tf_slim.learning.run_folder import RunFolder

VALUE = {"w": np.float32([1, 2]), "b": np.float32(0)}


def steps(folder) -> list[int]:
    return [checkpoints.step_of(prefix) for prefix in checkpoints.prefixes(folder)]


@pytest.fixture
def folder(tmp_path):
    with RunFolder(tmp_path, keep=2) as opened:
        yield opened


def test_the_latest_and_the_best_are_kept(folder, tmp_path):
    best = 0
    for step, score in enumerate([0.1, 0.8, 0.3, 0.2, 0.9, 0.0, 0.0, 0.0]):
        path = folder.save(step, VALUE)
        assert steps(tmp_path) == sorted({best, step, max(step - 1, 0)})
        if checkpoints.mark_best(path, score):
            best = step
    state = tf.train.get_checkpoint_state(str(tmp_path))
    listed = [os.path.basename(path) for path in state.all_model_checkpoint_paths]
    assert listed == ["model.ckpt-4", "model.ckpt-6", "model.ckpt-7"]
    assert folder.latest() == str(tmp_path / "model.ckpt-7")
    assert checkpoints.best(tmp_path).path == str(tmp_path / "model.ckpt-4")


def test_leftovers_of_a_killed_process_go(tmp_path):
    for name in (
        "model.ckpt-3",
        "checkpoint",
        "history.jsonl",
        "config.toml",
        "best.json",
        "data.json",
    ):
        (tmp_path / f".{name}.part-x").mkdir()
    RunFolder(tmp_path).close()
    assert os.listdir(tmp_path) == []


OTHER_PEOPLES = [
    "model.ckpt-1.index",
    "model.ckpt-1.data-00000-of-00001",
    "model.ckpt-2-good.index",
    "model.ckpt-best.index",
    "pretrained.index",
    ".film.mp4.part-1",
    ".model.ckpt-x.part-1",
    "notes.txt",
]


def test_only_what_was_made_here_is_deleted(tmp_path):
    for name in OTHER_PEOPLES:
        (tmp_path / name).write_text("mine")
    with RunFolder(tmp_path, keep=1) as folder:
        for step in (2, 3, 4):
            folder.save(step, VALUE)
        assert steps(tmp_path) == [-1, -1, -1, 1, 4]
    with RunFolder(tmp_path, keep=1) as folder:
        folder.save(5, VALUE)
        assert folder.latest() == str(tmp_path / "model.ckpt-5")
    assert steps(tmp_path) == [-1, -1, -1, 1, 5]
    assert {(tmp_path / name).read_text() for name in OTHER_PEOPLES} == {"mine"}


def test_an_unused_folder_is_taken_away_if_it_was_made(tmp_path):
    RunFolder(tmp_path / "new").close()
    assert not (tmp_path / "new").exists()
    RunFolder(tmp_path).close()
    assert os.listdir(tmp_path) == []


# ------------------------------------------------------------------ notes that are none

STRANGE = {
    "nothing": b"",
    "zeros": bytes(64),
    "bytes": b"\xff\xfe\x80" * 9 + b"\n",
    "a text": b"bought milk\n",
    "a number": b"3\n",
    "another table": b'{"epoch": 1}\n',
    "a link to nowhere": None,
    "a folder": None,
}


def put(path, case):
    if case == "a folder":
        path.mkdir()
    elif case == "a link to nowhere":
        path.symlink_to("nowhere")
    else:
        path.write_bytes(STRANGE[case])


def go_on(folder, step):
    """What `fit` does with a folder."""
    with RunFolder(folder) as opened:
        found = opened.latest()
        opened.open_history(step)
        opened.note({"step": step + 1})
        checkpoints.mark_best(opened.save(step + 1, VALUE), 1.0)
        return None if found is None else checkpoints.step_of(found)


@pytest.mark.parametrize("case", STRANGE)
@pytest.mark.parametrize("note", ["history.jsonl", "checkpoint", "best.json"])
def test_what_is_no_note_is_set_aside_and_the_run_goes_on(note, case, tmp_path):
    assert go_on(tmp_path, 0) is None
    (tmp_path / note).unlink()
    put(tmp_path / note, case)
    keeps = note == "history.jsonl" and case in ("nothing", "zeros")  # a history without a row
    said = contextlib.nullcontext() if keeps else pytest.warns(UserWarning, match="set-aside-1")
    with said:
        assert go_on(tmp_path, 1) == 1
    assert steps(tmp_path) == [1, 2]
    aside = tmp_path / f"{note}.set-aside-1"
    assert os.path.lexists(aside) != keeps
    if not keeps and STRANGE[case] is not None:
        assert aside.read_bytes() == STRANGE[case]
    assert slim.learning.read_history(tmp_path)[-1] == {"step": 2}
    assert checkpoints.best(tmp_path).value == 1.0


def test_a_note_that_is_damaged_while_training_goes_on(tmp_path):
    class Vandal(slim.hooks.Hook):
        def after_step(self, run):
            if run.step == 1:
                (tmp_path / "best.json").write_text("{")

    hooks = [slim.hooks.KeepBest(lambda: 1.0), Vandal()]
    with pytest.warns(UserWarning, match=r"best\.json"):
        run = slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 2, hooks=hooks)
    assert run.stop == "all steps taken"
    assert checkpoints.step_of(checkpoints.best(tmp_path).path) == 2


def test_the_good_rows_of_a_damaged_history_stay(tmp_path):
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 3, hooks=[], log_every_steps=1)
    first, second, third = (tmp_path / "history.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "history.jsonl").write_text(first + second[:9] + "\n" + third)
    assert [row["step"] for row in slim.learning.read_history(tmp_path)] == [1, 3]
    with pytest.warns(UserWarning, match="1 of its 3 lines"):
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 4, hooks=[], log_every_steps=1)
    assert [row["step"] for row in slim.learning.read_history(tmp_path)] == [1, 3, 4]


def test_a_copy_of_a_run_goes_on_by_itself(tmp_path):
    """Also where its `checkpoint` names the files of the original, as TensorFlow 1 wrote it."""
    one, two = tmp_path / "one", tmp_path / "two"
    slim.learning.fit(toy.step()[1], toy.data(), one, 2, hooks=[])
    (one / "checkpoint").write_text(f'model_checkpoint_path: "{one / "model.ckpt-2"}"\n')
    shutil.copytree(one, two)
    assert checkpoints.latest(two) == str(two / "model.ckpt-2")
    checkpoints.remove(str(two / "model.ckpt-2"))
    with pytest.warns(UserWarning, match="another folder"):
        run = slim.learning.fit(toy.step()[1], toy.data(), two, 1, hooks=[])
    assert (run.first_step, run.step) == (0, 1)


@pytest.mark.parametrize(("greater", "expected", "kept"), [(True, 4, [3, 4]), (False, 0, [0, 4])])
def test_keep_best_judges_what_fit_saves(greater, expected, kept, tmp_path):
    """The one that was the best when the last one was saved is there until the next is saved."""
    _, step = toy.step()
    best = slim.hooks.KeepBest(
        lambda: float(tf.convert_to_tensor(step.global_step)), "steps", greater
    )
    slim.learning.fit(
        step, toy.data(), tmp_path, 4, hooks=[best], save_every_steps=1, keep_checkpoints=1
    )
    assert steps(tmp_path) == kept
    assert checkpoints.step_of(checkpoints.best(tmp_path).path) == expected


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "its permissions")]
)
def test_what_to_do_where_nothing_can_be_written_depends_on_why(
    monkeypatch, tmp_path, number, remedy
):
    def fail(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    with pytest.raises(OSError, match=remedy):
        RunFolder(tmp_path)
