"""LiteRT, ONNX and OpenVINO files: run in their own engines, and what they say of themselves."""

from __future__ import annotations

import importlib
import os
import warnings
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import tiny
from tf_slim.export import engines, finding, formats, graph, litert_metadata, onnx_weights
from tf_slim.export.errors import ExportError, MissingExtraError

# Format, quantization, precision, and the largest difference of a logit relative to the largest.
_ROWS = [
    ("litert", None, None, 1e-5),
    ("litert", "float16", None, 2e-3),
    ("litert", "dynamic", None, 0.05),
    ("litert", "int8", None, 0.1),
    ("onnx", None, None, 1e-5),
    ("onnx", "int8", None, 0.1),
    ("openvino", None, None, 1e-5),
    ("openvino", None, "mixed_bfloat16", 0.05),
    ("openvino", "int8", None, 0.1),
]
_NAMES = ["-".join(filter(None, row[:3])) for row in _ROWS]


@pytest.fixture(scope="module")
def source():
    return tiny.source()


@pytest.fixture(scope="module")
def expected(source):
    return {name: value.numpy() for name, value in source.reference()(tiny.images(32)).items()}


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    """Gives the path of a file, written once."""
    made = {}

    def path(format, quantize=None, precision=None):
        key = format, quantize, precision
        if key not in made:
            kind = formats.get(format)
            try:
                kind.check(quantize, precision)
            except MissingExtraError as error:
                pytest.skip(str(error))
            place = str(tmp_path_factory.mktemp(format) / f"model{kind.ending}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kind.write(source, place, tiny.options(source, quantize, precision))
            made[key] = place
        return made[key]

    return path


@pytest.mark.parametrize(("format", "quantize", "precision", "tolerance"), _ROWS, ids=_NAMES)
def test_a_file_computes_what_the_model_does(
    format, quantize, precision, tolerance, written, expected
):
    engine = engines.open(written(format, quantize, precision))
    assert engine.format == format
    assert [one.name for one in engine.inputs] == ["images"]
    assert engine.image_shape == (*tiny.SIZE, 3)
    found = engine(tiny.images(32))
    assert set(found) == {"logits", "probabilities"}
    largest = np.abs(expected["logits"]).max()
    error = np.abs(found["logits"] - expected["logits"]).max() / largest
    assert error <= tolerance
    if quantize or precision:  # or nothing was quantized
        assert error > 1e-6
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=0.02)
    # The same alone as among others.
    np.testing.assert_allclose(
        engine(tiny.images(32)[3:4])["logits"], found["logits"][3:4], atol=tolerance * largest
    )


@pytest.mark.parametrize(("format", "quantize", "precision", "_"), _ROWS, ids=_NAMES)
def test_a_file_says_what_it_is(format, quantize, precision, _, written, source):
    metadata = engines.open(written(format, quantize, precision)).metadata
    assert metadata == tiny.options(source, quantize, precision).metadata
    assert metadata.labels == tiny.LABELS
    assert metadata.preprocessing == "inception"


def test_quantized_files_are_smaller(tmp_path):
    source = tiny.source(_wide, labels=None)
    sizes = {}
    for format, quantize, *_ in _ROWS[:6]:
        path = str(tmp_path / f"{quantize}{formats.get(format).ending}")
        formats.get(format).write(source, path, tiny.options(source, quantize))
        sizes[format, quantize] = os.path.getsize(path)
    for (format, quantize), size in sizes.items():
        share = size / sizes[format, None]
        assert share < {None: 1.1, "float16": 0.55, "dynamic": 0.35, "int8": 0.35}[quantize]


def _wide(images):
    return slim.fully_connected(slim.flatten(images), 300, activation_fn=None)


def test_labels_stand_inside_a_litert_file(written):
    with zipfile.ZipFile(written("litert")) as archive:
        assert archive.read("labels.txt").decode().splitlines() == list(tiny.LABELS)
        assert archive.testzip() is None
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    with open(written("litert"), "rb") as file:
        model = schema.ModelT.InitFromPackedBuf(file.read(), 0)
    (entry,) = [one for one in model.metadata if one.name == b"TFLITE_METADATA"]
    table = bytes(model.buffers[entry.buffer].data)
    assert table[4:8] == b"M001"
    assert table.count(b"labels.txt") == 2  # of probabilities and of logits


