"""SavedModels: their signatures, called as other programs and TensorFlow Serving call them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import tiny
from tf_slim.export import engines

SPEC = slim.data.get_dataset("digits", "test")
NAMES = tuple(SPEC.labels_to_names[i] for i in range(10))
KNOWN = {"preprocess": "digits", "image_size": 8, "channels": 1}


def digits(count):
    records = tf.data.TFRecordDataset(SPEC.files()).take(count)
    examples = [tf.train.Example.FromString(one.numpy()) for one in records]
    return [one.features.feature["image/encoded"].bytes_list.value[0] for one in examples]


PICTURES = digits(5)


def lenet(**options):
    made = slim.nets.create("lenet", 10, **options).build(tf.TensorSpec([None, 8, 8, 1]))
    rng = np.random.RandomState(0)
    for variable in made.variables:
        variable.assign(0.05 * rng.randn(*variable.shape))
    return made


@pytest.fixture(scope="module")
def model():
    return lenet()


@pytest.fixture(scope="module")
def predict(model):
    return slim.Predictor(model, labels=NAMES, **KNOWN)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("exports") / "digits" / "1")
    os.mkdir(os.path.dirname(path))
    slim.export.save(model, path, labels=NAMES, verify=False, **KNOWN)
    return path


@pytest.fixture(scope="module")
def loaded(path):
    return tf.saved_model.load(path)


def test_pictures_go_in_and_classes_come_out_best_first(loaded, predict):
    found = loaded.signatures["serving_default"](image_bytes=tf.constant(PICTURES))
    for row, one in enumerate(predict(PICTURES)):
        labels = [name.decode() for name in found["classes"][row].numpy()]
        assert labels == [scored.label for scored in one.top(10)]
        scores = [scored.probability for scored in one.top(10)]
        np.testing.assert_allclose(found["scores"][row], scores, rtol=1e-4, atol=1e-6)


def test_images_go_in_and_probabilities_come_out(loaded, model):
    images = np.random.RandomState(1).rand(3, 8, 8, 1).astype(np.float32)
    found = loaded.signatures["images"](images=tf.constant(images))
    logits = model(images)[0]
    np.testing.assert_allclose(found["logits"], logits, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["probabilities"], tf.nn.softmax(logits), rtol=1e-4, atol=1e-6)


def test_features_are_what_the_logits_are_made_of(loaded, model, predict):
    images = np.random.RandomState(1).rand(3, 8, 8, 1).astype(np.float32)
    features = loaded.signatures["features"](images=tf.constant(images))["features"].numpy()
    weights = {
        name.rpartition("/")[2]: v.numpy()
        for name, v in model.named_variables.items()
        if "/fc4/" in name
    }
    logits = features @ weights["weights"] + weights["biases"]
    np.testing.assert_allclose(logits, model(images)[0], rtol=1e-4, atol=1e-6)


def test_an_end_point_by_its_name(model, tmp_path):
    slim.export.save(model, tmp_path / "net", verify=False, features="conv2", **KNOWN)
    function = tf.saved_model.load(str(tmp_path / "net")).signatures["features"]
    images = np.random.RandomState(1).rand(2, 8, 8, 1).astype(np.float32)
    conv2 = model(images)[1]["conv2"]
    expected = tf.reduce_mean(conv2, [1, 2])
    np.testing.assert_allclose(
        function(images=tf.constant(images))["features"], expected, rtol=1e-4, atol=1e-6
    )


def test_kinds_of_pictures(loaded, predict):
    """Other files than training has seen, and one that is none: it alone is told of."""
    pixels = tf.io.decode_png(PICTURES[0])
    files = [
        tf.io.encode_jpeg(pixels).numpy(),
        tf.io.encode_png(tf.tile(pixels, [3, 2, 3])).numpy(),
    ]
    serve = loaded.signatures["serving_default"]
    found = serve(image_bytes=tf.constant(files))
    for row, one in enumerate(predict(files)):
        assert found["classes"][row, 0].numpy().decode() == one.label
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a JPEG, PNG, GIF, BMP or WebP"):
        serve(image_bytes=tf.constant([files[0], b"no picture"]))


def test_as_tensorflow_serving_calls_it(path, predict):
    """Its loader runs tensors by the names in the signature, in a session."""
    body = {"instances": [{"b64": base64.b64encode(one).decode()} for one in PICTURES]}
    rows = [base64.b64decode(one["b64"]) for one in json.loads(json.dumps(body))["instances"]]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], path)
        signature = graph.signature_def["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        assert list(signature.inputs) == ["image_bytes"]
        outputs = {name: one.name for name, one in signature.outputs.items()}
        found = session.run(outputs, {signature.inputs["image_bytes"].name: rows})
        assert sorted(graph.signature_def) == [
            "__saved_model_init_op", "features", "images", "serving_default",
        ]  # fmt: skip
    labels = [one.label for one in predict(PICTURES)]
    assert [row[0].decode() for row in found["classes"]] == labels


def test_it_needs_nothing_of_this_package(path, predict, tmp_path):
    program = """
        import json, sys
        sys.modules["tf_slim"] = None                 # whoever imports it fails
        import tensorflow as tf
        serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
        pictures = [bytes.fromhex(one) for one in json.load(sys.stdin)]
        found = serve(image_bytes=tf.constant(pictures))
        print(json.dumps([row[0].decode() for row in found["classes"].numpy()]))
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), path],
        input=json.dumps([one.hex() for one in PICTURES]),
        check=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout) == [one.label for one in predict(PICTURES)]


