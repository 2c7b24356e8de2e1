"""Nets, runs and exported files side by side: what is measured, of whom, and what is refused."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import tiny
from tf_slim.cli import main
from tf_slim.export import benchmarking, contestants, formats, memory
from tf_slim.export.errors import ExportError, MissingExtraError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A net in two formats."""
    folder, source = tmp_path_factory.mktemp("files"), tiny.source()
    paths = []
    for format, quantize in (("onnx", None), ("litert", "float16")):
        path = str(folder / f"net{formats.get(format).ending}")
        formats.get(format).write(source, path, tiny.options(source, quantize))
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run."""
    folder = str(tmp_path_factory.mktemp("run"))
    data = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 4, is_training=True)
    model = slim.nets.create("lenet", 10).build([None, 8, 8, 1])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    slim.learning.fit(step, data, folder, 1, hooks=[])
    return folder


def test_each_is_timed_with_each_batch_size(files):
    found = slim.export.benchmark(
        ["lenet", *files], batch_sizes=[3, 1, 3], seconds=0.02, with_memory=False
    )
    assert [(one.name, one.kind, one.precision) for one in found] == [
        ("lenet", "net", "float32"),
        (files[0], "onnx", "float32"),
        (files[1], "litert", "float16"),
    ]
    assert [one.image_shape for one in found] == [(28, 28, 1), (*tiny.SIZE, 3), (*tiny.SIZE, 3)]
    for one in found:
        assert [timing.batch_size for timing in one.timings] == [1, 3]
        for timing in one.timings:
            assert timing.runs >= 5  # one in each round
            assert 0 < timing.median_ms <= timing.p95_ms
            expected = 1000 * timing.batch_size / timing.median_ms
            assert timing.images_per_second == pytest.approx(expected)
    assert found[0].size is None
    assert all((one.size or 0) > 5000 for one in found[1:])


def test_numbers_are_those_of_the_times():
    times = [0.001 * n for n in range(1, 101)]
    timing = benchmarking._timing(8, times)
    assert timing == benchmarking.Timing(
        batch_size=8,
        runs=100,
        median_ms=pytest.approx(50.5),
        p95_ms=pytest.approx(95.05),
        images_per_second=pytest.approx(8 / 0.0505),
    )


def test_they_take_turns_each_second_time_in_the_opposite_order(files, monkeypatch):
    calls = []

    def load(self, image_size, threads):
        def compute(images):
            calls.append((self.target, len(images)))

        return contestants.Ready(compute, (2, 2, 1), "float32")

    monkeypatch.setattr(contestants.Contestant, "load", load)
    benchmarking.benchmark(files, batch_sizes=[4], seconds=1e-9, with_memory=False)
    names = [name for name, _ in calls]
    one, two = files
    assert names == [one, one, two, two, *[one, two, two, one] * 2, one, two]


def test_a_run_computes_in_the_precisions_that_are_asked_for(run):
    found = slim.export.benchmark(
        run,
        batch_sizes=[2],
        seconds=0.01,
        precisions=["float32", "mixed_bfloat16"],
        with_memory=False,
    )
    assert [(one.kind, one.precision) for one in found] == [
        ("run", "float32"),
        ("run", "mixed_bfloat16"),
    ]
    assert found[0].image_shape == (8, 8, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a process")
def test_memory_is_that_of_the_model(tmp_path):
    def wide(images):
        return slim.fully_connected(slim.flatten(images), 30000, activation_fn=None)

    source = tiny.source(wide, labels=None)
    path = str(tmp_path / "wide.onnx")
    formats.get("onnx").write(source, path, tiny.options(source))
    weights = 4 * 360 * 30000
    (contestant,) = contestants.find([path])
    found = memory.measure(contestant, (1, *tiny.SIZE, 3), image_size=None, threads=1)
    assert 0.9 * weights < found.peak < 6 * weights
    assert 0 < found.after <= found.peak


def test_memory_of_what_ends_in_its_process_is_not_known(files, monkeypatch):
    (contestant,) = contestants.find(files[:1])
    monkeypatch.setattr(sys, "executable", "false")
    assert memory.measure(contestant, (1, *tiny.SIZE, 3), image_size=None, threads=1) is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"targets": ["lenett"]}, ExportError, "There is no net 'lenett'.*Did you mean 'lenet'"),
        ({"targets": []}, ExportError, "nothing to measure"),
        ({"targets": ["lenet"], "batch_sizes": [0]}, ValueError, "batch_sizes: expected"),
        ({"targets": ["lenet"], "batch_sizes": []}, ValueError, "batch_sizes: expected"),
        ({"targets": ["lenet"], "threads": 0}, ValueError, "threads: expected at least 1"),
        ({"targets": ["lenet"], "seconds": 0}, ValueError, "seconds: expected more than 0"),
        ({"targets": ["lenet"], "image_size": 2}, ExportError, "lenet cannot be built for images"),
        ({"targets": ["lenet"], "precisions": ["bf16"]}, ValueError, "precision: expected one of"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments, error, message):
    with pytest.raises(error, match=message):
        slim.export.benchmark(**arguments, with_memory=False)


def test_a_file_is_not_given_images_of_another_size(files):
    with pytest.raises(ExportError, match=r"takes images of 12x10 pixels, not of 20x20"):
        slim.export.benchmark(files, image_size=20, with_memory=False)


def test_a_text_is_no_contestant(tmp_path):
    (tmp_path / "a.txt").write_text("no model")
    with pytest.raises(ValueError, match="is no exported model"):
        slim.export.benchmark(tmp_path / "a.txt")


def test_a_missing_engine_is_named_before_anything_is_loaded(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(contestants.Contestant, "load", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(MissingExtraError, match=r"tf-slim2\[onnx\]"):
        slim.export.benchmark(["lenet", *files], with_memory=False)


def test_the_command_prints_a_table(files, tmp_path, capsys):
    page = tmp_path / "page.html"
    arguments = ["--seconds", "0.02", "--batch", "1,2", "--no-memory", "--html", str(page)]
    assert main.run(["benchmark", *files, *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("processor ")
    assert "onnxruntime" in lines[0]
    assert lines[2].split()[:2] == ["model", "format"]
    rows = [line.split() for line in lines[3:]]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        (path, format, batch)
        for batch in ("1", "2")
        for path, format in zip(files, ("onnx", "litert"))
    ]
    assert rows[0][9] == "1.00x"
    text = page.read_text(encoding="utf-8")
    assert text.count("<polyline") == 2
    assert text.count('class="bar"') == 4
    assert "<script" not in text and "http" not in text.partition("<body>")[2]
    for path in files:
        assert f">{os.path.basename(path)}" in text


def test_the_command_prints_json(files, capsys):
    assert main.run(["benchmark", files[0], "--seconds", "0.01", "--json", "--no-memory"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["environment"]["cores"] >= 1
    (result,) = found["results"]
    assert result["name"] == files[0]
    assert [timing["batch_size"] for timing in result["timings"]] == [1, 16]
    assert np.isfinite(result["timings"][0]["median_ms"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet", "--batch", "1,x"], "--batch 1,x: expected numbers"),
        (["lenet", "--batch", "0"], "--batch 0: expected numbers"),
        (["lenet", "--seconds", "0"], "--seconds 0.0: expected more than 0"),
        (["lenet", "--threads", "0"], "--threads 0: expected at least 1"),
        (["lenet", "--html", "nowhere/page.html"], "nowhere"),
        (["nothing.onnx"], "There is no net 'nothing.onnx'"),
    ],
)
def test_a_wrong_command_line_is_refused(arguments, message, capsys):
    assert main.run(["benchmark", *arguments]) != 0
    assert message in " ".join(capsys.readouterr().err.split())
