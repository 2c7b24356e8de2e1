"""Files of every format, as any program writes them: opened by their path, same outputs."""

from __future__ import annotations

import concurrent.futures
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.export import engines
from tf_slim.export.engines import opening
from tf_slim.export.errors import MissingExtraError

_SHAPE = (None, 6, 5, 3)


@tf.function(autograph=False, input_signature=[tf.TensorSpec(_SHAPE, name="images")])
def _net(images):
    kernel = tf.constant(np.random.RandomState(0).randn(3, 3, 3, 4), tf.float32)
    hidden = tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME"))
    logits = tf.reduce_mean(hidden, [1, 2])
    return {"logits": logits, "probabilities": tf.nn.softmax(logits)}


def _frozen_graph():
    concrete = _net.get_concrete_function()
    graph_def = concrete.graph.as_graph_def()
    names = {name: one.name for name, one in concrete.structured_outputs.items()}
    graph = tf.Graph()
    with graph.as_default():
        outputs = tf.import_graph_def(graph_def, return_elements=list(names.values()), name="")
        for name, one in zip(names, outputs):
            tf.identity(one, name)
    return graph.as_graph_def()


def _saved_model(folder):
    path = str(folder / "saved")
    tf.saved_model.save(tf.Module(), path, signatures=_net)
    return path


def _frozen(folder):
    path = folder / "model.pb"
    path.write_bytes(_frozen_graph().SerializeToString())
    return str(path)


def _keras(folder):
    inputs = tf.keras.Input(_SHAPE[1:], name="images")
    kernel = np.random.RandomState(0).randn(3, 3, 3, 4)
    conv = tf.keras.layers.Conv2D(
        4,
        3,
        padding="same",
        use_bias=False,
        activation="relu",
        kernel_initializer=tf.keras.initializers.Zeros(),
    )
    logits = tf.keras.layers.GlobalAveragePooling2D()(conv(inputs))
    outputs = {"logits": logits, "probabilities": tf.keras.layers.Softmax()(logits)}
    conv.set_weights([kernel])
    path = str(folder / "model.keras")
    tf.keras.Model(inputs, outputs).save(path)
    return path


def _litert(folder):
    path = folder / "model.tflite"
    module = tf.Module()
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [_net.get_concrete_function()], module
    )
    path.write_bytes(converter.convert())
    return str(path)


def _onnx(folder):
    tf2onnx = pytest.importorskip("tf2onnx.convert")
    path = str(folder / "model.onnx")
    tf2onnx.from_graph_def(
        _frozen_graph(),
        input_names=["images:0"],
        output_names=["logits:0", "probabilities:0"],
        tensors_to_rename={
            "images:0": "images",
            "logits:0": "logits",
            "probabilities:0": "probabilities",
        },
        opset=17,
        output_path=path,
    )
    return path


def _openvino(folder):
    openvino = pytest.importorskip("openvino", reason="openvino is not installed")
    path = str(folder / "model.xml")
    openvino.save_model(openvino.Core().read_model(_onnx(folder)), path, compress_to_fp16=False)
    return path


