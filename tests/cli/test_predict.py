"""`tf-slim predict`: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.cli.conftest import tf_slim
from tests.house.sources import ROOT

SPEC = slim.data.get_dataset("digits", "test")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of digits, one in a folder of it, with a text beside them. Only to be read."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "more").mkdir()
    names = ["a 0.png", "ü 1.png", "c[2].png", "more/d 3.png"]
    for name, record in zip(names, tf.data.TFRecordDataset(SPEC.files())):
        example = tf.train.Example.FromString(record.numpy())
        content = example.features.feature["image/encoded"].bytes_list.value[0]
        (folder / name).write_bytes(content)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def bad(pictures, tmp_path):
    """Two good pictures, and between them one that is none."""
    folder = tmp_path / "bad"
    folder.mkdir()
    for target, source in (("1.png", "a 0.png"), ("3.png", "ü 1.png")):
        (folder / target).write_bytes((pictures / source).read_bytes())
    (folder / "2.png").write_text("dear diary")
    return folder


@pytest.fixture(scope="module")
def run(trained):
    return str(trained[0])


@pytest.fixture(scope="module")
def expected(run, pictures):
    """What Python says of them, by path."""
    return {one.path: one for one in slim.Predictor(run)(pictures)}


def test_it_prints_the_labels_best_first(run, pictures, expected):
    path = str(pictures / "a 0.png")
    result = tf_slim("predict", run, path, "--top", "3")
    assert (result.status, result.err) == (0, "")
    head, *rows = result.out.splitlines()
    assert head == path
    assert [row.split()[0] for row in rows] == [one.label for one in expected[path].top(3)]
    assert rows[0].endswith(f"{100 * expected[path].probability:6.2f} %")
    one_line = tf_slim("predict", run, path, "--top", "1").out
    assert one_line == f"{path}  {' '.join(rows[0].split())}\n"


def test_json_is_a_list_with_an_object_a_picture(run, pictures, expected):
    result = tf_slim("predict", run, str(pictures), "--json", "--top", "2")
    assert result.status == 0
    found = json.loads(result.out)
    assert [row["path"] for row in found] == sorted(expected)
    for row in found:
        labels = expected[row["path"]].top(2)
        assert [one["label"] for one in row["labels"]] == [label for label, _ in labels]
        np.testing.assert_allclose(
            [one["probability"] for one in row["labels"]], [p for _, p in labels], rtol=1e-4
        )


WAYS = {
    "a file of a name with signs": (["c[2].png"], ["c[2].png"]),
    "a pattern": (["*.png"], ["a 0.png", "c[2].png", "ü 1.png"]),
    "a pattern of all": (["**/*.png"], ["a 0.png", "c[2].png", "more/d 3.png", "ü 1.png"]),
    "a folder": (["more"], ["more/d 3.png"]),
    "several, in their order": (["more", "a 0.png"], ["more/d 3.png", "a 0.png"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_pictures_are_named_in_many_ways(run, pictures, monkeypatch, way):
    arguments, names = WAYS[way]
    monkeypatch.chdir(pictures)
    result = tf_slim("predict", run, *arguments, "--json")
    assert [row["path"] for row in json.loads(result.out)] == names


@pytest.mark.parametrize("separator", ["\n", "\0"])
def test_paths_come_from_standard_input(run, pictures, monkeypatch, separator):
    paths = [str(pictures / name) for name in ("ü 1.png", "a 0.png")]
    piped = io.TextIOWrapper(io.BytesIO(os.fsencode(separator.join(paths) + separator)))
    monkeypatch.setattr("sys.stdin", piped)
    result = tf_slim("predict", run, "-", "--json")
    assert [row["path"] for row in json.loads(result.out)] == paths


def test_embeddings_go_into_a_file_or_into_json(run, pictures, tmp_path):
    target = str(tmp_path / "e.npz")
    result = tf_slim("predict", run, str(pictures), "--features", "conv2", "--out", target)
    assert (result.status, result.out) == (0, "")
    found = np.load(target)
    assert found["paths"].tolist() == sorted(map(str, pictures.rglob("*.png")))
    wanted = slim.Predictor(run).features(pictures, "conv2")
    np.testing.assert_allclose(found["features"], wanted, rtol=1e-4, atol=1e-6)
    result = tf_slim("predict", run, str(pictures), "--features", "conv2", "--json")
    rows = json.loads(result.out)
    np.testing.assert_allclose([row["features"] for row in rows], wanted, rtol=1e-4, atol=1e-6)
    assert rows[0]["labels"]


def test_the_page_shows_each_with_its_heat_map(run, bad, tmp_path):
    page = tmp_path / "page.html"
    result = tf_slim("predict", run, str(bad), "--html", str(page), "--on-error", "skip")
    assert result.status == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 3
    assert text.count('class="warm"') == 2
    assert "is not a JPEG" in text


def test_a_bad_picture_ends_it_or_is_skipped(run, bad):
    result = tf_slim("predict", run, str(bad), "--top", "1")
    assert result.status == 1
    assert result.out.startswith(str(bad / "1.png"))
    assert f"error: {bad / '2.png'}: it is not a JPEG" in result.err
    assert "--on-error skip" in result.err
    result = tf_slim("predict", run, str(bad), "--on-error", "skip", "--json")
    assert result.status == 0
    assert f"skipped {bad / '2.png'}: it is not a JPEG" in result.err
    assert "1 of 3 pictures were skipped" in result.err
    rows = json.loads(result.out)
    assert [bool(row["labels"]) for row in rows] == [True, False, True]
    assert "is not a JPEG" in rows[1]["error"]
    result = tf_slim("predict", run, str(bad / "2.png"), "--on-error", "skip", "--json")
    assert result.status == 1


def test_nothing_is_written_when_it_fails(run, bad, tmp_path):
    page, target = tmp_path / "page.html", tmp_path / "e.npz"
    arguments = ["--html", str(page), "--features", "conv2", "--out", str(target)]
    assert tf_slim("predict", run, str(bad), *arguments).status == 1
    assert not page.exists()
    assert not target.exists()


def test_a_checkpoint_of_a_net_by_its_name(pictures, tmp_path):
    model = slim.nets.create("cifarnet", 3).build([None, 32, 32, 3])
    path = model.save(tmp_path / "mine.ckpt")
    labels = tmp_path / "labels.txt"
    labels.write_text("0:cat\n1:dog\n2:owl\n")
    arguments = ["--checkpoint", path, "--labels", str(labels)]
    result = tf_slim("predict", "cifarnet", str(pictures), *arguments, "--json")
    assert result.status == 0, result.err
    assert {one["label"] for one in json.loads(result.out)[0]["labels"]} == {"cat", "dog", "owl"}
    labels.write_text("0:cat\n1:dog\n")
    result = tf_slim("predict", "cifarnet", str(pictures), *arguments)
    assert result.status == 1
    assert "2 names of classes" in result.err


FAULTS = {
    "no run": (["nowhere", "PICTURES"], 1, "no run folder 'nowhere'"),
    "a folder that is none": (["PICTURES", "PICTURES"], 1, "is no run"),
    "a file for a run": (["RUN/config.toml", "PICTURES"], 1, "is a file"),
    "no picture": (["RUN"], 2, "PICTURE"),
    "a missing picture": (["RUN", "nowhere.png"], 1, "nowhere.png: there is no such file"),
    "a pattern of nothing": (["RUN", "*.webp"], 1, "nothing matches"),
    "a folder without": (["RUN", "RUN"], 1, "no picture in this folder"),
    "a policy": (["RUN", "PICTURES", "--on-error", "maybe"], 1, "expected fail or skip"),
    "out alone": (["RUN", "PICTURES", "--out", "x.npz"], 1, "--features NAME"),
    "nowhere to put them": (["RUN", "PICTURES", "--features", "conv2"], 1, "--out FILE.npz"),
    "an end point": (["RUN", "PICTURES", "--features", "conv9", "--json"], 1, "'conv9'"),
    "a page nowhere": (["RUN", "PICTURES", "--html", "no/x.html"], 1, "there is no folder"),
    "no such checkpoint": (["RUN", "PICTURES", "--checkpoint", "x-9"], 1, "no checkpoint"),
    "never published": (["lenet", "PICTURES"], 1, "was published"),
    "none at all": (["RUN", "PICTURES", "--top", "0"], 2, "--top"),
    "preprocessing": (["RUN", "PICTURES", "--preprocessing", "vg"], 1, "'vg'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_it_says_when_it_cannot(cli, run, pictures, fault):
    arguments, status, words = FAULTS[fault]
    given = [one.replace("RUN", run).replace("PICTURES", str(pictures)) for one in arguments]
    result = cli("predict", *given)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert "Traceback" not in result.err and "in user code" not in result.err


def test_standard_input_without_a_path(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    result = tf_slim("predict", run, "-")
    assert result.status == 1
    assert "gave no path" in result.err


def test_a_run_without_a_checkpoint(cli, pictures, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text('{"version": 1, "net": "lenet", "num_classes": 10}')
    result = cli("predict", str(folder), str(pictures))
    assert result.status == 1
    assert "has no checkpoint yet" in result.err


def started(run, *arguments, **kwargs):
    return subprocess.Popen(
        [sys.executable, "-m", "tf_slim.cli", "predict", run, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        **kwargs,
    )


def test_a_reader_that_has_seen_enough_and_ctrl_c(run, pictures):
    """Both at once: what takes time is to start."""
    many = [str(pictures / "a 0.png")] * 30_000
    closed = started(run, "-", "--top", "1", stdin=subprocess.PIPE)
    stopped = started(run, "-", "--top", "1", stdin=subprocess.PIPE)
    for process in (closed, stopped):
        process.stdin.write("\n".join(many))
        process.stdin.close()
        process.stdin = None
        assert process.stdout.readline().startswith(many[0])
    closed.stdout.close()
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=200)
    assert stopped.returncode == 130, err
    assert out.count("\n") < len(many)
    assert "Traceback" not in err
    assert closed.wait(timeout=200) == 1
    assert "Traceback" not in closed.stderr.read()
    closed.stderr.close()