def test_labels_and_preprocessing_stand_in_an_onnx_file(written):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(written("onnx", "int8"))
    onnx.checker.check_model(model, full_check=True)
    said = {one.key: one.value for one in model.metadata_props}
    assert said["labels"].splitlines() == list(tiny.LABELS)
    assert said["preprocessing"] == "inception"


def test_weights_of_an_onnx_file_are_quantized_by_channel_and_probabilities_are_not(written):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(written("onnx", "int8"))
    values = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    kernels = [one for one in values.values() if one.dtype == np.int8 and one.ndim == 4]
    scales = [one for one in values.values() if one.dtype == np.float32 and one.ndim == 1]
    assert sorted(one.shape[0] for one in kernels) == [8, 8, 16]
    assert {8, 16} <= {len(one) for one in scales}
    producers = {name: node for node in model.graph.node for name in node.output}
    assert producers["probabilities"].op_type == "Softmax"


@pytest.mark.parametrize("quantize", [None, "int8"])
def test_an_onnx_file_with_large_weights(quantize, written, tmp_path, monkeypatch):
    """They take another way, so that they need not go through the converter."""
    onnx = pytest.importorskip("onnx")
    monkeypatch.setattr(graph, "LARGE", 256)
    source, path = tiny.source(), tmp_path / "model.onnx"
    formats.get("onnx").write(source, str(path), tiny.options(source, quantize))
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [one.name for one in model.graph.input] == ["images"]
    wanted = engines.open(written("onnx", quantize))(tiny.images(4))
    for name, value in engines.open(path)(tiny.images(4)).items():
        np.testing.assert_allclose(value, wanted[name], atol=1e-5)
    operations = [node.op_type for node in onnx.load(written("onnx", quantize)).graph.node]
    assert sorted(node.op_type for node in model.graph.node) == sorted(operations)


def test_a_weight_that_a_branch_takes():
    onnx = pytest.importorskip("onnx")
    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    taken = helper.make_node("Add", ["x", "turned"], ["y"])
    other = helper.make_node("Identity", ["x"], ["y"])
    y = helper.make_tensor_value_info("y", real, [2, 3])
    branches = [helper.make_graph([node], "branch", [], [y]) for node in (taken, other)]
    nodes = [
        helper.make_node("Transpose", ["weight"], ["turned"], perm=[1, 0]),
        helper.make_node("If", ["which"], ["y"], then_branch=branches[0], else_branch=branches[1]),
    ]
    given = [("which", onnx.TensorProto.BOOL, []), ("x", real, [2, 3]), ("weight", real, [3, 2])]
    inputs = [helper.make_tensor_value_info(*one) for one in given]
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(helper.make_graph(nodes, "net", inputs, [y]), opset_imports=opset)
    weight = np.arange(6, dtype=np.float32).reshape([3, 2])
    onnx_weights.put(model, {"weight": weight})
    onnx.checker.check_model(model, full_check=True)
    assert [one.name for one in model.graph.initializer] == ["turned"]
    assert [node.op_type for node in model.graph.node] == ["If"]
    evaluate = importlib.import_module("onnx.reference").ReferenceEvaluator(model)
    x = np.ones([2, 3], np.float32)
    (found,) = evaluate.run(None, {"which": np.array(True), "x": x})
    np.testing.assert_array_equal(found, x + weight.T)


@pytest.mark.parametrize("name", ["inception", "vgg"])
def test_normalization_is_what_the_preprocessing_does(name, source):
    known = tiny.source(preprocess=name)
    found = litert_metadata.normalization(known)
    assert found is not None
    mean, deviation = map(np.float32, found)
    pixels = np.random.RandomState(0).randint(0, 256, [*tiny.SIZE, 3]).astype(np.uint8)
    plain = np.broadcast_to(pixels[:1, :1], pixels.shape).copy()
    prepared = known.preprocess(tf.constant(plain), is_training=False, seed=tf.constant([0, 0]))
    np.testing.assert_allclose((plain - mean) / deviation, prepared, rtol=1e-3, atol=1e-3)