def test_several_classes_a_picture(model, tmp_path):
    made = slim.export.save(
        model, tmp_path / "net", multi_label=True, labels=NAMES, pictures=16, **KNOWN
    )
    function = tf.saved_model.load(made.path).signatures["images"]
    images = np.random.RandomState(1).rand(2, 8, 8, 1).astype(np.float32)
    expected = tf.sigmoid(model(images)[0])
    found = function(images=tf.constant(images))["probabilities"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert engines.open(made.path).metadata.multi_label


def test_without_labels_classes_are_numbers_and_without_a_preprocessing_there_are_no_pictures(
    model, tmp_path
):
    slim.export.save(model, tmp_path / "a", verify=False, **KNOWN)
    serve = tf.saved_model.load(str(tmp_path / "a")).signatures["serving_default"]
    found = serve(image_bytes=tf.constant(PICTURES[:1]))["classes"].numpy()
    assert sorted(found[0].tolist()) == [str(number).encode() for number in range(10)]
    slim.export.save(model, tmp_path / "b", verify=False)
    signatures = tf.saved_model.load(str(tmp_path / "b")).signatures
    assert sorted(signatures) == ["features", "images", "serving_default"]
    assert list(signatures["serving_default"].structured_input_signature[1]) == ["images"]


def two_inputs(left, right):
    """A net of two inputs with a dict and a tuple in what it returns."""
    net = slim.conv2d(left, 4, 3, scope="left") + slim.conv2d(right, 4, 3, scope="right")
    return {"sum": net, "parts": (tf.reduce_mean(net, [1, 2]), net[..., :1])}


def of_a_dict(inputs):
    both = tf.concat([inputs["colour"], inputs["depth"]], -1)
    return slim.fully_connected(tf.reduce_mean(both, [1, 2]), 3, activation_fn=None)


SEVERAL = {
    "two arguments": (
        two_inputs,
        (tf.TensorSpec([None, 8, 8, 3]), tf.TensorSpec([None, 8, 8, 1])),
        ["input_0", "input_1"],
        ["parts_0", "parts_1", "sum"],
    ),
    "a dict": (
        of_a_dict,
        ({"colour": tf.TensorSpec([None, 8, 8, 3]), "depth": tf.TensorSpec([None, 8, 8, 1])},),
        ["colour", "depth"],
        ["logits", "probabilities"],
    ),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_inputs_and_outputs_have_their_names_in_the_signature(kind, tmp_path):
    fn, specs, inputs, outputs = SEVERAL[kind]
    model = slim.Model(fn).build(*specs)
    made = slim.export.save(model, tmp_path / "net", pictures=8)
    assert made.verified.difference < 1e-5
    function = tf.saved_model.load(made.path).signatures["serving_default"]
    rng = np.random.RandomState(0)
    given = {
        name: rng.rand(2, *spec.shape[1:]).astype(np.float32)
        for name, spec in zip(inputs, tf.nest.flatten(specs))
    }
    found = function(**{name: tf.constant(value) for name, value in given.items()})
    assert sorted(found) == outputs
    args = tf.nest.pack_sequence_as(specs, list(given.values()))
    expected = tf.nest.flatten(model(*args))
    named = dict(zip(outputs, expected)) if kind == "two arguments" else {"logits": expected[0]}
    for name, value in named.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("format", ["litert", "keras"])
def test_other_formats_say_that_they_are_for_images(format, tmp_path):
    fn, specs, _, _ = SEVERAL["two arguments"]
    model = slim.Model(fn).build(*specs)
    ending = slim.export.get(format).ending
    said = (
        r"takes input_0 \[batch, 8, 8, 3\], input_1 \[batch, 8, 8, 1\], and the format "
        f"{format} is for nets that take images alone.*"
    )
    with pytest.raises(slim.export.ExportError, match=said + "saved_model"):
        slim.export.save(model, tmp_path / f"net{ending}")


def test_a_net_of_pictures_to_pictures_gives_its_output(tmp_path):
    def paint(images):
        return slim.conv2d(images, 3, 3, activation_fn=tf.tanh)

    model = slim.Model(paint).build(tf.TensorSpec([None, 16, 16, 3]))
    made = slim.export.save(model, tmp_path / "net", preprocess="inception", pictures=8)
    assert made.verified.agreement is None and made.verified.difference < 1e-5
    signatures = tf.saved_model.load(made.path).signatures
    png = tf.io.encode_png(np.full([16, 16, 3], 200, np.uint8)).numpy()
    found = signatures["serving_default"](image_bytes=tf.constant([png]))
    assert list(found) == ["output"] and found["output"].shape == (1, 16, 16, 3)


def operations(path):
    """The types of all operations in a SavedModel."""
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, ["serve"], path)
        whole = graph.as_graph_def()
    nodes = [node for function in whole.library.function for node in function.node_def]
    return {node.op for node in [*nodes, *whole.node]}


def test_batch_norm_is_folded_and_weights_are_constants(tmp_path):
    made = slim.export.save(tiny.source().model, tmp_path / "net", pictures=8)
    found = operations(made.path)
    assert {"Conv2D", "DepthwiseConv2dNative", "MatMul"} <= found
    assert not [one for one in found if "BatchNorm" in one or "Variable" in one or "Handle" in one]
