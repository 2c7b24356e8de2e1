"""Programs in the style of 2016 to 2019 run as they stand, and do what they were written for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT, run_python

PROGRAMS = Path(__file__).parent / "programs"
ALONE = {"trainer.py", "evaluator.py", "two_processes.py"}
TOGETHER = sorted(path.name for path in PROGRAMS.glob("*.py") if path.name not in ALONE)

# Starting TensorFlow takes longer than most of the programs, so one process runs them all.
DRIVER = """
import contextlib, importlib, io, json, os, runpy, sys, tempfile, traceback
from tf_slim.legacy import imports
folder, *names = sys.argv[1:]
imports.install()
tf = importlib.import_module("tensorflow")
sys.path.insert(0, folder)
results = {}
for name in names:
    tf.compat.v1.reset_default_graph()
    path, out = os.path.join(folder, name), io.StringIO()
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(out):
        sys.argv = [path, "--folder", place]
        try:
            runpy.run_path(path, imports.python2_names(), run_name="__main__")
            results[name] = json.loads(out.getvalue().splitlines()[-1])
        except BaseException:
            results[name] = traceback.format_exc()
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results():
    done = run_python(DRIVER, str(PROGRAMS), *TOGETHER)
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def result(results, request):
    found = results[request.param]
    if isinstance(found, str):
        pytest.fail(found)
    return found


def of(program: str):
    return pytest.mark.parametrize("result", [program], indirect=True)


@of("gan.py")
def test_gan(result):
    assert result["step"] == 40 and result["shape"] == [3, 8, 8, 1]
    assert 0 < result["d_loss"] < 10 and 0 < result["g_loss"] < 10
    assert min(result["moved"]) > 0
    assert result["names"][:2] == [
        "generator/project/weights",
        "generator/project/BatchNorm/beta",
    ]
    assert "generator/Conv2d_transpose_1/biases" in result["names"]


@of("detector.py")
def test_detector(result):
    assert result["last"] < result["first"]
    assert result["priors"] == 2 * (8 * 8 + 4 * 4)
    assert result["losses"] == 2 and result["regularization"] == 9
    assert "ssd/block3_box/conv_cls/weights" in result["names"]


@of("a3c.py")
def test_a3c(result):
    assert result["episodes"] == [60, 60]
    assert result["right"] > 0.55
    assert result["names"] == [
        "global/fully_connected/weights",
        "global/fully_connected/biases",
        "global/rnn/basic_lstm_cell/kernel",
        "global/rnn/basic_lstm_cell/bias",
        "global/fully_connected_1/weights",
        "global/fully_connected_2/weights",
    ]


@of("siamese.py")
def test_siamese(result):
    assert result["last"] < 0.7 * result["first"]
    assert result["same"] < 1e-6
    assert result["names"] == [
        "conv1/weights",
        "conv1/biases",
        "embedding/weights",
        "embedding/biases",
        "twin/fully_connected/weights",
        "twin/fully_connected/biases",
        "twin/fully_connected_1/weights",
        "twin/fully_connected_1/biases",
    ]


@of("records.py")
def test_records(result):
    assert result["loss"] < 0.6
    assert (result["classes"], result["names"], result["samples"]) == (2, "light", 40)
    assert result["items"] == ["image", "label", "record_key"]
    assert result["checkpoint"] == "model.ckpt-30"
    assert {"checkpoint", "events", "graph", "model"} == set(result["files"])


@of("fine_tune.py")
def test_fine_tuning(result):
    base_first, base_last, head_first, head_last, all_first, all_last = result["losses"]
    assert base_last < base_first and head_last < head_first and all_last < head_first
    assert all_first < head_first
    assert result["trunk_kept"] and result["trunk_moved"]
    assert result["heads"] == [[32, 2], [32, 3]]


@of("clones.py")
def test_clones(result):
    assert result["last"] < result["first"] and result["step"] == 30
    assert result["updates"] == 2 and len(result["variables"]) == result["averages"] - 3
    assert result["variables"][0] == "Conv/weights"
    assert result["device"].lower().endswith("cpu:0")


@of("own_layers.py")
def test_own_layers(result):
    assert result["same"] and result["key_op"]
    assert result["counters"] == {"gated": 2, "second": 1}
    assert result["shape"] == [2, 2] and result["regularization"] == 8
    for name in ("gated_1/a/weights", "second_1/b/biases", "own/alphas", "wn_dense_1/V"):
        assert name in result["names"]
    assert "scaled/InstanceScale/w0" in result["names"]
    assert "scaled/biases" not in result["names"]


@of("with_tf_layers.py")
def test_slim_with_tf_layers(result):
    assert result["accuracy"] > 0.9 and result["moved"] > 0 and result["same"]
    assert result["names"] == [
        "model/c1/kernel",
        "model/bn1/gamma",
        "model/bn1/beta",
        "model/c2/weights",
        "model/c2/BatchNorm/beta",
        "model/fc/kernel",
        "model/fc/bias",
        "model/head/kernel",
        "model/head/bias",
    ]
    assert result["updates"] == 8 and result["regularization"] == 1


@of("with_contrib_layers.py")
def test_slim_with_contrib_layers(result):
    assert result["last"] < result["first"] and result["accuracy"] > 0.7
    assert result["step"] == 30 and result["same"] and result["units"] == [6, 6]
    assert result["end_points"] == ["fully_connected", "fully_connected_1", "logits"]
    assert result["names"] == ["logits/weights", "logits/biases"]
    assert result["by_name"] == 3 and result["summaries"] >= 3


@of("freeze.py")
def test_frozen_graph(result):
    assert result["same"] and result["variables"] == 0
    assert result["sum"] == pytest.approx(2, abs=1e-4)
    assert result["chain"] == [
        "Conv2D",
        "FusedBatchNormV3",
        "Relu",
        "MatMul",
        "BiasAdd",
        "Softmax",
    ]


def test_training_in_one_process_and_evaluation_in_another(tmp_path):
    def start(script, *arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "tf_slim.legacy", str(PROGRAMS / script), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    logdir, eval_dir = tmp_path / "train", tmp_path / "eval"
    both = [
        start("trainer.py", f"--logdir={logdir}"),
        start("evaluator.py", f"--checkpoint_dir={logdir}", f"--eval_dir={eval_dir}"),
    ]
    (trained, trainer_says), (evaluated, evaluator_says) = (
        process.communicate(timeout=550) for process in both
    )
    assert [process.returncode for process in both] == [0, 0], trainer_says + evaluator_says
    assert float(trained.split()[-1]) < 0.5
    last = json.loads(evaluated.splitlines()[-1])["seen"][-1]
    assert last["accuracy"] > 0.8 and last["accuracy"] == pytest.approx(1 - last["error"])
    assert any(name.startswith("events") for name in os.listdir(eval_dir))