def test_a_preprocessing_that_does_more_has_no_normalization():
    def squared(image, *, is_training, seed):
        return tf.square(tf.cast(image, tf.float32))

    assert litert_metadata.normalization(tiny.source(preprocess=squared)) is None
    assert litert_metadata.normalization(tiny.source(preprocess=None)) is None


def test_dynamic_is_slow_where_there_are_depthwise_convolutions(source, tmp_path):
    with pytest.warns(UserWarning, match="depthwise convolutions.*three times slower"):
        formats.get("litert").write(
            source, str(tmp_path / "a.tflite"), tiny.options(source, "dynamic")
        )
    plain = tiny.source(_wide, labels=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        formats.get("litert").write(
            plain, str(tmp_path / "b.tflite"), tiny.options(plain, "dynamic")
        )


def _with_svd(images):
    with slim.scope("block1"):
        values = tf.linalg.svd(slim.conv2d(images, 4, 3, scope="conv"), compute_uv=False)
    return slim.fully_connected(slim.flatten(values), 3, activation_fn=None)


@pytest.mark.parametrize("format", ["litert", "onnx"])
def test_operations_that_a_target_lacks_are_named_with_their_layer(format, tmp_path):
    source = tiny.source(_with_svd, labels=None)
    path = tmp_path / f"model{formats.get(format).ending}"
    with pytest.raises(ExportError, match=r"lacks operations of this net: Svd \(in block1.*"):
        formats.get(format).write(source, str(path), tiny.options(source))
    assert not path.exists()


@pytest.mark.parametrize("format", ["litert", "onnx", "openvino"])
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (lambda count: np.zeros([0, *tiny.SIZE, 3], np.float32), "the set is empty"),
        (lambda count: tiny.images(20) * [np.nan, 1, 1], "20 of 20 pictures .* not finite"),
    ],
)
def test_pictures_to_quantize_by_must_be_there(format, samples, message, source, tmp_path):
    kind = formats.get(format)
    try:
        kind.require()
    except MissingExtraError as error:
        pytest.skip(str(error))
    with pytest.raises(ExportError, match=message):
        kind.write(
            source,
            str(tmp_path / f"a{kind.ending}"),
            tiny.options(source, "int8", samples=samples),
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["litert", "onnx", "openvino"])
def test_nets_of_several_inputs_take_them_by_name(format, tmp_path):
    kind = formats.get(format)
    try:
        kind.require()
    except MissingExtraError as error:
        pytest.skip(str(error))

    def two(given):
        parts = [slim.fully_connected(given[name], 3) for name in ("left", "right")]
        return {"sum": parts[0] + parts[1]}

    given = {"left": tf.TensorSpec([None, 4]), "right": tf.TensorSpec([None, 5])}
    source = finding.of_model(slim.Model(two).build(given))
    path = str(tmp_path / f"two{kind.ending}")
    kind.write(source, path, tiny.options(source))
    arrays = {
        "right": np.random.rand(3, 5).astype(np.float32),
        "left": np.random.rand(3, 4).astype(np.float32),
    }
    found = engines.open(path)(arrays)
    expected = source.model({name: tf.constant(one) for name, one in arrays.items()})["sum"]
    np.testing.assert_allclose(found["sum"], expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ExportError, match="takes left, right, and no pictures alone"):
        kind.write(source, path, tiny.options(source, "int8"))


def test_few_pictures_to_quantize_by_are_said(source, tmp_path):
    with pytest.warns(UserWarning, match="Only 3 pictures to quantize by"):
        formats.get("litert").write(
            source,
            str(tmp_path / "a.tflite"),
            tiny.options(source, "int8", samples=lambda count: tiny.images(3)),
        )


@pytest.mark.parametrize(
    ("format", "quantize", "precision", "message"),
    [
        ("onnx", "dynamic", None, "onnx knows no quantize 'dynamic'.*litert"),
        ("litert", "int-8", None, "Did you mean 'int8'"),
        ("litert", None, "mixed_bfloat16", "litert knows no precision"),
        ("openvino", "int8", "mixed_bfloat16", "exclude each other"),
    ],
)
def test_what_a_format_does_not_offer_is_said(format, quantize, precision, message):
    with pytest.raises(ExportError, match=message):
        formats.get(format).check(quantize, precision)
