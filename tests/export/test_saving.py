"""`slim.export.save`: what it refuses, what it verifies, and what it leaves when it fails."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import made_up, tiny
from tests.export.made_up import made_up_format as made_up_format
from tf_slim.export import ExportError, VerificationError, engines, saving
from tf_slim.export.metadata import Metadata

NAMES = {"labels": tiny.LABELS, "preprocess": "inception"}


@pytest.fixture(scope="module")
def model():
    return tiny.source().model


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of class folders, as many as the net has classes, of three pictures each."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.RandomState(0)
    for label in tiny.LABELS:
        (folder / label).mkdir()
        for number in range(3):
            pixels = rng.randint(0, 255, [*tiny.SIZE, 3]).astype(np.uint8)
            content = tf.io.encode_png(pixels).numpy()
            (folder / label / f"{number}.png").write_bytes(content)
    return folder


@pytest.fixture
def data(pictures):
    return slim.data.from_folder(pictures, "all")


@pytest.mark.parametrize("verify", [True, False])
def test_a_made_up_format_is_written_run_and_compared(
    model, data, tmp_path, made_up_format, verify
):
    made_up_format()
    path = tmp_path / "net.made"
    made = slim.export.save(model, path, data=data, verify=verify, **NAMES)
    assert (made.path, made.format) == (str(path), made_up.NAME)
    assert made.size == path.stat().st_size
    engine = engines.open(path)
    assert engine.metadata == Metadata(
        net="net",
        labels=tiny.LABELS,
        preprocessing="inception",
        image_size=tiny.SIZE,
        format=made_up.NAME,
        verified=True if verify else "not asked for",
        exporter=f"tf-slim2 {slim.__version__}",
    )
    if not verify:
        assert made.verified is None
        return
    found = made.verified
    assert (found.pictures, found.data) == (15, f"{data.name}, all")
    assert found.difference < 1e-5 and found.agreement == 1
    assert found.accuracy == found.source_accuracy is not None
    assert found.size == made.size
    assert sorted(found.latency) == sorted(found.source_latency) == [1, 16]
    assert found.source_size == 4 * sum(int(np.prod(v.shape)) for v in model.variables)
    # It is on the pictures as training would see them, in evaluation.
    images = slim.data.Pipeline(data, 15, preprocess="inception", image_size=tiny.SIZE).dataset()
    batch, labels = next(iter(images))
    names = [data.labels_to_names[one] for one in labels.numpy()]
    told = [tiny.LABELS[one] for one in np.argmax(engine(batch.numpy())["logits"], 1)]
    np.testing.assert_allclose(found.accuracy, np.mean([a == b for a, b in zip(names, told)]))


class Wrong(made_up.MadeUpEngine):
    """Gives what the net does not."""

    change = staticmethod(lambda outputs: outputs)

    def _run(self, feeds):
        return type(self).change(super()._run(feeds))


WRONG = {
    "another number": (
        lambda found: {**found, "probabilities": found["probabilities"] + np.float32(1e-3)},
        "the largest difference of its outputs is 0.001, more than 1e-05, on 15 pictures",
    ),
    "no number": (
        lambda found: {**found, "probabilities": found["probabilities"] * np.nan},
        "it gives numbers that are none",
    ),
    "no output": (lambda found: {"logits": found["logits"]}, "gives no output 'probabilities'"),
    "another shape": (
        lambda found: {**found, "logits": found["logits"][:, :2]},
        r"'logits' of the shape \[15, 2\]; expected \[15, 5\]",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_computes_something_else_is_not_written(model, tmp_path, made_up_format, kind):
    change, said = WRONG[kind]
    made_up_format(engine=type("Changed", (Wrong,), {"change": staticmethod(change)}))
    with pytest.raises(VerificationError, match=said):
        slim.export.save(model, tmp_path / "net.made", pictures=15, **NAMES)
    assert os.listdir(tmp_path) == []


def test_the_tolerance_is_the_callers(model, tmp_path, made_up_format):
    change, _ = WRONG["another number"]
    made_up_format(engine=type("Changed", (Wrong,), {"change": staticmethod(change)}))
    made = slim.export.save(model, tmp_path / "net.made", tolerance=2e-3, **NAMES)
    np.testing.assert_allclose(made.verified.difference, 1e-3, rtol=1e-2)


def test_an_operation_that_cannot_be_computed_is_named_with_its_layer(tmp_path):
    """TensorFlow knows local response normalization in float32 and float16 only, on a CPU."""
    model = slim.nets.create("cifarnet", 3).build(tf.TensorSpec([None, 16, 16, 3]))
    with pytest.raises(
        VerificationError, match=r"operation LRN \(layer CifarNet/norm1\)"
    ) as caught:
        slim.export.save(model, tmp_path / "net", precision="mixed_bfloat16", pictures=4)
    assert len(str(caught.value)) < 200
    assert os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_opened_is_not_written(model, tmp_path, made_up_format):
    def write(source, path, options):
        with open(path, "w") as file:
            file.write("no file of numpy")

    made_up_format(write=write)
    with pytest.raises(VerificationError, match="cannot be run"):
        slim.export.save(model, tmp_path / "net.made", pictures=15, **NAMES)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
        (tf.errors.ResourceExhaustedError(None, None, "x; No space left on device"), OSError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["disk", "disk of TensorFlow", "Ctrl-C"],
)
def test_a_fault_leaves_the_earlier_export(model, tmp_path, made_up_format, fault, raised):
    def write(source, path, options):
        made_up.write(source, path, options)
        raise fault

    made_up_format()
    path = tmp_path / "net.made"
    slim.export.save(model, path, verify=False, **NAMES)
    before = path.read_bytes()
    made_up_format(write=write)
    with pytest.raises(raised) as caught:
        slim.export.save(model, path, verify=False, force=True, **NAMES)
    if raised is OSError:
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert os.listdir(tmp_path) == ["net.made"] and path.read_bytes() == before


def test_where_nobody_knows_the_pictures_they_are_made_up(model, tmp_path, made_up_format):
    made_up_format()
    made = slim.export.save(model, tmp_path / "net.made", pictures=5)
    assert made.verified.pictures == 5
    assert made.verified.data.startswith("made-up images")
    assert made.verified.accuracy is None and made.verified.difference < 1e-5
    # The file does not claim more than that.
    assert engines.open(made.path).metadata.verified.startswith("on made-up images")


def test_data_get_the_numbers_that_the_model_has(model, pictures, tmp_path, made_up_format):
    made_up_format()
    # In a folder classes are counted as they come, by name.
    assert sorted(tiny.LABELS) != list(tiny.LABELS)
    found = [
        slim.export.save(model, tmp_path / name, data=data, **NAMES).verified
        for name, data in (("a.made", pictures), ("b.made", slim.data.from_folder(pictures, "all")))
    ]
    assert found[0].source_accuracy == found[1].source_accuracy
    with pytest.raises(ExportError, match="data: The data .* have classes .* not know: 'a rose'"):
        slim.export.save(
            model, tmp_path / "c.made", data=pictures, labels=list("vwxyz"), preprocess="inception"
        )


def unbuilt(images):
    return slim.conv2d(images, 3, 3)


REFUSED = {
    "an unbuilt model": (
        {"model_or_run": slim.Model(unbuilt)},
        ValueError,
        "Cannot export unbuilt: it has no variables yet. Build it first",
    ),
    "no model": ({"model_or_run": 3}, TypeError, "expected the folder of a run, what slim.load"),
    "no run": ({"model_or_run": "no/such"}, ValueError, "There is no run folder 'no/such'"),
    "a format": ({"format": "saved_mdel"}, ValueError, "Did you mean 'saved_model'"),
    "an ending": ({"path": "net.tflit"}, ExportError, "the ending .tflit tells no format.*.tflite"),
    "another ending": (
        {"path": "net.onnx", "format": "keras"},
        ExportError,
        r"a file of the format keras ends in .keras. Write .*net.keras",
    ),
    "a quantization": (
        {"path": "net.tflite", "quantize": "int9"},
        ExportError,
        "litert knows no quantize 'int9'. Did you mean 'int8'",
    ),
    "a quantization of others": (
        {"path": "net.keras", "quantize": "int8"},
        ExportError,
        "keras knows no quantize 'int8'. Known: none. The formats that know it: .*litert",
    ),
    "a precision": (
        {"precision": "mixed_bfloat"},
        ExportError,
        "saved_model knows no precision 'mixed_bfloat'. Did you mean 'mixed_bfloat16'",
    ),
    "a tolerance": ({"tolerance": -1}, ValueError, "tolerance: expected a number from 0"),
    "a number of pictures": ({"pictures": 0}, ValueError, "pictures: expected at least 1; got 0"),
    "labels": ({"labels": ["a"]}, ExportError, r"There are 1 labels \(a\), but net returns 5 log"),
    "data": ({"data": 3}, TypeError, "data: expected a slim.data.DatasetSpec, or a folder"),
    "no data": ({"data": "no/pictures"}, ValueError, "no/pictures"),
    "a checkpoint": ({"checkpoint": "x"}, ExportError, "checkpoint goes with the folder of a run"),
    "a folder": ({"path": "no/net"}, ExportError, "there is no folder .*no. Make it first"),
    "an end point": ({"features": "nope"}, ValueError, "has no end point 'nope'"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_leaves_nothing(model, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    given, error, said = REFUSED[kind]
    asked = {"model_or_run": model, "path": "net", **given}
    with pytest.raises(error, match=said):
        slim.export.save(**asked)
    assert os.listdir(tmp_path) == []


def test_a_missing_extra_is_named_before_any_work(tmp_path, made_up_format):
    made_up_format(modules=("no_such_engine",), extra="made-up")
    with pytest.raises(ImportError, match=r"needs no_such_engine.*pip install 'tf-slim2\[made-up"):
        slim.export.save("no/such/run", tmp_path / "net.made")


def test_int8_needs_pictures(model, tmp_path):
    with pytest.raises(ExportError, match="To quantize net, pictures .* give calibration="):
        slim.export.save(model, tmp_path / "net.tflite", quantize="int8", **NAMES)
    assert os.listdir(tmp_path) == []


def test_a_source_is_read_and_traced_once_for_many_formats(
    model, data, tmp_path, made_up_format, monkeypatch
):
    made_up_format()
    source = slim.export.source_of(model, data=data, **NAMES)
    first = slim.export.save(source, tmp_path / "a.made").verified
    monkeypatch.setattr(slim.data.Pipeline, "dataset", lambda self: pytest.fail("read again"))
    monkeypatch.setattr(slim.Model, "__call__", lambda *args: pytest.fail("traced again"))
    second = slim.export.save(source, tmp_path / "b.made").verified
    assert first.accuracy == second.accuracy is not None
    with pytest.raises(ExportError, match="labels: a Source says this itself"):
        slim.export.save(source, tmp_path / "c.made", labels=tiny.LABELS)


def test_it_tells_how_far_it_is(model, tmp_path, made_up_format):
    made_up_format()
    told = []
    slim.export.save(
        model, tmp_path / "net.made", pictures=15, progress=lambda *how: told.append(how), **NAMES
    )
    assert [what for what, _, _ in told] == ["reading pictures", "writing", "comparing"]
    assert told[-1] == ("comparing", 15, 15)


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        ("out/net", None, "saved_model"),
        ("net.tflite", None, "litert"),
        ("NET.ONNX", None, "onnx"),
        ("net.v2", "saved_model", "saved_model"),
    ],
)
def test_the_ending_tells_the_format(path, given, expected):
    assert saving.format_of(path, given) == expected
