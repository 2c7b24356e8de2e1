"""summarize_*: in v1 graphs see also tests/goldens; elsewhere they write at once."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
KEYS = v1.GraphKeys

IMAGES = np.random.RandomState(0).normal(size=[1, 4, 4, 2]).astype(np.float32)
COLLECTED = {
    "variables_collections": {"weights": [KEYS.WEIGHTS], "biases": [KEYS.BIASES]},
    "outputs_collections": KEYS.ACTIVATIONS,
}


@pytest.fixture
def written(tmp_path):
    """A function that ends writing and tells what was written: numbers, and sizes of tensors."""
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default(step=3):
        yield lambda: _read(writer, tmp_path)


def _read(writer, folder) -> dict[str, float]:
    writer.close()
    (path,) = folder.glob("events*")
    events = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    found = {}
    for event in map(v1.Event.FromString, events):
        for value in event.summary.value:
            assert event.step == 3
            kind = value.WhichOneof("value")
            found[value.tag] = value.simple_value if kind == "simple_value" else value.histo.num
    return found


def summarize_all():
    slim.summarize_weights()
    slim.summarize_biases("other|c/")
    slim.summarize_biases("nothing")
    slim.summarize_activations()


def net(images):
    return slim.conv2d(images, 3, 3, scope="c", activation_fn=tf.nn.relu6, **COLLECTED)


def test_in_a_v1_graph():
    with tf.Graph().as_default():
        net(tf.constant(IMAGES))
        slim.conv2d(tf.constant(IMAGES), 3, 3, scope="unlisted")
        summarize_all()
        names = [s.op.name for s in v1.get_collection(KEYS.SUMMARIES)]
    activation = ["c/Relu6/zeros", "c/Relu6/sixes", "c/Relu6/activation"]
    assert names == ["c/weights_summary", "c/biases_summary", *activation]


def test_eagerly(written):
    with slim.collect():
        net(IMAGES)
        summarize_all()
    slim.summarize_tensor(tf.constant(0.5), "half")
    found = written()
    assert found == {
        "c/weights_summary": 3 * 3 * 2 * 3,
        "c/biases_summary": 3,
        "c/activation": 4 * 4 * 3,
        "half": 0.5,
    }


def test_in_a_function(written):
    model = slim.Model(lambda images: (net(images), slim.summarize_activations()))

    @tf.function
    def step():
        outputs, _ = model(tf.constant(IMAGES))
        return outputs

    outputs = step().numpy()
    found = written()
    assert [tag.rpartition("/")[2] for tag in found] == ["zeros", "sixes", "activation"]
    zeros, sixes, size = found.values()
    np.testing.assert_allclose(zeros, np.mean(outputs == 0), rtol=1e-6)
    assert (sixes, size) == (np.mean(outputs == 6), outputs.size)


def test_what_cannot_be_summarized():
    assert slim.summarize_tensor(tf.constant("text")) is None
    assert slim.summarize_tensor(tf.constant([True])) is None
    with pytest.raises(ValueError, match="no name .* tag="):
        slim.summarize_tensor(tf.constant(1.0))


def test_the_summarizer_may_be_another():
    slim.linear(IMAGES[0, 0], 2)
    found = slim.summarize_variables(name_filter=".*biases", summarizer=lambda v: v.name)
    assert found == ["fully_connected/biases:0"]
