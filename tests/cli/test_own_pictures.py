"""From a folder of pictures to a model that is trained, checked and used: every command, once.

The folder is as people have them: all formats, names with spaces and other scripts, a truncated
file, a text file.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import unicodedata

import numpy as np
import pytest

import tf_slim as slim
from tests.cli import pictures
from tests.cli.conftest import tf_slim
from tests.report import browser
from tf_slim.cli.config import load
from tf_slim.learning import read_history

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("PIL") is None, reason="Pillow makes the pictures: pip install pillow"
)

TRAIN = (
    *("train", "--net", "lenet", "--logdir", "run", "--epochs", "6", "--batch-size", "8"),
    *("--set", "data.image_size=20", "--set", "data.preprocessing=lenet"),
    *("--learning-rate", "0.01", "--set", "train.label_smoothing=0"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which a stranger has gone all the way; what each command said, by its name."""
    folder = tmp_path_factory.mktemp("stranger")
    before = os.getcwd()
    os.chdir(folder)
    try:
        made = pictures.make(folder / "pets")
        said = {
            "inspect": tf_slim("data", "inspect", "pets", "--html", "sheet.html"),
            "refused": tf_slim(*TRAIN, "--data", "pets"),
            "train": tf_slim(*TRAIN, "--data", "pets", "--on-error", "skip"),
            "eval": tf_slim("eval", "run", "--report", "page.html"),
            "predict": tf_slim(
                "predict", "run", *(f"pets/{p[0]}" for p in made.values()), "--json"
            ),
            "convert": tf_slim("data", "convert", "pets", "records", "--on-error", "skip"),
        }
        yield folder, made, said
    finally:
        os.chdir(before)


@pytest.mark.parametrize("command", ["inspect", "train", "eval", "predict", "convert"])
def test_each_command_works(home, command):
    result = home[2][command]
    assert result.status == 0, result.err
    assert "Traceback" not in result.err and "unexpected" not in result.err


def test_inspect_counts_and_names_what_is_wrong(home):
    folder, made, said = home
    out = said["inspect"].out + said["inspect"].err
    for name in made:
        assert name in out
    assert "notes.txt" in out
    assert (folder / "sheet.html").exists()


def test_a_picture_that_cannot_be_read_ends_it_before_anything_is_built(home):
    result = home[2]["refused"]
    assert result.status == 1
    assert "grün/cut.jpg" in result.err
    assert "--on-error skip" in result.err
    assert "images to train on" not in result.err


def test_what_was_left_out_is_listed_at_the_end_and_in_the_run_folder(home):
    folder, _, said = home
    last = said["train"].err.splitlines()[-1]
    assert last.startswith("note: 2 files were left out: ")
    for name in ("grün/cut.jpg", "grün/notes.txt"):
        assert name in last
        assert any(
            name == path
            for split in json.loads((folder / "run/data.json").read_text())["splits"].values()
            for path, _ in split["skipped"]
        )


def test_it_learns_and_keeps_the_best(home):
    folder, _, said = home
    values = [row["validation"] for row in read_history(folder / "run") if "validation" in row]
    assert len(values) == 6
    best = max(value["accuracy"] for value in values)
    assert best > 0.6  # of three classes
    assert slim.checkpoints.best(folder / "run").value == best  # pyright: ignore
    assert f"{100 * best:.2f} %" in said["train"].out


def test_the_run_describes_itself(home):
    folder, made, _ = home
    config = load(str(folder / "run/config.toml"), is_whole=True)
    assert config.data.source == str(folder / "pets")
    assert config.train.profile == "from_scratch"
    loaded = slim.load(folder / "run")
    assert loaded.labels == tuple(sorted(made))
    assert loaded.image_size == (20, 20)


def test_the_same_command_again_has_the_same_pictures(home, tmp_path):
    folder, made, _ = home
    shutil.copytree(folder / "run", tmp_path / "run")
    shutil.copytree(folder / "pets", tmp_path / "pets")
    shutil.copy(folder / "pets" / made["青"][0], tmp_path / "pets" / "青" / "later.jpg")
    again = tf_slim("train", str(tmp_path / "run"))
    assert again.status == 0, again.err
    assert "already complete" in again.err


def test_the_report_names_classes_and_files(home):
    folder, made, said = home
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "gelb &amp; rund" in page and "青" in page
    assert page.startswith("<!DOCTYPE html>")
    right = said["eval"].out.partition("(")[2].partition(" of ")
    mistakes = int(right[2].partition(")")[0]) - int(right[0])
    names = [path for paths in made.values() for path in paths]
    shown = sum(os.path.basename(name) in page for name in names)
    assert shown or not mistakes


@browser.needed
def test_the_report_in_a_browser(home, tmp_path):
    seen = browser.look((home[0] / "page.html").read_text(encoding="utf-8"), tmp_path)
    assert seen["headings"][:3] == ["About the data", "Learning curves", "Confusion matrix"]
    assert all(seen["images"]) and all(seen["lines"])
    assert (seen["outside"], seen["empty"], seen["wide"]) == ([], 0, 0)


def test_predict_gives_labels_best_first(home):
    _, made, said = home
    found = json.loads(said["predict"].out)
    assert [one["path"] for one in found] == [f"pets/{paths[0]}" for paths in made.values()]
    for one in found:
        labels = one["labels"]
        assert {row["label"] for row in labels} == set(made)
        chances = [row["probability"] for row in labels]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) == pytest.approx(1, abs=1e-4)
    right = sum(one["labels"][0]["label"] in one["path"] for one in found)
    assert right >= 2


def test_eval_takes_other_pictures_by_the_names_of_their_classes(home, tmp_path):
    folder, made, _ = home
    for name in ("青", "grün"):  # two of the three: other numbers for the classes
        for path in made[name][:4]:
            (tmp_path / "new" / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "pets" / path, tmp_path / "new" / name)
    other = tf_slim("eval", str(folder / "run"), "--data", str(tmp_path / "new"), "--json")
    assert other.status == 0, other.err
    predict, right = slim.Predictor(folder / "run"), 0
    for name in ("青", "grün"):
        for path in made[name][:4]:
            right += predict(folder / "pets" / path).label == name
    assert json.loads(other.out)["metrics"]["accuracy"] == pytest.approx(right / 8)
    (tmp_path / "new" / "grün").rename(tmp_path / "new" / "katze")
    wrong = tf_slim("eval", str(folder / "run"), "--data", str(tmp_path / "new"))
    assert wrong.status == 1
    assert "classes that the model does not know: 'katze'" in wrong.err


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("is_training", [True, False])
def test_the_folder_and_its_conversion_give_the_same_batches(home, split, is_training):
    folder, _, _ = home
    both = [
        slim.data.Pipeline(
            slim.data.from_source(folder / source, split, on_error="skip"),
            8,
            is_training=is_training,
            preprocess="inception",
            image_size=24,
            seed=3,
        )
        for source in ("pets", "records")
    ]
    count = 0
    for one, other in zip(*(pipeline.dataset().take(9) for pipeline in both), strict=True):
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        count += 1
    assert count == (9 if is_training else both[0].steps_per_epoch)
    if not is_training:
        positions = range(both[0].num_samples)
        names = [
            [unicodedata.normalize("NFC", name or "") for name in pipeline.filenames(positions)]
            for pipeline in both
        ]
        assert names[0] == names[1]
