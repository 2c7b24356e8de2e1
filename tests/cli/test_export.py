"""`tf-slim export`: what it writes, what it prints, and how it fails."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import tf_slim as slim
from tests.cli.conftest import tf_slim
from tests.export.made_up import made_up_format as made_up_format
from tf_slim.export import engines


@pytest.fixture(scope="module")
def run(trained):
    return str(trained[0])


def test_a_run_as_a_saved_model(run, tmp_path):
    out = str(tmp_path / "digits")
    result = tf_slim("export", run, out, "--pictures", "60")
    assert (result.status, result.err) == (0, "")
    rows = {line.partition("  ")[0]: line.split() for line in result.out.splitlines()}
    assert result.out.splitlines()[0].split() == ["source", "saved_model"]
    assert rows["same top class"][-2:] == ["100.00", "%"]
    assert float(rows["largest difference"][2]) <= 1e-5
    ours, theirs = rows["accuracy"][1], rows["accuracy"][3]
    assert ours == theirs and float(ours) > 30
    for batch in ("1", "16"):
        assert f"latency, batch {batch}" in rows
    last = f"{out}: saved_model, run and compared on 60 pictures: digits, test"
    assert result.out.splitlines()[-1] == last
    metadata = engines.open(out).metadata
    assert (metadata.verified, metadata.net, metadata.step) == (True, "lenet", 60)
    assert metadata.labels == slim.load(run).labels


def test_the_ending_tells_the_format_and_json_has_the_numbers(run, tmp_path):
    out = str(tmp_path / "digits.keras")
    result = tf_slim("export", run, out, "--json", "--pictures", "30", "--split", "train")
    assert (result.status, result.err) == (0, "")
    found = json.loads(result.out)
    assert (found["path"], found["format"]) == (out, "keras")
    assert found["size"] == os.path.getsize(out)
    verified = found["verified"]
    assert (verified["pictures"], verified["data"]) == (30, "digits, train")
    assert verified["difference"] <= 1e-5 and verified["agreement"] == 1
    assert sorted(verified["latency"]) == ["1", "16"]


def test_without_verification_it_says_so(run, tmp_path):
    out = str(tmp_path / "digits")
    result = tf_slim("export", run, out, "--no-verify")
    assert result.status == 0
    assert result.out.startswith(f"{out}: saved_model, ")
    assert result.err == "note: it has not been run: --no-verify. The file says so of itself.\n"
    assert engines.open(out).metadata.verified == "not asked for"


def test_an_earlier_export_is_overwritten_only_by_force(run, tmp_path):
    out = tmp_path / "digits"
    assert tf_slim("export", run, str(out), "--no-verify").status == 0
    before = (out / "saved_model.pb").stat().st_mtime_ns
    result = tf_slim("export", run, str(out), "--no-verify")
    assert result.status == 1 and "stands there already" in result.err and "--force" in result.err
    assert (out / "saved_model.pb").stat().st_mtime_ns == before
    assert tf_slim("export", run, str(out), "--no-verify", "--force").status == 0
    assert (out / "saved_model.pb").stat().st_mtime_ns != before
    assert os.listdir(tmp_path) == ["digits"]


def test_a_file_beyond_the_tolerance_is_shown_and_not_written(run, tmp_path):
    out = str(tmp_path / "digits")
    asked = ["--precision", "mixed_bfloat16", "--tolerance", "1e-9", "--pictures", "30"]
    result = tf_slim("export", run, out, *asked)
    assert result.status == 1
    assert "largest difference" in result.out and "at most 1.0e-09" in result.out
    assert "more than 1e-09, on 30 pictures (digits, test). Nothing was written." in result.err
    assert "--tolerance X" in result.err
    assert os.listdir(tmp_path) == []


WRONG = {
    "no run": (["no/run", "out"], "There is no run folder 'no/run'"),
    "the run itself": (["{run}", "{run}", "--force"], "It is left alone, with force too"),
    "a checkpoint for a run": (["{run}/config.toml", "out"], "is a file; RUN is a run folder"),
    "a format": (["{run}", "out", "--to", "tflite"], "There is no export format 'tflite'"),
    "an ending": (["{run}", "out.tflit"], "the ending .tflit tells no format. Say it by"),
    "a quantization": (["{run}", "out.keras", "--quantize", "int8"], "keras knows no quantize"),
    "a precision": (["{run}", "out", "--precision", "bf16"], "knows no precision 'bf16'"),
    "a folder": (["{run}", "no/out"], "there is no folder"),
    "a split": (["{run}", "out", "--split", "tets"], "no split 'tets'. They have: train, test"),
    "data": (["{run}", "out", "--data", "no/pictures"], "data: "),
    "both": (["{run}", "out", "--no-verify", "--tolerance", "1"], "--no-verify compares nothing"),
    "an end point": (["{run}", "out", "--features", "fc9"], "has no end point 'fc9'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_in_a_line_or_two(run, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    arguments, said = WRONG[kind]
    before = sorted(os.listdir(run))
    result = tf_slim("export", *(one.format(run=run) for one in arguments))
    assert result.status in (1, 2) and result.out == ""
    assert said in result.err, result.err
    assert "Traceback" not in result.err and len(result.err.splitlines()) <= 4
    assert os.listdir(tmp_path) == [] and sorted(os.listdir(run)) == before


def test_a_missing_extra_is_named_before_any_work(tmp_path, made_up_format):
    made_up_format(modules=("no_such_engine",), extra="made-up")
    result = tf_slim("export", "no/run", str(tmp_path / "net.made"))
    assert result.status == 1 and "pip install 'tf-slim2[made-up]'" in result.err


def test_a_made_up_format_is_a_command_line_away(run, tmp_path, made_up_format):
    made_up_format()
    out = str(tmp_path / "net.made")
    assert tf_slim("export", run, out, "--pictures", "16").status == 0
    images = np.zeros([3, 8, 8, 1], np.float32)
    logits = slim.load(run).model(images)[0]
    np.testing.assert_allclose(engines.open(out)(images)["logits"], logits, rtol=1e-4, atol=1e-5)