_WRITERS = {
    "saved_model": _saved_model,
    "frozen": _frozen,
    "keras": _keras,
    "litert": _litert,
    "onnx": _onnx,
    "openvino": _openvino,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Gives the path of a file of each format, written once."""
    made = {}

    def path(format):
        if format not in made:
            folder = tmp_path_factory.mktemp(format)
            made[format] = _WRITERS[format](folder)
        return made[format]

    return path


def _images(count):
    return np.random.RandomState(1).rand(count, *_SHAPE[1:]).astype(np.float32)


def _expected(images):
    # TensorFlow itself loses the depth where a batch is empty.
    found = _net(images if len(images) else _images(1))
    return {name: value.numpy()[: len(images)] for name, value in found.items()}


@pytest.mark.parametrize("format", _WRITERS)
def test_outputs_are_those_of_the_net_for_any_number_of_images(format, written):
    engine = engines.open(written(format))
    assert engine.format == format
    assert engine.metadata is None
    assert engine.image_shape == _SHAPE[1:]
    assert set(engine.outputs) == {"logits", "probabilities"}
    for count in (3, 1, 0, 5):
        images = _images(count)
        found = engine(images)
        for name, value in _expected(images).items():
            assert found[name].dtype == np.float32
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("format", _WRITERS)
def test_threads_may_call_it_at_once(format, written):
    engine = engines.open(written(format))
    batches = [_images(count) for count in (1, 2, 3, 4) * 4]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for images, found in zip(batches, pool.map(engine, batches)):
            np.testing.assert_allclose(found["logits"], _expected(images)["logits"], rtol=1e-5)


@pytest.mark.parametrize("format", _WRITERS)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.zeros([2, 6, 6, 3], np.float32),
            r"images must be \[n, 6, 5, 3\], received \[2, 6, 6, 3\]",
        ),
        (np.zeros([6, 5, 3], np.float32), r"received \[6, 5, 3\]"),
        (np.zeros([2, 6, 5, 3], np.uint8), "must be of float32, received uint8"),
        ({"image": np.zeros([2, 6, 5, 3], np.float32)}, "'images' is missing|no input 'image'"),
    ],
)
def test_what_does_not_fit_is_refused(format, images, message, written):
    with pytest.raises(ValueError, match=message):
        engines.open(written(format))(images)


@pytest.mark.parametrize("format", _WRITERS)
def test_doubles_are_taken_as_floats(format, written):
    images = _images(2)
    found = engines.open(written(format))(images.astype(np.float64))
    np.testing.assert_allclose(found["logits"], _expected(images)["logits"], rtol=1e-5)


@pytest.mark.parametrize("format", _WRITERS)
def test_a_damaged_file_is_named(format, written, tmp_path):
    source = Path(written(format))
    path = tmp_path / source.name
    if source.is_dir():
        shutil.copytree(source, path)
        damaged = path / "saved_model.pb"
    else:
        for one in source.parent.glob(f"{source.stem}.*"):
            shutil.copy(one, tmp_path)
        damaged = path
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with pytest.raises(engines.EngineError, match=path.name):
        engines.open(path)


@pytest.mark.parametrize("format", ["litert", "onnx", "openvino"])
def test_a_missing_engine_is_named_with_its_extra(format, tmp_path, monkeypatch):
    path = tmp_path / {"litert": "a.tflite", "onnx": "a.onnx", "openvino": "a.xml"}[format]
    path.write_bytes(b"any")
    monkeypatch.setitem(sys.modules, opening.engine_of(format).module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'tf-slim2\[{format}\]'"):
        engines.open(path)


@pytest.mark.parametrize("format", ["litert", "onnx", "openvino"])
def test_one_thread_computes_the_same(format, written):
    engine = engines.open(written(format), threads=1)
    assert engine.threads == 1
    images = _images(3)
    np.testing.assert_allclose(engine(images)["logits"], _expected(images)["logits"], rtol=1e-5)


def test_threads_of_tensorflow_are_those_of_the_process(written):
    tf.zeros([])  # from here on they are fixed
    there = tf.config.threading.get_intra_op_parallelism_threads()
    with pytest.raises(engines.EngineError, match="threads are one number for a process"):
        engines.open(written("saved_model"), threads=there + 7)


def test_what_takes_one_batch_size_is_given_such_batches(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([2, 3], name="images")])
    def net(images):
        return {"logits": 2 * images}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=net)
    engine = engines.open(tmp_path)
    for count in (0, 1, 2, 5):
        images = np.random.RandomState(count).rand(count, 3).astype(np.float32)
        np.testing.assert_array_equal(engine(images)["logits"], 2 * images)


def test_several_inputs_go_by_their_names(tmp_path):
    specs = [tf.TensorSpec([None, 2], name="left"), tf.TensorSpec([None, 2], name="right")]

    @tf.function(input_signature=specs)
    def net(left, right):
        return {"difference": left - right}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures=net)
    engine = engines.open(tmp_path)
    one, two = np.float32([[3, 5]]), np.float32([[1, 7]])
    found = engine({"right": two, "left": one})
    np.testing.assert_array_equal(found["difference"], [[2, -2]])
    with pytest.raises(ValueError, match="takes several inputs"):
        engine(one)
    with pytest.raises(ValueError, match="as many of each input"):
        engine({"right": two, "left": np.float32([[3, 5], [1, 1]])})


def test_a_full_integer_litert_file_takes_and_gives_floats(tmp_path):
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [_net.get_concrete_function()], tf.Module()
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([one[None]] for one in _images(50))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    path = tmp_path / "integers.tflite"
    path.write_bytes(converter.convert())
    found = engines.open(path)(_images(4))
    assert found["probabilities"].dtype == np.float32
    expected = _expected(_images(4))
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], atol=0.03)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("modle.onnx", FileNotFoundError, "Did you mean 'model.onnx'"),
        ("model.txt", engines.EngineError, "is no exported model.*.tflite"),
        (".", engines.EngineError, "no SavedModel"),
    ],
)
def test_what_is_no_exported_model_is_refused(name, error, message, tmp_path):
    (tmp_path / "model.onnx").touch()
    (tmp_path / "model.txt").touch()
    with pytest.raises(error, match=message):
        engines.open(tmp_path / name)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two"])
def test_threads_are_a_number(threads, tmp_path):
    with pytest.raises(ValueError, match="threads: expected at least 1"):
        engines.open(tmp_path, threads=threads)


def test_weights_of_openvino_must_be_there(written, tmp_path):
    path = shutil.copy(written("openvino"), tmp_path)
    with pytest.raises(engines.EngineError, match="its weights are missing, .*model.bin"):
        engines.open(path)
