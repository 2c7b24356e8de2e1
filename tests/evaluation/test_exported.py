"""Exported files as predictors: what a file says of pictures is what the model said of them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import tiny
from tf_slim.cli import main
from tf_slim.evaluation.exported import load_any
from tf_slim.export import engines, formats

_FORMATS = ("onnx", "litert", "saved_model")


@pytest.fixture(scope="module")
def source():
    return dataclasses.replace(tiny.source(), step=7)


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    """Gives the path of a file of each format, written once."""
    made = {}

    def path(format):
        if format not in made:
            kind = formats.get(format)
            kind.require()
            place = str(tmp_path_factory.mktemp(format) / f"net{kind.ending or ''}")
            kind.write(source, place, tiny.options(source))
            made[format] = place
        return made[format]

    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The paths of some pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(5):
        pixels = np.random.RandomState(number).randint(0, 256, [20, 30, 3]).astype(np.uint8)
        (folder / f"{number}.png").write_bytes(tf.io.encode_png(pixels).numpy())
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize("format", _FORMATS)
def test_a_file_says_what_the_model_says(format, written, source, pictures):
    of_model = slim.Predictor(
        source.model, labels=tiny.LABELS, preprocess="inception", image_size=tiny.SIZE
    )
    predict = slim.Predictor(written(format), batch_size=2)
    assert predict.labels == tiny.LABELS
    for found, expected in zip(predict(pictures), of_model(pictures), strict=True):
        assert found.path == expected.path
        assert found.label == expected.label
        np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
    assert predict(pictures[0]).label in tiny.LABELS


def test_what_is_inside_cannot_be_seen(written, pictures):
    predict = slim.Predictor(written("onnx"))
    with pytest.raises(ValueError, match="exported model.*features 'conv1' are those of the run"):
        predict.features(pictures, "conv1")
    with pytest.raises(ValueError, match="exported model.*heat maps are those of the run"):
        list(predict.stream(pictures, heat_maps=True))
    (first, *_) = predict.stream(pictures, with_images=True)
    assert first.image.shape == (*tiny.SIZE, 3)
    assert first.heat_map is None


def test_labels_may_be_others(written, pictures):
    names = ["1", "2", "3", "4", "5"]
    assert slim.Predictor(written("onnx"), labels=names)(pictures[0]).label in names
    with pytest.raises(ValueError, match=r"There are 2 labels .* returns 5 logits"):
        slim.Predictor(written("onnx"), labels=["1", "2"])(pictures[0])


@pytest.mark.parametrize("multi_label", [False, True])
def test_logits_alone_become_probabilities(multi_label, tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 3], name="images")])
    def net(images):
        return {"logits": tf.reduce_mean(images, [1, 2])}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=net)
    predict = slim.Predictor(
        tmp_path, preprocess="inception", image_size=4, multi_label=multi_label
    )
    images = np.random.RandomState(0).normal(0, 3, [6, 4, 4, 3]).astype(np.float32)
    logits = images.mean(axis=(1, 2))
    expected = tf.sigmoid(logits) if multi_label else tf.nn.softmax(logits)
    found = predict.compute(images)["probabilities"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_other_outputs_are_no_predictions(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 3], name="images")])
    def net(images):
        return {"depths": tf.reduce_mean(images, 3)}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=net)
    predict = slim.Predictor(tmp_path, preprocess="inception", image_size=4)
    with pytest.raises(ValueError, match="gives depths, and neither probabilities nor logits"):
        predict.compute(np.zeros([1, 4, 4, 3], np.float32))


def test_a_file_that_takes_no_images_is_refused(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, 4], name="rows")])
    def net(rows):
        return {"logits": rows}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=net)
    with pytest.raises(engines.EngineError, match=r"takes no images .*rows \[None, 4\]"):
        slim.Predictor(tmp_path, preprocess="inception", image_size=4)


def test_a_checkpoint_does_not_go_with_a_file(written):
    with pytest.raises(slim.evaluation.LoadError, match="whose weights are in it"):
        load_any(written("onnx"), "model.ckpt-1")


def test_preprocessing_of_a_file_that_does_not_tell_must_be_given(tmp_path):
    source = tiny.source(preprocess=None)
    path = str(tmp_path / "net.onnx")
    formats.get("onnx").write(source, path, tiny.options(source))
    with pytest.raises(slim.evaluation.LoadError, match="preprocess="):
        slim.Predictor(path)
    assert slim.Predictor(path, preprocess="inception").labels == tiny.LABELS


def test_the_command_predicts_by_a_file(written, pictures, tmp_path, capsys):
    page = tmp_path / "page.html"
    arguments = [*pictures, "--json", "--top", "1", "--html", str(page)]
    assert main.run(["predict", written("onnx"), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = slim.Predictor(written("onnx"))(pictures)
    assert [row["labels"][0]["label"] for row in found] == [one.label for one in expected]
    text = page.read_text(encoding="utf-8")
    assert text.count("<img") == len(pictures)
    assert "What net sees" in text
    assert "7 steps" in text


def test_another_file_is_refused_at_the_door(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no model")
    assert main.run(["predict", str(tmp_path / "notes.txt"), "a.jpg"]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "is a file, and no exported model, whose name ends in one of .pb" in said
