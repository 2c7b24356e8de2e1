"""`slim.Predictor`: the same numbers as in evaluation, for pictures as they come."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

SPEC = slim.data.get_dataset("digits", "test")
NAMES = tuple(SPEC.labels_to_names[i] for i in range(10))


def encoded_digits(count: int) -> list[bytes]:
    found = []
    for record in tf.data.TFRecordDataset(SPEC.files()).take(count):
        example = tf.train.Example.FromString(record.numpy())
        found.append(example.features.feature["image/encoded"].bytes_list.value[0])
    return found


DIGITS = encoded_digits(40)


@pytest.fixture(scope="module")
def model():
    made = slim.nets.create("lenet", 10).build(tf.TensorSpec([None, 8, 8, 1]))
    rng = np.random.RandomState(0)
    for variable in made.variables:
        variable.assign(0.05 * rng.randn(*variable.shape))
    return made


@pytest.fixture(scope="module")
def predict(model):
    return slim.Predictor(
        model, preprocess="digits", image_size=8, channels=1, labels=NAMES, batch_size=16
    )


def evaluated(model, count):
    """The probabilities as an evaluation sees them."""
    seen = []
    slim.evaluation.evaluate(
        model,
        slim.data.Pipeline(SPEC, 16),
        {"ones": (slim.metrics.streaming_mean, lambda logits, labels: (tf.ones([]),))},
        observe=lambda images, logits, labels: seen.append(tf.nn.softmax(logits).numpy()),
    )
    return np.concatenate(seen)[:count]


def test_it_is_bit_equal_to_an_evaluation(model, predict):
    found = predict(DIGITS[:32])
    np.testing.assert_array_equal([one.probabilities for one in found], evaluated(model, 32))


def test_labels_come_best_first(predict):
    one = predict(DIGITS[0])
    order = np.argsort(-one.probabilities)
    assert [label for label, _ in one.labels] == [NAMES[i] for i in order]
    assert [p for _, p in one.labels] == sorted(one.probabilities.tolist(), reverse=True)
    assert one.top(2) == one.labels[:2]
    assert (one.label, one.probability) == one.labels[0]
    assert one.number == order[0]
    assert one.label in repr(one)
    np.testing.assert_allclose(one.probabilities.sum(), 1, rtol=1e-5)


def test_pictures_come_in_many_ways(predict, tmp_path):
    path = tmp_path / "ä picture.png"
    path.write_bytes(DIGITS[0])
    pixels = tf.io.decode_png(DIGITS[0]).numpy()
    ways = [str(path), path, DIGITS[0], pixels, pixels[..., 0], tf.constant(pixels)]
    expected = predict(DIGITS[0])
    for way in ways:
        assert isinstance(predict(way), slim.evaluation.Prediction)
    mixed = predict(ways)
    assert [one.path for one in mixed] == [str(path), str(path), None, None, None, None]
    for one in mixed:
        np.testing.assert_allclose(one.probabilities, expected.probabilities, rtol=1e-4)
    of_batch = predict(np.stack([pixels, pixels]))
    assert len(of_batch) == 2
    assert predict([]) == []
    assert [one.path for one in predict(tmp_path)] == [str(path)]


def test_images_of_pil_are_turned_upright():
    image = pytest.importorskip("PIL.Image")
    rng = np.random.RandomState(0)
    pixels = rng.randint(0, 255, [4, 6, 3], np.uint8)

    def net(images):
        return tf.reshape(images, [-1, 72])

    def trained(images):
        unused = tf.compat.v1.get_variable("unused", [])
        return net(images) + 0 * unused

    model = slim.Model(trained).build([None, 6, 4, 3])
    predict = slim.Predictor(model, preprocess="none", multi_label=True)
    turned = image.fromarray(pixels)
    turned.getexif()[0x0112] = 6  # to be turned clockwise
    expected = tf.sigmoid(tf.cast(np.rot90(pixels, -1).reshape(-1), tf.float32))
    np.testing.assert_array_equal(predict(turned).probabilities, expected)
    palette = image.fromarray(np.rot90(pixels, -1).copy()).quantize(24)
    assert predict(palette).probabilities.shape == (72,)
    deep = image.fromarray((np.arange(24, dtype=np.uint16) * 256).reshape(6, 4))
    assert predict(deep).error is None


def test_several_labels_a_picture_have_sigmoids(model):
    several = slim.Predictor(model, preprocess="digits", image_size=8, channels=1, multi_label=True)
    logits = model(_prepared(DIGITS[0]))[0][0]
    np.testing.assert_allclose(several(DIGITS[0]).probabilities, tf.sigmoid(logits), rtol=1e-5)
    assert several(DIGITS[0]).label == str(int(np.argmax(logits)))


def _prepared(content):
    prepare = slim.data.preprocessing.get_preprocessing("digits", 8)
    return prepare(tf.io.decode_png(content), is_training=False, seed=tf.constant([0, 0]))[None]


@pytest.mark.parametrize("name", ["conv2", "fc3"])
def test_features_are_end_points_averaged_over_places(model, predict, name):
    expected = model(_prepared(DIGITS[3]))[1][name].numpy()
    expected = expected.mean((1, 2)) if expected.ndim == 4 else expected
    np.testing.assert_allclose(predict.features(DIGITS[3], name), expected[0], rtol=1e-4, atol=1e-6)
    many = predict.features(DIGITS[:20], name)
    assert many.shape == (20, expected.shape[1])
    np.testing.assert_allclose(many[3], expected[0], rtol=1e-4, atol=1e-5)


def test_a_net_of_features_alone_has_embeddings_and_no_labels():
    trunk = slim.nets.create("lenet", features=["pool2"])

    def net(images):
        return {"pool2": trunk(images)["pool2"]}

    model = slim.Model(net).build([None, 8, 8, 1])
    predict = slim.Predictor(model, preprocess="digits", image_size=8, channels=1)
    with pytest.raises(ValueError, match="expected logits"):
        predict(DIGITS[0])


def test_a_stream_reads_ahead_no_further_than_it_says(predict):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield DIGITS[taken % 40]

    stream = predict.stream(endless())
    first = [next(stream) for _ in range(16)]
    stream.close()
    assert len(first) == 16
    assert taken <= 16 + 1 + 2 * 16 + (os.cpu_count() or 1)


def test_a_function_is_traced_once(model):
    traces = 0

    def counted(images):
        nonlocal traces
        traces += 1
        return model(images)

    made = slim.Model(counted).build([None, 8, 8, 1])
    traces = 0
    predict = slim.Predictor(made, preprocess="digits", image_size=8, channels=1, batch_size=8)
    predict(DIGITS[:20])
    predict(DIGITS[:3])
    assert traces == 1


def test_heat_maps_lie_over_what_the_net_was_given(model, predict):
    (one,) = predict.stream([DIGITS[0]], heat_maps=True)
    np.testing.assert_array_equal(one.image, _prepared(DIGITS[0])[0])
    expected = slim.evaluation.grad_cam(model, _prepared(DIGITS[0]))[0]
    np.testing.assert_allclose(one.heat_map, expected, rtol=1e-4, atol=1e-5)


def test_pictures_of_any_size_for_a_net_that_takes_them():
    model = slim.nets.create("mobilenet_v1", 3, depth_multiplier=0.25, global_pool=True)
    model.build([None, 32, 32, 3])
    predict = slim.Predictor(model, preprocess="none")
    sizes = [(32, 32), (32, 32), (40, 32), (32, 32)]
    pictures = [np.full([*size, 3], 9, np.uint8) for size in sizes]
    found = [one.probabilities for one in predict(pictures)]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], found[3], rtol=1e-5)


def test_a_run_needs_no_more_than_its_folder(tmp_path):
    run = str(tmp_path / "run")
    train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 16, is_training=True)
    model = slim.nets.create("lenet", 10).build([None, 8, 8, 1])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    slim.learning.fit(step, train, run, 1, hooks=[])
    predict = slim.Predictor(run)
    assert predict(DIGITS[0]).labels[0].label in NAMES
    np.testing.assert_array_equal(
        [one.probabilities for one in slim.Predictor(run, batch_size=16)(DIGITS[:16])],
        evaluated(model, 16),
    )
    with pytest.raises(slim.evaluation.LoadError, match="9 names of classes"):
        slim.Predictor(run, labels=NAMES[:9])


def test_a_run_on_a_folder_says_of_its_files_what_its_evaluation_does(tmp_path):
    for number, content in enumerate(DIGITS[:12]):
        path = tmp_path / "data" / ("ä" if number % 2 else "b") / f"{number} x.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    spec = slim.data.from_folder(tmp_path / "data", "all", image_channels=1, image_size=8)
    model = slim.nets.create("lenet", 2).build([None, 8, 8, 1])
    step = slim.learning.make_train_step(
        model,
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.1),
        average_decay=0.5,
    )
    train = slim.data.Pipeline(spec, 4, is_training=True, preprocess="digits")
    slim.learning.fit(step, train, tmp_path / "run", 3, hooks=[])
    test = slim.data.Pipeline(spec, 4, preprocess="digits")
    names = [str(tmp_path / "data" / name) for name in test.filenames(range(12))]
    found = slim.Predictor(tmp_path / "run", batch_size=4)(names)
    assert {one.label for one in found} <= {"ä", "b"}
    infer = tf.function(model)
    with step.averaged_weights():
        expected = [tf.nn.softmax(infer(images)[0]).numpy() for images, _ in test.dataset()]
    np.testing.assert_array_equal([one.probabilities for one in found], np.concatenate(expected))


def test_a_picture_that_does_not_fit_the_net(model):
    predict = slim.Predictor(model, preprocess="none", image_size=8, channels=1)
    with pytest.raises(slim.data.DataError, match="it decodes, but not for the net"):
        predict(np.zeros([9, 8, 1], np.uint8))


# ------------------------------------------------------------------------------- bad input

BAD = {
    "empty": (b"", "it is empty"),
    "text": (b"dear diary, today", "is not a JPEG, PNG, GIF, BMP or WebP picture"),
    "cut short": (DIGITS[0][:60], "it is a PNG of 8x8 pixels, but it is truncated"),
    "missing": ("nowhere/x.png", "there is no such file"),
    "floats": (np.zeros([8, 8, 1]), "uint8"),
    "two channels": (np.zeros([8, 8, 2], np.uint8), "channels"),
    "nothing in it": (np.zeros([0, 8, 1], np.uint8), "channels"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_picture_is_an_error_or_a_result_that_says_so(predict, kind):
    picture, words = BAD[kind]
    with pytest.raises(slim.data.DataError, match=words):
        predict(picture)
    before, bad, after = predict.stream([DIGITS[0], picture, DIGITS[1]], on_error="skip")
    assert words in bad.error
    assert (bad.label, bad.labels, bad.number, bad.probability) == (None, [], None, None)
    np.testing.assert_allclose(
        [before.probabilities, after.probabilities],
        [one.probabilities for one in predict(DIGITS[:2])],
        rtol=1e-5,
    )
    assert all(one.error for one in predict([picture] * 20, on_error="skip"))


def test_what_came_before_a_bad_picture_is_told(predict):
    stream = predict.stream([DIGITS[0], b"no picture"])
    assert next(stream).label
    with pytest.raises(slim.data.DataError, match="picture 1: "):
        next(stream)


def test_a_file_that_may_not_be_read(predict, tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)
    one = predict(str(tmp_path / "x.png"), on_error="skip")
    monkeypatch.undo()
    assert "Permission denied" in one.error


def test_a_folder_of_text_has_no_picture(predict, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(slim.data.DataError, match="no picture in this folder: only 1 other file"):
        predict(tmp_path)
    with pytest.raises(slim.data.DataError, match="give it alone"):
        predict([DIGITS[0], tmp_path])


def test_a_folder_is_read_with_what_is_in_it_and_links_that_lead_back(tmp_path):
    from tf_slim.evaluation.pictures import in_folder

    names = ["b.JPG", "a b.png", "sub/ü.webp", "sub/.hidden.png", ".cache/x.png", "notes.txt"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    found = [str(pathlib.Path(path).relative_to(tmp_path)) for path in in_folder(str(tmp_path))]
    assert found == ["a b.png", "b.JPG", "sub/ü.webp"]


FAULTS = {
    "a number": (lambda predict: predict(3), TypeError, "pictures: expected paths"),
    "a policy": (lambda predict: predict(DIGITS[0], on_error="x"), ValueError, "'fail' or 'skip'"),
    "an end point": (lambda p: p.features(DIGITS[0], "conv9"), ValueError, "no end point 'conv9'"),
    "several": (lambda p: p.features(DIGITS[0], "conv?"), ValueError, "not one tensor"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_calls(predict, fault):
    call, kind, words = FAULTS[fault]
    with pytest.raises(kind, match=words):
        call(predict)


MADE = {
    "no preprocessing": ({}, "give preprocess="),
    "an unknown one": ({"preprocess": "inseption"}, "inseption"),
    "no batch": ({"preprocess": "none", "batch_size": 0}, "at least 1"),
    "a checkpoint": ({"preprocess": "none", "checkpoint": "x"}, "goes with"),
}


@pytest.mark.parametrize("fault", MADE)
def test_wrong_predictors(model, fault):
    arguments, words = MADE[fault]
    with pytest.raises(ValueError, match=words):
        slim.Predictor(model, **arguments)


def test_labels_of_another_number(model):
    predict = slim.Predictor(model, preprocess="digits", image_size=8, channels=1, labels=["a"])
    with pytest.raises(ValueError, match="1 labels.*10 logits"):
        predict(DIGITS[0])


def test_a_call_is_made_of_reading_and_computing(predict):
    reads = [predict.read(one) for one in DIGITS[:3]]
    assert [one.image.shape for one in reads] == [predict.image_spec.shape] * 3
    found = predict.compute([one.image for one in reads], features="conv2", heat_maps=True)
    wanted = list(predict.stream(DIGITS[:3], features="conv2", heat_maps=True))
    for key in ("probabilities", "features", "heat_map"):
        np.testing.assert_array_equal(found[key], [getattr(one, key) for one in wanted])
    again = predict.compute(np.stack([one.image for one in reads]))
    np.testing.assert_allclose(again["probabilities"], found["probabilities"], rtol=1e-6)
    bad = predict.read(b"dear diary", 7)
    assert bad.image is None and str(bad.error).startswith("picture 7: it is not a JPEG")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(model):
    careful = slim.Predictor(
        model, preprocess="digits", image_size=8, channels=1, labels=NAMES, max_pixels=64
    )
    assert careful(DIGITS[0]).label in NAMES
    (found,) = careful([np.zeros([8, 9, 1], np.uint8)], on_error="skip")
    assert found.error == (
        "picture 0: it is a PNG of 9x8 pixels, more than the bound of 64 (max_pixels)."
    )
    with pytest.raises(ValueError, match="max_pixels: expected at least 1; got 0"):
        slim.Predictor(model, preprocess="digits", max_pixels=0)
