"""From a table of pictures, several labels each, to a model that is trained and measured."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.cli.conftest import tf_slim

TRAIN = (
    *("train", "--net", "lenet", "--data", "table.csv", "--logdir", "run", "--steps", "3"),
    *("--batch-size", "4", "--set", "data.image_size=12", "--set", "data.preprocessing=lenet"),
    *("--set", "model.weight_decay=0.01", "--set", "train.class_weights=balanced"),
)
COLUMNS = ("--columns", "path=photo", "--columns", "label=kinds")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of 20 pictures, bright ones and red ones, one of which is missing."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.RandomState(0)
    lines = ["photo,kinds,split"]
    for number in range(20):
        bright, red = divmod(number % 3 + 1, 2)
        pixels = rng.randint(0, 60, [12, 12, 3]) + 150 * bright
        pixels[..., 0] += 40 * red
        png = tf.io.encode_png(pixels.astype(np.uint8)).numpy()
        (tmp_path / f"{number}.png").write_bytes(png)
        labels = "|".join(["bright"] * bright + ["red"] * red)
        lines.append(f"{number}.png,{labels},{'validation' if number >= 14 else 'train'}")
    lines.insert(3, "missing.png,red,train")
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")


def test_a_missing_picture_is_refused_or_left_out_and_named(table):
    refused = tf_slim(*TRAIN, *COLUMNS)
    assert refused.status == 1 and "missing.png" in refused.err
    assert "Traceback" not in refused.err

    trained = tf_slim(*TRAIN, *COLUMNS, "--on-error", "skip")
    assert trained.status == 0, trained.err
    assert "missing.png" in trained.err and "14 images to train on" in trained.err
    assert "missing.png" in pathlib.Path("run/data.json").read_text()
    of_weights = float(trained.err.partition("includes weight decay, ")[2].split()[0])
    first = json.loads(pathlib.Path("run/history.jsonl").read_text().splitlines()[0])
    assert 0 < of_weights < first["loss"]

    measured = tf_slim("eval", "run", "--json")
    metrics = json.loads(measured.out)["metrics"]
    assert {"f1", "mean_average_precision"} <= set(metrics)

    again = tf_slim("eval", "run", "--json", "--data", "table.csv", "--split", "validation")
    assert json.loads(again.out)["metrics"] == metrics

    report = tf_slim("eval", "run", "--report", "page.html")
    assert report.status == 0, report.err
    page = pathlib.Path("page.html").read_text()
    wrong = round((1 - metrics["accuracy"]) * 6 * 2)
    assert f"{12 - wrong} of 12 answers" in page
    assert page.count("missed: <b>") + page.count("wrong: <b>") == wrong
    assert "bright" in page
    if wrong:
        assert ".png)" in page and "Grad-CAM" in page
    assert "tf-slim eval run --report page.html" in trained.out

    predicted = json.loads(tf_slim("predict", "run", "0.png", "--json").out)
    chances = {row["label"]: row["probability"] for row in predicted[0]["labels"]}
    assert set(chances) == {"bright", "red"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "there is no column 'path'. Its columns are: 'photo', 'kinds'"),
        ((), "path=NAME after --columns"),
        (("--columns", "path=foto"), "no column 'foto'. Did you mean 'photo'?"),
        (("--columns", "paths=photo"), "Did you mean 'path'?"),
        (("--columns", "path"), "--columns path: expected KEY=NAME, as in label=breed"),
        (("--columns", "path=a", "--columns", "path=b"), "path is said to be a and b"),
        (("--data", ".", *COLUMNS), "columns are those of a table"),
    ],
)
def test_columns_that_are_not_there(table, given, message):
    refused = tf_slim(*TRAIN, *given)
    assert refused.status == 1 and message in refused.err.replace("\n", " ")
    assert not pathlib.Path("run").exists()


def test_a_table_is_looked_at(table):
    pathlib.Path("missing.png").write_bytes(pathlib.Path("0.png").read_bytes())
    found = json.loads(tf_slim("data", "inspect", "table.csv", *COLUMNS, "--json").out)
    assert {name: split["pictures"] for name, split in found["splits"].items()} == {
        "train": 15,
        "validation": 6,
    }
